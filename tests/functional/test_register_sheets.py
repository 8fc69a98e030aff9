"""A register that comes back from a spreadsheet leads to the plan that it had before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.bureaus import Bureaus
from tests.support.lab import ROOT

REGISTER = ROOT / "deploy/register/ouhai.yaml"
SITE, SITE_PLACE = "电子政务中心门户网站", "E001/site"
MANY = 3000
"""Less than the district's units and systems need of the cloud."""


def run(bureaus: Bureaus, *words: str) -> None:
    done = bureaus.command(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def planned(bureaus: Bureaus, register: Path, folder: Path) -> dict[str, Any]:
    """Return the plan for a register, with nothing applied before, as apply would take it."""
    saved = folder / f"{register.stem}.json"
    state = ("--state", str(folder / "state"))
    run(bureaus, "plan", "--register", str(register), *state, "--plan", str(saved))
    return dict(json.loads(saved.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def original(bureaus: Bureaus, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return planned(bureaus, REGISTER, tmp_path_factory.mktemp("original"))


@pytest.mark.parametrize("name", ["登记册.xlsx", "登记册"])
def test_the_districts_register_comes_back_from_a_spreadsheet(
    bureaus: Bureaus, original: dict[str, Any], name: str, tmp_path: Path
) -> None:
    sheets, again = tmp_path / name, tmp_path / "again.yaml"
    run(bureaus, "export", "--register", str(REGISTER), str(sheets))
    run(bureaus, "import", str(sheets), "--output", str(again))
    assert len(original["changes"]) > MANY
    assert planned(bureaus, again, tmp_path) == original


def test_a_cell_that_somebody_changed_is_in_the_plan(
    bureaus: Bureaus, original: dict[str, Any], tmp_path: Path
) -> None:
    sheets, again = tmp_path / "sheets", tmp_path / "again.yaml"
    run(bureaus, "export", "--register", str(REGISTER), str(sheets))
    systems = sheets / "系统.csv"
    systems.write_text(systems.read_text("utf-8").replace(SITE, "电子政务中心网站"), "utf-8")
    run(bureaus, "import", str(sheets), "--output", str(again))
    changes = planned(bureaus, again, tmp_path)["changes"]
    moved = [one for one in changes if one not in original["changes"]]
    assert moved
    assert all(SITE_PLACE in json.dumps(one) for one in moved)
