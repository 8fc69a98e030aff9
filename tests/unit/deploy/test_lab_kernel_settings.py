"""What labs beside each other raise on the machine, and who puts it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.hardware import kernel_settings
from deploy.hardware.layout import Layout

BEFORE = dict.fromkeys(kernel_settings.FLOORS, "128") | {"kernel/pid_max": "9999999"}
RAISED = {name: str(value) for name, value in kernel_settings.FLOORS.items()}
RAISED["kernel/pid_max"] = BEFORE["kernel/pid_max"]


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_settings, "SYS", tmp_path / "sys")
    monkeypatch.setattr(kernel_settings, "RECORD", tmp_path / "record.json")
    for name, value in BEFORE.items():
        (tmp_path / "sys" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sys" / name).write_text(f"{value}\n")


def settings() -> dict[str, str]:
    return {name: (kernel_settings.SYS / name).read_text().strip() for name in BEFORE}


def lab(suffix: str) -> Layout:
    return Layout(Path("/tree"), Path("/cache"), Path(f"/ouhai-lab{suffix}"), suffix)


def test_a_lab_raises_what_is_too_low_and_puts_it_back() -> None:
    kernel_settings.raise_floors(lab(""))
    assert settings() == RAISED
    kernel_settings.restore(lab(""))
    assert settings() == BEFORE
    assert not kernel_settings.RECORD.exists()


@pytest.mark.parametrize(("first", "last"), [("", "-b"), ("-b", "")])
def test_the_last_lab_puts_it_back(first: str, last: str) -> None:
    for suffix in ("", "-b", ""):
        kernel_settings.raise_floors(lab(suffix))
    kernel_settings.restore(lab(first))
    assert settings() == RAISED
    kernel_settings.restore(lab(last))
    assert settings() == BEFORE


def test_down_without_a_lab_changes_nothing() -> None:
    kernel_settings.restore(lab(""))
    assert settings() == BEFORE
