"""Turn devices into OSDs of Ceph."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import uuid
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: ceph_osd
short_description: Turn devices into OSDs of Ceph
description:
  - Prepares BlueStore directly on each device (or plain file). The OSD's identity follows from
    the host and the path, so that a run that was interrupted is taken up where it stopped.
  - Refuses a device that holds anything else.
options:
  devices:
    description: C(path), and C(size_gib) where the path is a plain file to be made.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Device or file.
        type: path
        required: true
      size_gib:
        description: Size of the file in GiB.
        type: int
  admin_key:
    description: Key of client.admin, used only while an OSD is made.
    type: str
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Make one OSD of each device
  ouhai.cloud.ceph_osd:
    devices: [{path: /dev/sdb}]
    admin_key: "{{ secret_ceph_admin_key }}"
"""

RETURN = """
ids:
  description: Numbers of this host's OSDs.
  returned: always
  type: list
  elements: str
"""

ROOT = "/var/lib/ceph/osd"


def prepared() -> dict[str, str]:
    """Return the number of each OSD that is complete, by the device it is on."""
    found = {}
    for name in sorted(os.listdir(ROOT)) if os.path.isdir(ROOT) else []:
        folder = os.path.join(ROOT, name)
        if os.path.exists(os.path.join(folder, "ready")):
            found[os.path.realpath(os.path.join(folder, "block"))] = name.partition("-")[2]
    return found


def check_device(module: AnsibleModule, device: dict[str, Any]) -> None:
    """Fail unless the device exists and is empty; make the plain file of a test."""
    path = device["path"]
    if device["size_gib"]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "ab") as file:
            file.truncate(device["size_gib"] * 2**30)
        return
    if not os.path.exists(path) or not stat.S_ISBLK(os.stat(path).st_mode):
        module.fail_json(msg=f"{path} is not a block device; correct storage_devices of this host")
    code, found, _ = module.run_command(["blkid", "-p", "-o", "value", "-s", "TYPE", path])
    if code == 0 and found.strip() != "ceph_bluestore":
        module.fail_json(
            msg=f"{path} holds a {found.strip()}; nothing was touched. Take it out of "
            f"storage_devices, or empty it yourself with 'wipefs --all {path}'"
        )


def make_osd(module: AnsibleModule, device: dict[str, Any]) -> str:
    """Make one OSD and return its number."""
    check_device(module, device)
    path = device["path"]
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"osd://{os.uname().nodename}{path}"))
    with tempfile.TemporaryDirectory() as scratch:
        keyring = os.path.join(scratch, "keyring")
        with open(keyring, "w", encoding="ascii") as file:
            file.write(f"[client.admin]\n\tkey = {module.params['admin_key']}\n")
        ceph = ["ceph", "--connect-timeout", "60", "-n", "client.admin", "--keyring", keyring]
        _, answer, _ = module.run_command(
            [*ceph, "osd", "new", identity, "-f", "json"], check_rc=True
        )
        number = str(json.loads(answer)["osdid"])
        _, secret, _ = module.run_command(
            [
                *(*ceph, "auth", "get-or-create-key", f"osd.{number}"),
                *("mon", "allow profile osd", "mgr", "allow profile osd", "osd", "allow *"),
            ],
            check_rc=True,
        )
        module.run_command(
            [*ceph, "mon", "getmap", "-o", os.path.join(scratch, "monmap")], check_rc=True
        )
        folder = os.path.join(ROOT, f"ceph-{number}")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        os.symlink(path, os.path.join(folder, "block"))
        with open(os.path.join(folder, "keyring"), "w", encoding="ascii") as file:
            file.write(f"[osd.{number}]\n\tkey = {secret.strip()}\n")
        os.chmod(os.path.join(folder, "keyring"), 0o600)
        # ceph-osd reads the map of the monitors there; others have no business with the key
        shutil.chown(scratch, user="ceph")
        module.run_command(["chown", "-R", "ceph:ceph", folder], check_rc=True)
        module.run_command(["chown", "ceph:ceph", os.path.realpath(path)], check_rc=True)
        module.run_command(
            [
                *("runuser", "-u", "ceph", "--", "ceph-osd", "--mkfs", "--id", number),
                *("--osd-uuid", identity, "--osd-data", folder),
                *("--monmap", os.path.join(scratch, "monmap"), "--osd-objectstore", "bluestore"),
            ],
            check_rc=True,
        )
    return number


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "devices": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "size_gib": {"type": "int"},
                },
            },
            "admin_key": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    if not module.params["devices"]:
        module.fail_json(
            msg="storage_devices is empty for this host; name its devices in the inventory"
        )
    done = prepared()
    changed = False
    ids = []
    for device in module.params["devices"]:
        number = done.get(os.path.realpath(device["path"]))
        if number is None:
            changed = True
            if module.check_mode:
                continue
            number = make_osd(module, device)
        ids.append(number)
    module.exit_json(changed=changed, ids=ids)


if __name__ == "__main__":
    main()
