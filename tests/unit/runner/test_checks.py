from __future__ import annotations

from pathlib import Path

import pytest

from tests.runner import __main__ as command
from tests.runner import checks


def test_finds_programs_by_their_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    for name, first, mode in (
        ("tool", "#!/usr/bin/env python3", 0o755),
        ("other", "#!/bin/sh", 0o755),
        ("notes", "#!/usr/bin/python3", 0o644),
        ("module.py", "#!/usr/bin/python3", 0o755),
        (".git/hook", "#!/usr/bin/python3", 0o755),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{first}\n")
        path.chmod(mode)
    assert list(checks.scripts("python")) == ["tool"]
    assert list(checks.scripts("sh")) == ["other"]


def test_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["quik"])
    assert ended.value.code == 2
    assert "there is no part quik" in capsys.readouterr().err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    assert "tests/run quick" in capsys.readouterr().out
