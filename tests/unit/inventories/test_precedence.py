"""ansible.cfg lets an inventory override the defaults beside the playbooks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner.paths import ROOT


@pytest.mark.parametrize("host", ["host1", "localhost"])
def test_inventory_overrides_the_defaults(tmp_path: Path, host: str) -> None:
    for path, text in {
        "inventory/hosts.yml": "{all: {hosts: {host1: {ansible_connection: local}}}}",
        "inventory/group_vars/all/mine.yml": "mtu: 9000",
        "playbooks/group_vars/all/defaults.yml": "mtu: 1500",
        "playbooks/play.yml": f"[{{hosts: {host}, tasks: [{{debug: {{var: mtu}}}}]}}]",
    }.items():
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_text(text)
    shown = subprocess.run(
        (
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(tmp_path / "inventory"), str(tmp_path / "playbooks" / "play.yml")),
        ),
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mtu: 9000" in shown.stdout, shown.stdout + shown.stderr
