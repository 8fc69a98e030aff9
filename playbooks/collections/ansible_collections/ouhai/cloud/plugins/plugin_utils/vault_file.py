"""A YAML file of secrets, encrypted as a whole with ansible-vault."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import (
    AnsibleVaultError,
    VaultLib,
    VaultSecret,
    get_file_vault_secret,
    is_encrypted,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils import private_file

_PASSWORD_BYTES = 48


class SecretsUnreadable(Exception):
    """The file of secrets cannot be used; the message says where, why and what to do."""


def create_password(path: Path) -> None:
    """Write a new random vault password, readable by its owner only.

    :raises OSError: the file cannot be written.
    """
    private_file.write(path, f"{secrets.token_urlsafe(_PASSWORD_BYTES)}\n".encode())


def load_password(path: Path) -> VaultSecret:
    """Read the vault password from a file, or from what an executable prints.

    :raises SecretsUnreadable: it is missing, empty or fails.
    """
    try:
        secret = get_file_vault_secret(filename=str(path), loader=DataLoader())
        secret.load()
    except AnsibleError as error:
        raise SecretsUnreadable(
            f"The vault password cannot be read from {path}: {error}. "
            "Put the file back from your backup, or set ANSIBLE_VAULT_PASSWORD_FILE to where it is."
        ) from error
    return secret


def read(path: Path, password: VaultSecret) -> tuple[dict[str, Any], bool]:
    """Return the secrets and whether the file was encrypted; no file gives no secrets.

    :raises SecretsUnreadable: the password is wrong, or the content is not a mapping.
    """
    if not path.exists():
        return {}, True
    raw = path.read_bytes()
    encrypted = is_encrypted(raw)
    if encrypted:
        try:
            raw = VaultLib([("default", password)]).decrypt(raw)
        except AnsibleVaultError as error:
            raise SecretsUnreadable(
                f"{path} cannot be decrypted with the vault password in use: the password is "
                "another one, or the file is damaged. Put the right password or the file back "
                "from your backup. Do not delete the file: a running cloud needs its secrets."
            ) from error
    try:
        content = yaml.safe_load(raw)
    except yaml.YAMLError:
        # The parser's own message quotes the text around the fault, which is a secret.
        raise SecretsUnreadable(
            f"{path} is not valid YAML. Correct it with `ansible-vault edit {path}`."
        ) from None
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise SecretsUnreadable(
            f"{path} does not hold `name: value` pairs. Correct it: `ansible-vault edit {path}`."
        )
    return content, encrypted


def write(path: Path, content: dict[str, Any], password: VaultSecret) -> None:
    """Encrypt and write the secrets, readable by their owner only.

    :raises OSError: the file cannot be written.
    """
    text = yaml.safe_dump(content, default_flow_style=False, sort_keys=True, explicit_start=True)
    private_file.write(path, VaultLib().encrypt(text.encode(), secret=password))
