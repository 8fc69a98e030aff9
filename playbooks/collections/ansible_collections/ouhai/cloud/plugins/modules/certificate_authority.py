"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Create the cloud's certificate authority
description:
  - Ensures C(ca.key) (EC P-256, PKCS#8, encrypted with C(secret_ca_passphrase), mode 0600) and
    C(ca.crt) (10 years) in a folder, and C(deploy-host.key), C(deploy-host.crt) for the deploy
    host's own HTTPS server.
  - Runs on the deploy host. The authority is never replaced; the deploy host's certificate is
    signed anew when less than 30 days are left, its names change or the authority changes.
author: The ouhai-cloud developers
options:
  folder:
    description: Where the authority is kept.
    type: path
    required: true
  common_name:
    description: Name of a new authority.
    type: str
    required: true
  secrets_file:
    description: The vault that holds C(secret_ca_passphrase).
    type: path
    required: true
  vault_password_file:
    description: File that holds the vault password, or an executable that prints it.
    type: path
    required: true
  server_names:
    description: DNS names and IP addresses of the deploy host's certificate.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    description: Reports what would be created and writes nothing.
    support: full
  diff_mode:
    description: Shows the certificates, never a key.
    support: full
"""

EXAMPLES = r"""
- name: Create the certificate authority and the deploy host's certificate
  ouhai.cloud.certificate_authority:
    folder: "{{ inventory_folder }}/pki"
    common_name: ouhai certificate authority
    secrets_file: "{{ inventory_folder }}/group_vars/all/secrets.yml"
    vault_password_file: "{{ inventory_folder }}/.vault-password"
    server_names: [10.118.0.1]
"""

RETURN = r"""#"""
