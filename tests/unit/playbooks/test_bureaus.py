"""bureaus.yml with a command in the place of openstackclient: what it asks for, does and leaves."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ouhai_cloud.config import load

from tests.runner.paths import ROOT
from tests.support.tenancy_bench import REGISTER_FILE
from tests.unit.playbooks.conftest import run

# As the plan's exit code says, and with a plan of its own each time, as when the cloud moves.
COMMAND = """\
#!/bin/sh
folder=$(dirname "$0")
echo "$@" >> "$folder/calls"
printenv | grep OUHAI_ | sort > "$folder/environment"
while [ $# -gt 1 ]; do
    [ "$1" = --plan ] && file=$2
    shift
done
case $(tail -n 1 "$folder/calls") in
plan*)
    echo "+ domain:E021"
    date +%N | tee "$file" > "$folder/planned"
    exit "$(cat "$folder/code")"
    ;;
esac
echo "1/2 domain:E021, 5 s" >&2
cp "$file" "$folder/applied"
exit "$(cat "$folder/applied_code")"
"""


class Bureaus:
    """An inventory with a register, and the command."""

    def __init__(self, inventory: Path, folder: Path) -> None:
        self.inventory, self.folder = inventory, folder
        command = folder / "openstack"
        command.write_text(COMMAND)
        command.chmod(0o755)
        self.variables = {"bureau_register": str(REGISTER_FILE), "bureaus_command": [str(command)]}

    def run(self, code: int, *options: str, applied: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the playbook while plan and apply end with these exit codes."""
        (self.folder / "code").write_text(str(code))
        (self.folder / "applied_code").write_text(str(applied))
        (self.folder / "calls").write_text("")
        given = ("-e", json.dumps(self.variables))
        # The deploy host's Python has the extensions installed.
        there = {"PYTHONPATH": str(ROOT / "extensions")}
        return run(self.inventory, "bureaus.yml", *given, *options, **there)

    @property
    def calls(self) -> list[str]:
        """Return what was asked of the command."""
        return [line.split()[0] for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def left(self) -> Path:
        """Return the file of settings."""
        return self.inventory / "tenancy.conf"


@pytest.fixture
def bureaus(inventory_folder: Path, tmp_path: Path) -> Bureaus:
    hosts = yaml.safe_load((inventory_folder / "hosts.yml").read_text())
    hosts["all"]["children"]["compute_class3"] = {"hosts": {"ouhai1": None}}
    (inventory_folder / "hosts.yml").write_text(yaml.safe_dump(hosts))
    return Bureaus(inventory_folder, tmp_path)


def changed(done: subprocess.CompletedProcess[str]) -> int:
    found = re.search(r"changed=(\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    return int(found[1])


def test_what_was_shown_is_applied_and_the_settings_are_left(bureaus: Bureaus) -> None:
    first = bureaus.run(2)
    assert first.returncode == 0, first.stdout + first.stderr
    assert bureaus.calls == ["plan", "apply"] and "+ domain:E021" in first.stdout
    assert "\n  1/2 domain:E021, 5 s\n" in first.stdout
    assert (bureaus.folder / "applied").read_text() == (bureaus.folder / "planned").read_text()
    assert bureaus.left.stat().st_mode & 0o777 == 0o600
    by_hand = load({"OS_CLIENT_CONFIG_FILE": str(bureaus.inventory / "clouds.yaml")})
    lines = (bureaus.folder / "environment").read_text().splitlines()
    assert by_hand == load(dict(line.split("=", 1) for line in lines))
    assert (by_hand.register, by_hand.class3_hosts) == (REGISTER_FILE, ("ouhai1",))
    again = bureaus.run(0)
    assert (again.returncode, changed(again), bureaus.calls) == (0, 0, ["plan"])


def test_a_check_changes_nothing_and_fails_when_something_is_in_the_way(bureaus: Bureaus) -> None:
    done = bureaus.run(3, "--check")
    assert done.returncode != 0 and "in the way" in done.stdout and "+ domain:E021" in done.stdout
    assert bureaus.calls == ["plan"] and not bureaus.left.exists()


def test_an_apply_that_fails_says_why(bureaus: Bureaus) -> None:
    done = bureaus.run(2, applied=1)
    assert done.returncode != 0
    assert "ended with 1\n" in done.stdout and "1/2 domain:E021" in done.stdout.split("FAILED!")[1]
