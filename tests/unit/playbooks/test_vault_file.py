"""The file of secrets: encrypted as a whole, owner only, and errors that say what to do."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils import vault_file


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / ".vault-password"
    vault_file.create_password(path)
    return path


def test_what_is_written_is_read_again(tmp_path: Path, password_file: Path) -> None:
    path, password = tmp_path / "secrets.yml", vault_file.load_password(password_file)
    vault_file.write(path, {"secret_one": "value"}, password)
    assert vault_file.read(path, password) == ({"secret_one": "value"}, True)
    assert b"value" not in path.read_bytes()
    for private in (path, password_file):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_no_file_is_no_secrets(tmp_path: Path, password_file: Path) -> None:
    password = vault_file.load_password(password_file)
    assert vault_file.read(tmp_path / "none.yml", password) == ({}, True)


def test_a_wrong_password_says_what_to_do(tmp_path: Path, password_file: Path) -> None:
    path = tmp_path / "secrets.yml"
    vault_file.write(path, {"secret_one": "value"}, vault_file.load_password(password_file))
    vault_file.create_password(password_file)
    with pytest.raises(vault_file.SecretsUnreadable, match=r"cannot be decrypted.*backup"):
        vault_file.read(path, vault_file.load_password(password_file))


def test_a_missing_password_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(vault_file.SecretsUnreadable, match="ANSIBLE_VAULT_PASSWORD_FILE"):
        vault_file.load_password(tmp_path / "none")


@pytest.mark.parametrize("content", ["a: [value-in-file", "- value-in-file"])
def test_a_damaged_file_does_not_show_its_content(
    tmp_path: Path, password_file: Path, content: str
) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text(content)
    with pytest.raises(vault_file.SecretsUnreadable) as caught:
        vault_file.read(path, vault_file.load_password(password_file))
    assert "value-in-file" not in str(caught.value)
