from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import table
from tests.bench.table import Row, all_met, render, write_figures


def test_figures_are_beside_each_other() -> None:
    text = render("what, s", "floor", [Row("site", 30, 20, 25), Row("verify", 4)])
    heading, site, verify = text.splitlines()
    assert heading.split() == ["what,", "s", "ours", "floor", "ratio", "goal"]
    assert site.split() == ["site", "30.0", "20.0", "1.50", "25.0", "MISSED"]
    assert verify.split() == ["verify", "4.0", "-", "-", "-"]
    assert len({line.index(figure) for line, figure in ((site, "30.0"), (verify, " 4.0"))}) == 1


def test_a_floor_of_nothing_has_no_ratio() -> None:
    assert Row("base-tree", 0.2, 0).ratio is None


def test_a_goal_that_is_just_reached_is_met() -> None:
    assert all_met([Row("total", 300, goal=300), Row("site", 1000)])
    assert not all_met([Row("total", 300.1, goal=300)])


def test_a_part_that_is_measured_again_leaves_the_figures_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "OUTPUT", tmp_path / "output")
    write_figures("applications", {"oa": {"ours": [200.0]}, "server": {"ours": [70.0]}})
    path = write_figures("applications", {"server": {"ours": [60.0]}})
    assert json.loads(path.read_text()) == {"oa": {"ours": [200.0]}, "server": {"ours": [60.0]}}
