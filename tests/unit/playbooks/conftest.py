"""Runs playbooks on inventories of their own, on this machine only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.playbooks.inventories import VARIABLES

ROOT = Path(__file__).parents[3]


@pytest.fixture
def inventory_folder(tmp_path: Path) -> Path:
    """Return the folder of an inventory whose only host does not answer, and that is else good."""
    return make_inventory(tmp_path)


@pytest.fixture
def with_secrets(made_secrets: Path, tmp_path: Path) -> Path:
    """Return the folder of such an inventory after secrets.yml."""
    return shutil.copytree(made_secrets, tmp_path / "inventory")


@pytest.fixture(scope="session")
def made_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inventory to copy: making the secrets takes seconds."""
    folder = make_inventory(tmp_path_factory.mktemp("made"))
    assert run(folder, "secrets.yml").returncode == 0
    return folder


def make_inventory(parent: Path) -> Path:
    """Write an inventory and return its folder."""
    folder = parent / "inventory"
    (folder / "group_vars" / "all").mkdir(parents=True)
    key = parent / "repository.key"
    key.write_text("a key")
    # Port 1 refuses at once. The address is in the range that the other variables name.
    host: dict[str, Any] = {"ansible_host": "127.0.0.11", "ansible_port": 1}
    host["storage_devices"] = [{"path": "/dev/sdb"}]
    groups: dict[str, Any] = {
        name: {"hosts": {"ouhai1": None}} for name in ("network", "compute", "storage")
    }
    groups["control"] = {"hosts": {"ouhai1": host}}
    write(folder / "hosts.yml", {"all": {"children": groups}})
    ranges = {"management_range": "127.0.0.0/24", "repository_key_file": str(key)}
    names = [name for name in VARIABLES if not name.startswith(("precheck_", "tunnel_"))]
    variables = {name: VARIABLES[name] for name in names} | ranges
    write(folder / "group_vars" / "all" / "lab.yml", variables)
    return folder


def run(
    folder: Path, playbook: str, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a playbook on an inventory, with its vault password when there is one."""
    # Not with what the caller may have set for a lab or a cloud of its own.
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "OS_"))}
    surroundings |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    password = folder / ".vault-password"
    if password.exists():
        surroundings["ANSIBLE_VAULT_PASSWORD_FILE"] = str(password)
    command = [str(Path(sys.executable).with_name("ansible-playbook"))]
    command += ["-i", str(folder / "hosts.yml"), f"playbooks/{playbook}", *options]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=surroundings | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write(path: Path, content: Any) -> None:
    """Write YAML."""
    path.write_text(yaml.safe_dump(content))
