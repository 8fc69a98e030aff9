from __future__ import annotations

import os
import subprocess
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.runner import environment, program
from tests.runner.errors import RunnerError
from tests.runner.paths import ROOT, VENV

COMMANDS = sorted(
    path
    for folder in ("drills", "bench", "tempest")
    for path in (ROOT / "tests" / folder).iterdir()
    if path.is_file() and path.suffix == "" and os.access(path, os.X_OK)
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda path: path.name)
def test_a_program_says_how_it_is_used(command: Path) -> None:
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(command.relative_to(ROOT)) in done.stdout


def test_a_program_gets_its_packages_and_the_environment_of_the_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, installed, became = Mock(), Mock(), Mock(side_effect=SystemExit)
    monkeypatch.setattr(environment, "ensure_venv", made)
    monkeypatch.setattr(environment, "ensure_debian_packages", installed)
    monkeypatch.setattr(os, "execve", became)
    with pytest.raises(SystemExit):
        program.main("tests.drills.small", ["--replace"])
    made.assert_called_once_with()
    installed.assert_called_once_with(("tcpdump",))
    python, words, variables = became.call_args.args
    assert python == str(VENV / "bin/python")
    assert words == [python, "-m", "tests.drills.small", "--replace"]
    assert variables["PYTHONPATH"] == str(ROOT / "extensions")


def test_what_cannot_be_prepared_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "ensure_venv", Mock(side_effect=RunnerError("no index")))
    with pytest.raises(SystemExit) as end:
        program.main("tests.drills.kill", [])
    assert end.value.code == 2
    assert capsys.readouterr().err == "no index\n"
