"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: secrets_file
short_description: Generate the missing secrets of an inventory
description:
  - Ensures that a file of secrets exists, is encrypted as a whole with ansible-vault, has mode 0600
    and holds every required secret. What exists is never rewritten.
  - Runs on the deploy host. Values are in no argument, result or log.
author: The ouhai-cloud developers
options:
  path:
    description: The file of secrets.
    type: path
    required: true
  vault_password_file:
    description:
      - File that holds the vault password, or an executable that prints it.
      - Created with a random password and mode 0600 when neither it nor O(path) exists.
    type: path
    required: true
  required:
    description:
      - Name of each secret and its kind (V(password), V(foreign), V(hex32), V(uuid), V(fernet),
        V(ceph_key)).
    type: dict
    required: true
attributes:
  check_mode:
    description: Reports what would be generated and writes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Generate the missing secrets
  ouhai.cloud.secrets_file:
    path: "{{ inventory_folder }}/group_vars/all/secrets.yml"
    vault_password_file: "{{ inventory_folder }}/.vault-password"
    required:
      secret_admin_password: password
  no_log: true
"""

RETURN = r"""
generated:
  description: Names of the secrets that were generated.
  type: list
  elements: str
  returned: success
"""
