"""Says in full why the secrets cannot be decrypted, in place of Ansible's one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import is_encrypted
from ansible.plugins.vars import BaseVarsPlugin

DOCUMENTATION = r"""
name: readable_secrets
short_description: Check that the secrets can be decrypted before Ansible loads them
description:
  - Sets no variable. Ansible's own message for a wrong vault password names neither the file
    nor what to do.
  - Enabled in ansible.cfg, before ansible.builtin.host_group_vars.
author: The ouhai-cloud developers
options: {}
"""

_SECRETS = Path("group_vars", "all", "secrets.yml")


class VarsModule(BaseVarsPlugin):
    """Looks at each folder once in a run."""

    is_stateless = True
    _seen: ClassVar[set[Path]] = set()

    def get_vars(self, loader: DataLoader, path: str, entities: Any) -> dict[str, Any]:
        """Return nothing.

        :raises AnsibleParserError: the secrets of the inventory cannot be decrypted.
        """
        super().get_vars(loader, path, entities)
        secrets = Path(self._basedir, _SECRETS)
        if secrets not in self._seen:
            # Remembered also when it is not there: secrets.yml writes it in a run that
            # started without a vault password, and Ansible itself does not look for it again.
            self._seen.add(secrets)
            if secrets.is_file() and is_encrypted(secrets.read_bytes()):
                self._check(loader, secrets)
        return {}

    def _check(self, loader: DataLoader, secrets: Path) -> None:
        try:
            # With the arguments that Ansible itself uses next, so that it is decrypted once.
            loader.load_from_file(str(secrets), cache="all", unsafe=True, trusted_as_template=True)
        except AnsibleError as error:
            beside = secrets.parents[2] / ".vault-password"
            raise AnsibleParserError(
                f"The secrets in {secrets} cannot be read.\n"
                f"  why: {' '.join(str(error.message).split())}\n"
                f"  do:  Set ANSIBLE_VAULT_PASSWORD_FILE to the file with this inventory's vault "
                f"password (usually {beside}). If it is set to that, put the right password "
                "or secrets back from your backup.\n"
                "  No host was changed."
            ) from None
