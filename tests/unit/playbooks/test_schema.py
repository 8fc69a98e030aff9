"""In what order the module `schema` runs its commands, and what it makes of their failures."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import schema

from tests.unit.playbooks import modules

COMMANDS = ["first", ["left", "right"], "last"]
TIMEOUT_SECONDS = 10


class Host:
    """Runs nothing; keeps what it was asked for, and fails what it is told to fail."""

    def __init__(self, records: Path) -> None:
        self.records = records
        self.failing: set[str] = set()
        self.events: list[str] = []
        self.versions = "nova-common 31"
        # Nobody gets past it alone: what runs at the same time, does.
        self.pair = threading.Barrier(2)

    def run(self, words: list[str], **_: Any) -> Any:
        """Take the place of subprocess.run."""
        assert words[:-1] == ["runuser", "-u", "nova", "--", "sh", "-c"]
        command = words[-1]
        self.events.append(f"{command} begins")
        if command in ("left", "right"):
            self.pair.wait(TIMEOUT_SECONDS)
        self.events.append(f"{command} ends")
        code = int(command in self.failing)
        return SimpleNamespace(returncode=code, stdout="", stderr=f"{command} is broken")

    @property
    def ran(self) -> list[str]:
        """What has run, in order."""
        return [event.removesuffix(" ends") for event in self.events if event.endswith(" ends")]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path / "schema")
    monkeypatch.setattr(schema, "RECORDS", str(made.records))
    monkeypatch.setattr(schema, "subprocess", SimpleNamespace(run=made.run))
    return made


def play(
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    *,
    commands: list[Any] = COMMANDS,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Run the module; return what it says at its end."""
    params = {"name": "nova", "packages": ["nova-common"], "user": "nova", "commands": commands}
    versions = (0, host.versions, "")
    return modules.said(
        monkeypatch, schema, params, check_mode=check_mode, run_command=lambda _: versions
    )


def test_groups_follow_each_other(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    assert play(host, monkeypatch) == {"changed": True, "ran": COMMANDS}
    assert host.events[:2] == ["first begins", "first ends"]
    assert set(host.events[2:4]) == {"left begins", "right begins"}
    assert set(host.events[4:6]) == {"left ends", "right ends"}
    assert host.events[6:] == ["last begins", "last ends"]


def test_what_has_run_is_not_run_again_until_something_changes(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(host, monkeypatch)
    host.events.clear()
    assert play(host, monkeypatch) == {"changed": False, "ran": []}
    assert host.events == []
    host.versions = "nova-common 32"
    assert play(host, monkeypatch)["changed"]
    assert play(host, monkeypatch, commands=["first"])["ran"] == ["first"]


def test_a_failure_stops_the_next_group_and_leaves_no_record(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.failing = {"left"}
    said = play(host, monkeypatch)["msg"]
    assert "left is broken" in said
    assert "right" not in said
    assert set(host.ran) == {"first", "left", "right"}
    assert not host.records.exists()
    host.failing = set()
    assert play(host, monkeypatch)["changed"]


def test_all_failures_of_a_group_are_reported(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.failing = {"left", "right"}
    said = play(host, monkeypatch)["msg"]
    assert "left is broken" in said
    assert "right is broken" in said


def test_check_mode_runs_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    assert play(host, monkeypatch, check_mode=True) == {"changed": True, "ran": COMMANDS}
    assert host.events == []
    assert not host.records.exists()


@pytest.mark.parametrize("entry", [[], {"first": 1}, 7, None, ["left", 7], [["left"]]], ids=repr)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_no_command_is_named_and_nothing_runs(
    host: Host, monkeypatch: pytest.MonkeyPatch, entry: Any, check_mode: bool
) -> None:
    said = play(host, monkeypatch, commands=["first", entry], check_mode=check_mode)["msg"]
    assert f"entry 2 of `commands` is {entry!r}" in said
    assert host.events == []
