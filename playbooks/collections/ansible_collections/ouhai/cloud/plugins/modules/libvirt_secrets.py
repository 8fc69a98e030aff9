"""Keep libvirt's secrets for Ceph."""

from __future__ import annotations

import base64
from typing import Any

from ansible.module_utils.basic import AnsibleModule

try:
    import libvirt
except ImportError:  # reported by main(), with the package's name
    libvirt = None

DOCUMENTATION = """
module: libvirt_secrets
short_description: Keep libvirt's secrets for Ceph
description: Defines secrets with the given values. A value never stands in a command line.
options:
  secrets:
    description: The secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      uuid:
        description: Its UUID.
        type: str
        required: true
      usage:
        description: Name of the Ceph client.
        type: str
        required: true
      value:
        description: The key, base64.
        type: str
        required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Give libvirt the key of Ceph
  ouhai.cloud.libvirt_secrets:
    secrets:
      - uuid: "{{ secret_libvirt_nova_uuid }}"
        usage: client.nova
        value: "{{ secret_ceph_nova_key }}"
"""

RETURN = """
defined:
  description: Names of the Ceph clients whose secret was defined.
  returned: always
  type: list
  elements: str
"""


def is_defined(connection: Any, wanted: dict[str, str]) -> bool:
    """Tell whether libvirt has the secret with this usage and value."""
    try:
        secret = connection.secretLookupByUUIDString(wanted["uuid"])
        same_value = secret.value() == base64.b64decode(wanted["value"])
        return bool(same_value and secret.usageID() == wanted["usage"])
    except libvirt.libvirtError:
        return False


def define(connection: Any, wanted: dict[str, str]) -> None:
    """Define the secret, in place of another of the same UUID or for the same client."""
    for other in connection.listAllSecrets():
        if other.usageID() == wanted["usage"] and other.UUIDString() != wanted["uuid"]:
            other.undefine()
    text = (
        f"<secret ephemeral='no' private='no'><uuid>{wanted['uuid']}</uuid>"
        f"<usage type='ceph'><name>{wanted['usage']}</name></usage></secret>"
    )
    connection.secretDefineXML(text, 0).setValue(base64.b64decode(wanted["value"]), 0)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "secrets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "uuid": {"type": "str", "required": True},
                    "usage": {"type": "str", "required": True},
                    "value": {"type": "str", "required": True, "no_log": True},
                },
            },
        },
        supports_check_mode=True,
    )
    if libvirt is None:
        if module.check_mode:
            module.exit_json(changed=True, defined=[])
        module.fail_json(
            msg="python3-libvirt is not installed on this host; run the base role first"
        )
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        connection = libvirt.open("qemu:///system")
        missing = [s for s in module.params["secrets"] if not is_defined(connection, s)]
        for wanted in missing if not module.check_mode else []:
            define(connection, wanted)
    except libvirt.libvirtError as error:
        module.fail_json(msg=f"libvirt on this host: {error}; look at 'journalctl -u libvirtd'")
    module.exit_json(changed=bool(missing), defined=[secret["usage"] for secret in missing])


if __name__ == "__main__":
    main()
