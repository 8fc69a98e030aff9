"""playbooks/secrets.yml: everything once, nothing twice, and no value anywhere but in the vault."""

from __future__ import annotations

import stat
from pathlib import Path

from ansible_collections.ouhai.cloud.plugins.plugin_utils import vault_file

from tests.unit.playbooks.conftest import run


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def secrets(folder: Path) -> dict[str, str]:
    password = vault_file.load_password(folder / ".vault-password")
    values, encrypted = vault_file.read(folder / "group_vars" / "all" / "secrets.yml", password)
    assert encrypted
    return values


def test_everything_once_and_nothing_twice(inventory_folder: Path) -> None:
    first = run(inventory_folder, "secrets.yml", "-vvv", "--diff")
    assert first.returncode == 0, first.stdout + first.stderr
    before = content(inventory_folder)
    second = run(inventory_folder, "secrets.yml", "-vvv", "--diff")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "changed=0" in second.stdout
    assert content(inventory_folder) == before
    private = ("group_vars/all/secrets.yml", ".vault-password", "pki/ca.key", "pki/deploy-host.key")
    for name in private:
        assert stat.S_IMODE((inventory_folder / name).stat().st_mode) == 0o600
    said = first.stdout + first.stderr + second.stdout + second.stderr
    assert [name for name, value in secrets(inventory_folder).items() if value in said] == []
    assert "PRIVATE KEY" not in said


def test_check_mode_writes_nothing(inventory_folder: Path) -> None:
    before = content(inventory_folder)
    assert run(inventory_folder, "secrets.yml", "--check").returncode == 0
    assert content(inventory_folder) == before


def test_a_missing_secret_is_added_and_the_others_stay(with_secrets: Path) -> None:
    before = secrets(with_secrets)
    password = vault_file.load_password(with_secrets / ".vault-password")
    without = {name: value for name, value in before.items() if name != "secret_admin_password"}
    vault_file.write(with_secrets / "group_vars" / "all" / "secrets.yml", without, password)
    assert run(with_secrets, "secrets.yml").returncode == 0
    after = secrets(with_secrets)
    assert after.pop("secret_admin_password") != before["secret_admin_password"]
    assert after == without


def test_a_lost_vault_password_is_not_replaced(with_secrets: Path) -> None:
    (with_secrets / ".vault-password").unlink()
    before = content(with_secrets)
    assert run(with_secrets, "secrets.yml").returncode != 0
    assert content(with_secrets) == before
