"""Keep a secret of libvirt."""

from __future__ import annotations

import base64

from ansible.module_utils.basic import AnsibleModule

try:
    import libvirt
except ImportError:  # reported by main(), with the package's name
    libvirt = None

DOCUMENTATION = """
module: libvirt_secret
short_description: Keep a secret of libvirt
description: Defines a secret for Ceph with the given value. The value never stands in a command line.
options:
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
  ouhai.cloud.libvirt_secret:
    uuid: "{{ secret_libvirt_rbd_uuid }}"
    usage: client.nova
    value: "{{ secret_ceph_nova_key }}"
"""

RETURN = """
uuid:
  description: The secret's UUID.
  returned: always
  type: str
"""


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "uuid": {"type": "str", "required": True},
            "usage": {"type": "str", "required": True},
            "value": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    uuid, usage = module.params["uuid"], module.params["usage"]
    value = base64.b64decode(module.params["value"])
    if libvirt is None:
        if module.check_mode:
            module.exit_json(changed=True, uuid=uuid)
        module.fail_json(
            msg="python3-libvirt is not installed on this host; run the base role first"
        )
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        connection = libvirt.open("qemu:///system")
        try:
            secret = connection.secretLookupByUUIDString(uuid)
            same = secret.usageID() == usage and secret.value() == value
        except libvirt.libvirtError:
            same = False
        if not same and not module.check_mode:
            text = (
                f"<secret ephemeral='no' private='no'><uuid>{uuid}</uuid>"
                f"<usage type='ceph'><name>{usage}</name></usage></secret>"
            )
            connection.secretDefineXML(text, 0).setValue(value, 0)
    except libvirt.libvirtError as error:
        module.fail_json(msg=f"libvirt on this host: {error}; look at 'journalctl -u libvirtd'")
    module.exit_json(changed=not same, uuid=uuid)


if __name__ == "__main__":
    main()
