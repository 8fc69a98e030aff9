"""Check that the host reaches the district's directory, before anything is changed."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ouhai.cloud.plugins.module_utils.host_directory import check_directory

DOCUMENTATION = r"""
module: precheck_directory
short_description: Check that the host reaches the district's directory
description:
  - Logs in at each server of the directory, over TLS, with the account that Keystone will use.
  - Reports what it finds and does not fail; M(ouhai.cloud.precheck_report) does.
author: The ouhai-cloud developers
options:
  name:
    description: The host in the inventory.
    type: str
    required: true
  urls:
    description: C(ldaps://host[:port]), several separated by commas.
    type: str
    required: true
  authority:
    description: PEM of the authority of their certificates.
    type: str
    required: true
  account:
    description: Distinguished name of the account.
    type: str
    required: true
  password:
    description: Its password.
    type: str
    required: true
attributes:
  check_mode:
    description: It never changes anything.
    support: full
"""

EXAMPLES = r"""
- name: Check the directory
  ouhai.cloud.precheck_directory:
    name: "{{ inventory_hostname }}"
    urls: "{{ directory.url }}"
    authority: "{{ lookup('ansible.builtin.file', directory.ca_file) }}"
    account: "{{ directory.account }}"
    password: "{{ secret_directory_bind_password }}"
  register: precheck_directory
"""

RETURN = r"""
failures:
  description: What was found, each with C(where), C(what), C(why) and C(remedy).
  type: list
  elements: dict
  returned: always
"""


def main() -> None:
    """Check, report, and end well."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "urls": {"type": "str", "required": True},
            "authority": {"type": "str", "required": True},
            "account": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    names = ("name", "urls", "authority", "account", "password")
    failures = check_directory(*(module.params[name] for name in names))
    module.exit_json(changed=False, failures=[failure.as_dict() for failure in failures])


if __name__ == "__main__":
    main()
