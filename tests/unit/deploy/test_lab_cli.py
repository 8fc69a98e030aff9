"""The command line of deploy/lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.hardware.cli import main, parser
from deploy.hardware.processes import using


def test_help_has_examples_and_phases(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "deploy/lab up --topology small" in text
    assert "precheck, site, images, verify, bureaus" in text


def test_unknown_phase_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["up", "--until", "someday"])
    assert caught.value.code == 2


def test_hosts_may_be_left_out_one_by_one() -> None:
    asked = parser().parse_args(["up", "--without", "a", "--without", "b"])
    assert asked.without == ["a", "b"]


def test_a_command_for_a_host_keeps_its_options() -> None:
    asked = parser().parse_args(["ssh", "c1", "systemctl", "--failed"])
    assert asked.words == ["systemctl", "--failed"]


def test_an_unusable_state_directory_is_reported_not_raised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUHAI_LAB_STATE", "/srv/elsewhere")
    assert main(["status"]) == 1
    assert "OUHAI_LAB_STATE" in capsys.readouterr().err


def test_only_processes_of_the_directory_are_found(tmp_path: Path) -> None:
    command_lines = {
        "1": "systemd-nspawn\0--directory=/srv/ouhai-lab/hosts/a/root\0",
        "2": "systemd-nspawn\0--directory=/srv/ouhai-lab-b/hosts/a/root\0",
        "3": "/usr/bin/python3\0-m\0deploy.hardware.supervisor\0/srv/ouhai-lab/hosts/a\0",
        "4": "vi\0/srv/ouhai-lab/hosts/a\0",
        "5": "",
    }
    for process, text in command_lines.items():
        (tmp_path / process).mkdir()
        (tmp_path / process / "cmdline").write_text(text)
    assert sorted(using(Path("/srv/ouhai-lab"), tmp_path)) == [1, 3]
    assert sorted(using(Path("/srv/ouhai-lab/hosts/a"), tmp_path)) == [1, 3]
