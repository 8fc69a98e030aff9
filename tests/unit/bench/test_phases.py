from __future__ import annotations

from pathlib import Path

import pytest

from deploy.hardware.layout import Layout, own_layout
from tests.bench import floor, phases
from tests.bench.floor import Floor
from tests.bench.table import BenchFailed

LEAST = Floor(packages=60, tree_seconds=17.0, install_seconds=84.0)
MEASURED = {"repository": 40.0, "site": 200.0, "verify": 20.0, "bureaus": 30.0, "total": 291.0}


def layout(folder: Path) -> Layout:
    return Layout(tree=own_layout().tree, cache=folder / "c", state=folder / "s", suffix="")


def test_what_is_cached_has_no_floor() -> None:
    assert phases.floors(LEAST, cold=False) == {"site": 100.0}
    assert phases.floors(LEAST, cold=True) == {
        "site": 100.0,
        "base-tree": 17.0,
        "repository": 9.0,
    }


@pytest.mark.parametrize(("cold", "sum_of_floors", "goal"), [(True, 126, 600), (False, 100, 300)])
def test_the_way_to_verified_is_beside_the_floors_and_the_goal(
    cold: bool, sum_of_floors: float, goal: float
) -> None:
    table = phases.rows(MEASURED, phases.floors(LEAST, cold=cold), cold=cold)
    assert [row.name for row in table] == [*list(MEASURED)[:-1], "to verified", "total"]
    verified, total = table[-2:]
    assert (verified.ours, verified.reference, verified.goal) == (260.0, sum_of_floors, goal)
    assert (total.ours, total.goal) == (291.0, None)
    assert table[1].ratio == 2.0


def test_a_lab_is_not_removed_unasked(tmp_path: Path) -> None:
    phases.refuse_to_replace(layout(tmp_path), allowed=False)
    (tmp_path / "s").mkdir()
    for text in ('{"topology": "aio", "prefix": "10.118"}', "damaged"):
        (tmp_path / "s/state.json").write_text(text)
        with pytest.raises(BenchFailed, match="--replace"):
            phases.refuse_to_replace(layout(tmp_path), allowed=False)
        phases.refuse_to_replace(layout(tmp_path), allowed=True)


def test_the_floor_needs_a_repository(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match="--until repository"):
        floor.measure(layout(tmp_path))


def test_a_host_in_all_groups_takes_packages_of_services_and_groups() -> None:
    names = floor.host_packages(own_layout().tree)
    assert {"keystone", "ceph-osd", "nova-compute", "chrony", "systemd"} <= set(names)
    assert "cloud-init" not in names  # of guests


def test_the_tree_installs_from_the_repository_alone(tmp_path: Path) -> None:
    floor.prepare(tmp_path, "KEY")
    source = (tmp_path / "etc/apt/sources.list.d/bench-floor.list").read_text()
    assert source == "deb [signed-by=/etc/apt/bench-floor.asc] file:/srv trixie main\n"
    assert (tmp_path / "etc/apt/bench-floor.asc").read_text() == "KEY"
    assert (tmp_path / "usr/sbin/policy-rc.d").stat().st_mode & 0o111 == 0o111


def test_a_command_that_fails_is_named_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "LOG", tmp_path / "log")
    with pytest.raises(BenchFailed, match=r"(?s)ended with 3.*no room"):
        floor.timed(["sh", "-c", "echo no room; exit 3"])
