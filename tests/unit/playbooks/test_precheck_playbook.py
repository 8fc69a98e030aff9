"""playbooks/precheck.yml as a whole, without a host: exit codes, and everything at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ouhai.cloud.plugins.plugin_utils import vault_file

from tests.unit.playbooks.conftest import run, write


def change(folder: Path, **changes: Any) -> None:
    path = folder / "group_vars" / "all" / "lab.yml"
    write(path, yaml.safe_load(path.read_text()) | changes)


def test_everything_is_reported_at_once(with_secrets: Path) -> None:
    change(with_secrets, api_adress="127.0.0.10", api_address="127.0.0.11", mtu="wide")
    change(with_secrets, project_range="10.118.0.0/16", repository_key_file="/nonexistent")
    password = vault_file.load_password(with_secrets / ".vault-password")
    path = with_secrets / "group_vars" / "all" / "secrets.yml"
    values, _ = vault_file.read(path, password)
    del values["secret_metadata_proxy"]
    vault_file.write(path, values | {"secret_admin_password": "changeme"}, password)
    done = run(with_secrets, "precheck.yml")
    assert done.returncode == 2, done.stdout + done.stderr
    for seen in (
        "Did you mean api_address?",
        "the address 127.0.0.11 is used 2 times",
        "'wide' is not of type 'integer'",
        "the ranges 10.118.1.0/24 and 10.118.0.0/16 overlap",
        "/nonexistent cannot be read",
        "where: secret_metadata_proxy",
        "the secret is not a good password",
        "the host cannot be reached",
    ):
        assert seen in " ".join(done.stdout.split()), done.stdout
    assert "changeme" not in done.stdout + done.stderr


def test_the_inventorys_variables_win_over_the_defaults(with_secrets: Path) -> None:
    change(with_secrets, mtu="wide")
    assert "'wide' is not of type" in run(with_secrets, "precheck.yml").stdout


def test_an_empty_control_group_is_reported(with_secrets: Path) -> None:
    path = with_secrets / "hosts.yml"
    hosts = yaml.safe_load(path.read_text())
    hosts["all"]["children"]["compute"] = hosts["all"]["children"].pop("control")
    write(path, hosts)
    done = run(with_secrets, "precheck.yml")
    assert done.returncode == 2
    assert "group control" in done.stdout
    assert "the group is empty" in done.stdout


def test_an_inventory_without_hosts_is_no_success(with_secrets: Path) -> None:
    write(with_secrets / "hosts.yml", {"all": {"children": {"control": {}}}})
    done = run(with_secrets, "precheck.yml")
    assert done.returncode == 2
    assert "There is no host in the inventory" in done.stdout + done.stderr


@pytest.mark.parametrize("playbook", ["precheck.yml", "secrets.yml"])
def test_a_wrong_vault_password_says_what_to_do(
    with_secrets: Path, tmp_path: Path, playbook: str
) -> None:
    wrong = tmp_path / "wrong"
    vault_file.create_password(wrong)
    done = run(with_secrets, playbook, ANSIBLE_VAULT_PASSWORD_FILE=str(wrong))
    assert done.returncode == 4
    assert f"{with_secrets}/group_vars/all/secrets.yml cannot be read" in done.stderr
    assert "do:  Set ANSIBLE_VAULT_PASSWORD_FILE" in done.stderr


def test_a_directory_that_does_not_answer_is_reported(with_secrets: Path) -> None:
    parts = {"suffix": "dc=x", "people": "ou=p,dc=x", "groups": "ou=g,dc=x", "account": "cn=k,dc=x"}
    directory = {"domain": "district", "label": "x", "url": "ldaps://127.0.0.1:1", "ca_file": ""}
    change(with_secrets, directory=directory | parts)
    unreachable = run(with_secrets, "precheck.yml")
    assert unreachable.returncode == 2
    assert "the host cannot be reached" in " ".join(unreachable.stdout.split())
    # Any host will do that can be reached: this machine.
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    change(with_secrets, **local)
    done = run(with_secrets, "precheck.yml")
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "the directory does not answer at ldaps://127.0.0.1:1" in said
