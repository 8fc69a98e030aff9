"""Let OVN's databases listen with TLS only."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: ovn_listeners
short_description: Let OVN's databases listen with TLS only
description:
  - Sets key, certificate and authority, and the one connection, of the northbound (6641) and the
    southbound (6642) database. Clients must show a certificate of the same authority.
options:
  address:
    description: Address to listen on.
    type: str
    required: true
  certificate:
    description: Path of the certificate.
    type: path
    required: true
  key:
    description: Path of its key.
    type: path
    required: true
  authority:
    description: Path of the authority's certificate.
    type: path
    required: true
author: ouhai-cloud
"""

EXAMPLES = """
- name: Let the databases listen with TLS only
  ouhai.cloud.ovn_listeners:
    address: 10.118.0.11
    certificate: /etc/ouhai/pki/host.crt
    key: /etc/ouhai/pki/host.key
    authority: /etc/ouhai/pki/ca.crt
"""

RETURN = """
databases:
  description: Databases whose settings changed.
  returned: always
  type: list
  elements: str
"""

# a long probe interval: ovsdb-server answers nothing while it compacts a large database
PROBE_INTERVAL_MS = 60000


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False},
            "authority": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    files = [module.params["key"], module.params["certificate"], module.params["authority"]]
    changed = []
    for tool, port in (("ovn-nbctl", 6641), ("ovn-sbctl", 6642)):
        wanted = f"pssl:{port}:{module.params['address']}"
        base = [tool, "--timeout=30"]
        code, tls, error = module.run_command([*base, "get-ssl"])
        if code and not module.check_mode:
            module.fail_json(msg=f"{tool} cannot reach its database: {error.strip()}")
        _, connection, _ = module.run_command([*base, "get-connection"])
        # ovn-sbctl puts the connection's rights in front
        same = all(path in tls for path in files) and connection.split()[-1:] == [wanted]
        if same:
            continue
        changed.append(tool[4:6])
        if not module.check_mode:
            module.run_command(
                [
                    *(*base, "set-ssl", *files, "--", "set-connection", wanted),
                    *("--", "set", "connection", ".", f"inactivity_probe={PROBE_INTERVAL_MS}"),
                ],
                check_rc=True,
            )
    module.exit_json(changed=bool(changed), databases=changed)


if __name__ == "__main__":
    main()
