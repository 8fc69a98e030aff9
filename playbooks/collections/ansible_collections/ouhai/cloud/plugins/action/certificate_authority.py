"""Create the certificate authority and the deploy host's own certificate, on the deploy host."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.ouhai.cloud.plugins.plugin_utils import (
    certificates,
    private_file,
    vault_file,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.authority_store import (
    AuthorityStore,
    AuthorityUnusable,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction

_OPENS_THE_KEY = "secret_ca_passphrase"
_ENDING_DAYS = 365
"""Days before its end at which the authority's end is announced: all hosts have to be renewed."""


class ActionModule(CheckedAction):
    """Entirely on the deploy host. The passphrase comes from the vault, not from an argument."""

    arguments: ClassVar[dict[str, Any]] = {
        "folder": {"type": "path", "required": True},
        "common_name": {"type": "str", "required": True},
        "secrets_file": {"type": "path", "required": True},
        "vault_password_file": {"type": "path", "required": True},
        "server_names": {"type": "list", "elements": "str", "required": True},
    }
    refusals = (
        AuthorityUnusable,
        certificates.CertificateError,
        vault_file.SecretsUnreadable,
        OSError,
    )

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return whether anything changed, and a diff of certificates (never of keys)."""
        store = AuthorityStore(Path(args["folder"]))
        created = not store.exists()
        if created and self._task.check_mode:
            return {"changed": True, "diff": [_diff(store.certificate_path, None, None)]}
        passphrase = _read_passphrase(args["secrets_file"], args["vault_password_file"])
        before = None if created else store.certificate_path.read_bytes()
        authority = (
            store.create(args["common_name"], passphrase) if created else store.load(passphrase)
        )
        server = self._ensure_server(store.folder, authority, args["server_names"])
        diff = [_diff(store.certificate_path, before, authority.certificate_pem), server["diff"]]
        result = {"changed": created or server["changed"], "diff": diff}
        left = authority.certificate.not_valid_after_utc - certificates.now()
        if left < datetime.timedelta(days=_ENDING_DAYS):
            result["warnings"] = [
                f"The certificate authority in {store.folder} ends in {left.days} days. Move the "
                "folder away and run secrets.yml and site.yml: every host gets a new certificate."
            ]
        return result

    def _ensure_server(
        self, folder: Path, authority: certificates.Authority, names: list[str]
    ) -> dict[str, Any]:
        """Ensure the deploy host's key and certificate (deploy-host.key, deploy-host.crt)."""
        key_path, path = folder / "deploy-host.key", folder / "deploy-host.crt"
        before = path.read_bytes() if path.exists() else None
        new_key = not key_path.exists()
        key = certificates.new_key() if new_key else certificates.load_key(key_path.read_bytes())
        reason = certificates.renewal_reason(before, authority, key.public_key(), names)
        after = before
        if reason:
            after = certificates.sign(authority, key.public_key(), names)
            if not self._task.check_mode:
                if new_key:
                    private_file.write(key_path, certificates.key_pem(key))
                private_file.write(path, after, private_file.PUBLIC)
        return {"changed": reason is not None, "diff": _diff(path, before, after)}


def _read_passphrase(secrets_file: str, vault_password_file: str) -> str:
    password = vault_file.load_password(Path(vault_password_file))
    secrets, _ = vault_file.read(Path(secrets_file), password)
    if not secrets.get(_OPENS_THE_KEY):
        raise vault_file.SecretsUnreadable(
            f"{_OPENS_THE_KEY} is missing in {secrets_file}. Run playbooks/secrets.yml."
        )
    return str(secrets[_OPENS_THE_KEY])


def _diff(path: Path, before: bytes | None, after: bytes | None) -> dict[str, str]:
    return {
        "before_header": str(path),
        "after_header": str(path),
        "before": certificates.describe(before),
        "after": certificates.describe(after),
    }
