"""Secrets: none missing, weak, shared or readable; and no message ever holds a value."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.ouhai.cloud.plugins.plugin_utils import (
    certificates,
    secret_kinds,
    vault_file,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.authority_store import AuthorityStore
from ansible_collections.ouhai.cloud.plugins.plugin_utils.check_secrets import (
    check_authority,
    check_files,
    check_secrets,
)

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
REQUIRED = yaml.safe_load((PLAYBOOKS / "group_vars" / "all" / "secrets_required.yml").read_text())[
    "secrets_required"
]
NAME = "secret_admin_password"


def test_what_is_generated_is_good() -> None:
    values = secret_kinds.generate_missing({}, REQUIRED)
    assert set(values) == set(REQUIRED)
    assert check_secrets(values, REQUIRED, "secrets.yml") == []


def test_only_what_is_missing_is_generated() -> None:
    values = secret_kinds.generate_missing({}, REQUIRED)
    del values[NAME]
    assert list(secret_kinds.generate_missing(values, REQUIRED)) == [NAME]


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_secret_is_named(value: str | None) -> None:
    (failure,) = check_secrets({NAME: value}, {NAME: "password"}, "secrets.yml")
    assert failure.where == f"{NAME} (secrets.yml)"
    assert "secrets.yml" in failure.remedy


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("password", "changeme"),
        ("password", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("password", "has@signs:that/break-a-url%"),
        ("hex32", "0123456789ABCDEF0123456789ABCDEF"),
        ("uuid", "not-a-uuid"),
        ("fernet", "c2hvcnQ="),
        ("fernet", "ümlaut"),
        ("ceph_key", "AQBhello"),
    ],
)
def test_a_weak_secret_is_named_without_its_value(kind: str, value: str) -> None:
    (failure,) = check_secrets({NAME: value}, {NAME: kind}, "secrets.yml")
    assert f"not a good {kind}" in failure.what
    assert value not in str(failure)


def test_a_value_that_is_used_twice_is_named_without_itself() -> None:
    value = secret_kinds.KINDS["password"].generate()
    names = {"secret_one": "password", "secret_two": "password"}
    (failure,) = check_secrets(dict.fromkeys(names, value), names, "secrets.yml")
    assert "secret_one, secret_two" in failure.where
    assert value not in str(failure)


def test_files_that_others_read_and_plain_text_are_named(tmp_path: Path) -> None:
    secrets, password = tmp_path / "secrets.yml", tmp_path / ".vault-password"
    secrets.write_text("secret_admin_password: readable\n")
    secrets.chmod(0o644)
    vault_file.create_password(password)
    found = [failure.what for failure in check_files(secrets, password)]
    assert found == ["the file is not encrypted", "the file can be read or changed by other users"]


def test_an_authority_that_the_passphrase_does_not_open_is_named(tmp_path: Path) -> None:
    AuthorityStore(tmp_path).create("test", "right")
    assert check_authority(tmp_path, "right") == []
    (failure,) = check_authority(tmp_path, "wrong")
    assert "passphrase does not open it" in failure.what
    assert "wrong" not in str(failure)


def test_a_missing_authority_is_named(tmp_path: Path) -> None:
    (failure,) = check_authority(tmp_path / "pki", "right")
    assert "no certificate authority" in failure.what
    assert "secrets.yml" in failure.remedy


def test_half_an_authority_is_not_replaced(tmp_path: Path) -> None:
    store = AuthorityStore(tmp_path)
    store.certificate_path.write_bytes(certificates.create_authority("test").certificate_pem)
    with pytest.raises(Exception, match=r"ca\.key is missing"):
        store.exists()
