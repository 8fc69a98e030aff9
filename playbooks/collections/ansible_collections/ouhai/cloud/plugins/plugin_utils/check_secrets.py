"""Checks of secrets: none missing, none weak, none readable by others. No message holds a value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.vault import is_encrypted
from ansible_collections.ouhai.cloud.plugins.plugin_utils import secret_kinds
from ansible_collections.ouhai.cloud.plugins.plugin_utils.authority_store import (
    AuthorityStore,
    AuthorityUnusable,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Failure

_GENERATE = "Run playbooks/secrets.yml: it generates what is missing and touches nothing else."


def check_secrets(
    values: Mapping[str, Any], required: Mapping[str, str], place: str
) -> list[Failure]:
    """Check that every required secret is there, strong, and not the same as another.

    :param values: the secrets by name, as far as they are set.
    :param required: name and kind of each that is needed.
    :param place: the file that they are kept in, for messages.
    """
    failures = []
    names: dict[str, list[str]] = {}
    for name, kind in required.items():
        value = values.get(name)
        if not value:
            failures.append(
                Failure(
                    f"{name} ({place})", "the secret is missing", "a service needs it", _GENERATE
                )
            )
            continue
        names.setdefault(str(value), []).append(name)
        fault = secret_kinds.KINDS[kind].fault(str(value))
        if fault:
            failures.append(
                Failure(
                    f"{name} ({place})",
                    f"the secret is not a good {kind}: {fault}",
                    "it could be guessed, or the service would not take it",
                    "Change it (ansible-vault edit), or remove it and run playbooks/secrets.yml.",
                )
            )
    for shared in names.values():
        if len(shared) > 1:
            failures.append(
                Failure(
                    f"{', '.join(shared)} ({place})",
                    "these secrets have the same value",
                    "who learns the one knows the others",
                    "Remove all but one with `ansible-vault edit` and run playbooks/secrets.yml.",
                )
            )
    return failures


def check_files(secrets_file: Path, password_file: Path) -> list[Failure]:
    """Check that the secrets are encrypted and that nobody else reads them or their password."""
    failures = []
    why = "who reads this file has every secret of the cloud"
    if secrets_file.exists() and not is_encrypted(secrets_file.read_bytes()):
        remedy = "Run playbooks/secrets.yml: it encrypts the file and keeps its content."
        failures.append(Failure(str(secrets_file), "the file is not encrypted", why, remedy))
    for path in (secrets_file, password_file):
        if path.exists() and path.stat().st_mode & 0o077:
            what = "the file can be read or changed by other users"
            failures.append(Failure(str(path), what, why, f"chmod go= {path}"))
    return failures


def check_authority(folder: Path, passphrase: str | None) -> list[Failure]:
    """Check that certificates can be signed."""
    if not passphrase:
        return []  # reported as a missing secret
    try:
        AuthorityStore(folder).load(passphrase)
    except AuthorityUnusable as error:
        what, _, remedy = str(error).partition(". ")
        why = "hosts would get no certificates"
        return [Failure(str(folder), what, why, remedy or _GENERATE)]
    return []
