"""Reconcile Ceph's keys and pools over one connection to the monitors."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule

try:
    import rados
except ImportError:  # reported by main(), with the package's name
    rados = None

DOCUMENTATION = """
module: ceph_cluster
short_description: Reconcile Ceph's keys and pools over one connection to the monitors
description:
  - Keys are made with the given value and capabilities; pools for RBD with the given number of
    copies. Nothing is ever removed.
options:
  clients:
    description: Keys.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Entity, such as C(client.glance).
        type: str
        required: true
      key:
        description: Its secret.
        type: str
        required: true
      caps:
        description: Capability per kind of daemon.
        type: dict
        required: true
  pools:
    description: Names of the pools.
    type: list
    elements: str
    required: true
  copies:
    description: Copies of every object.
    type: int
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Create the pool of images
  ouhai.cloud.ceph_cluster:
    clients: []
    pools: [images]
    copies: 3
"""

RETURN = """
actions:
  description: What was created or altered.
  returned: always
  type: list
  elements: str
"""


class Monitors:
    """A connection to the monitors that speaks their JSON commands."""

    def __init__(self) -> None:
        self.cluster = rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin")
        self.cluster.connect(timeout=30)

    def ask(self, prefix: str, data: bytes = b"", **arguments: Any) -> Any:
        """Run a command and return its decoded answer, None when it has none.

        :raises RuntimeError: the monitors refused; the text holds their words.
        """
        command = json.dumps({"prefix": prefix, "format": "json", **arguments})
        code, output, error = self.cluster.mon_command(command, data, timeout=60)
        if code:
            raise RuntimeError(f"ceph {prefix} failed with code {code}: {error}")
        return json.loads(output) if output.strip() else None


def reconcile_keys(clients: list[dict[str, Any]], monitors: Monitors, *, dry: bool) -> list[str]:
    """Create or correct keys; return what was done (or would be, when dry)."""
    actions = []
    present = {entity["entity"]: entity for entity in monitors.ask("auth ls")["auth_dump"]}
    for client in clients:
        name, key, caps = client["name"], client["key"], client["caps"]
        found = present.get(name)
        if found is None or found["key"] != key or found["caps"] != caps:
            actions.append(f"key of {name}")
            if not dry:
                lines = [f"[{name}]", f"\tkey = {key}"]
                lines += [f'\tcaps {kind} = "{cap}"' for kind, cap in caps.items()]
                monitors.ask("auth import", ("\n".join(lines) + "\n").encode())
    return actions


def reconcile_pool(
    name: str, found: dict[str, Any] | None, copies: int, monitors: Monitors, *, dry: bool
) -> list[str]:
    """Create or correct a pool; return what was done (or would be, when dry)."""
    actions = []
    if found is None:
        actions.append(f"pool {name} with {copies} copies")
        if not dry:
            monitors.ask("osd pool create", pool=name, pg_num=16, size=copies)
    elif found["size"] != copies:
        actions.append(f"{copies} copies in pool {name}")
        if not dry:
            monitors.ask(
                "osd pool set",
                pool=name,
                var="size",
                val=str(copies),
                yes_i_really_mean_it=True,
            )
    if found is None or "rbd" not in found["application_metadata"]:
        actions.append(f"application of pool {name}")
        if not dry:
            monitors.ask("osd pool application enable", pool=name, app="rbd")
    return actions


def reconcile_pools(names: list[str], copies: int, monitors: Monitors, *, dry: bool) -> list[str]:
    """Do it for all pools at the same time: the monitors take a second to agree on a change."""
    pools = {pool["pool_name"]: pool for pool in monitors.ask("osd pool ls", detail="detail")}

    def one(name: str) -> list[str]:
        return reconcile_pool(name, pools.get(name), copies, monitors, dry=dry)

    with ThreadPoolExecutor(max(len(names), 1)) as threads:
        return [action for actions in threads.map(one, names) for action in actions]


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "clients": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "key": {"type": "str", "required": True, "no_log": True},
                    "caps": {"type": "dict", "required": True},
                },
            },
            "pools": {"type": "list", "elements": "str", "required": True},
            "copies": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    if rados is None:
        module.fail_json(msg="python3-rados is not installed on this host; run the base role first")
    params = module.params
    try:
        monitors = Monitors()
        actions = [
            *reconcile_keys(params["clients"], monitors, dry=module.check_mode),
            *reconcile_pools(params["pools"], params["copies"], monitors, dry=module.check_mode),
        ]
    except (rados.Error, RuntimeError) as error:
        module.fail_json(msg=f"Ceph's monitors: {error}. Look at /var/log/ceph/ on this host.")
    module.exit_json(changed=bool(actions), actions=actions)


if __name__ == "__main__":
    main()
