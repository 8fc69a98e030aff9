"""Generate the missing secrets of an inventory, on the deploy host."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible_collections.ouhai.cloud.plugins.plugin_utils import (
    private_file,
    secret_kinds,
    vault_file,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction


class ActionModule(CheckedAction):
    """Entirely on the deploy host: no value is ever part of a task's arguments or result."""

    _supports_diff = False
    arguments: ClassVar[dict[str, Any]] = {
        "path": {"type": "path", "required": True},
        "vault_password_file": {"type": "path", "required": True},
        "required": {"type": "dict", "required": True},
    }
    refusals = (vault_file.SecretsUnreadable, OSError)

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return the names (not the values) of the secrets that were generated."""
        # Ansible marks strings with where they come from; YAML writes plain ones only.
        required = {str(name): str(kind) for name, kind in args["required"].items()}
        unknown = secret_kinds.unknown_kinds(required)
        if unknown:
            raise AnsibleActionFail(
                f"secrets_required names kinds that do not exist: {unknown}. "
                f"Known kinds: {', '.join(secret_kinds.KINDS)}."
            )
        return self._ensure(Path(args["path"]), Path(args["vault_password_file"]), required)

    def _ensure(self, path: Path, password_file: Path, required: dict[str, str]) -> dict[str, Any]:
        check_mode = bool(self._task.check_mode)
        new_password = not password_file.exists()
        if new_password:
            if path.exists():
                raise AnsibleActionFail(
                    f"{path} exists, but the vault password {password_file} does not. Put it back "
                    "from your backup, or set ANSIBLE_VAULT_PASSWORD_FILE to where it is."
                )
            if check_mode:
                return {"changed": True, "generated": sorted(required)}
            vault_file.create_password(password_file)
        password = vault_file.load_password(password_file)
        present, encrypted = vault_file.read(path, password)
        generated = secret_kinds.generate_missing(present, required)
        right_mode = path.exists() and private_file.has_mode(path, private_file.OWNER_ONLY)
        changed = bool(generated) or not encrypted or not right_mode
        if changed and not check_mode:
            vault_file.write(path, present | generated, password)
        return {"changed": changed or new_password, "generated": sorted(generated)}
