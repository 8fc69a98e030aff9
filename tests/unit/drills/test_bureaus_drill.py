"""The drill of bureaus without a lab: its registers, what it counts, how it kills and judges."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.listing import Listing, list_all
from ouhai_cloud.tenancy.register.dump import dump
from ouhai_cloud.tenancy.register.load import load, load_text

from tests.drills import scratch, scratch_cloud
from tests.drills.bureaus import judged
from tests.drills.steps import DrillFailed
from tests.support.fake_api import FakeApi
from tests.support.lab import ROOT, Lab
from tests.support.tenancy_bench import REGISTER_FILE, Bench

REGISTERS = sorted((ROOT / "deploy/register").glob("*.yaml"))
# Like an apply at work: it holds the lock, has written down two changes, and has a child.
APPLY = """#!/bin/sh
printf '{"pid": %s, "user": "root"}' $$ > "$OUHAI_STATE/lock"
printf '{}\\n{}\\n{"ma' > "$OUHAI_STATE/journal.jsonl"
sleep 60 & echo $! > "$OUHAI_STATE/child"
wait
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.register = scratch.extended(bench.register)
    bench.apply().require_complete()
    return bench


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> scratch_cloud.ScratchCloud:
    """The drill's cloud with a program of ours for ``openstack``."""
    (tmp_path / "openstack").write_text(APPLY)
    (tmp_path / "openstack").chmod(0o755)
    (tmp_path / "tenancy").mkdir()

    def environment(state: Path | None = None) -> dict[str, str]:
        folder = str(state or tmp_path / "tenancy")
        return {"OUHAI_STATE": folder, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    bureaus = SimpleNamespace(environment=environment, path=None, register=load(REGISTER_FILE))
    monkeypatch.setattr(scratch_cloud, "Bureaus", lambda _: bureaus)
    for name in ("Api", "prepare", "connect"):
        monkeypatch.setattr(scratch_cloud, name, lambda _: None)
    return scratch_cloud.ScratchCloud(Lab(), tmp_path)


def counted(bench: Bench) -> Counter[str]:
    return scratch.objects(list_all(cast(Api, bench.api), "district"))


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.stem)
def test_scratch_bureaus_fit_every_register_and_leave_it_one_by_one(path: Path) -> None:
    register = load(path)
    whole = scratch.extended(register)
    assert load_text(dump(whole), "whole") == whole
    left = whole
    smaller = scratch.without_system(scratch.without(whole, scratch.FIRST), scratch.SECOND, "oa")
    assert load_text(dump(smaller), "smaller") == smaller
    for code in (scratch.SCHOOL, scratch.SECOND, scratch.FIRST):
        left = scratch.without(left, code)
        assert load_text(dump(left), "left") == left
    assert left == register


def test_a_register_with_codes_of_the_scratch_bureaus_is_refused() -> None:
    register = load(REGISTER_FILE)
    one = replace(register.bureaus[-1], code=scratch.FIRST)
    with pytest.raises(DrillFailed, match="has XD01"):
        scratch.extended(replace(register, bureaus=(*register.bureaus, one)))


def test_moments_are_within_the_time_and_the_same_for_a_seed() -> None:
    one, two = (scratch.moments(50, 8.0, 7) for _ in range(2))
    assert one == two
    assert len(set(one)) == 50
    assert all(0 <= moment <= 8.0 for moment in one)


def test_what_was_applied_is_there_once(bench: Bench) -> None:
    found = counted(bench)
    assert scratch.doubled(found) == []
    for line in (
        'domains ["xd01"]',
        'projects ["xd02/演练系统XD02S1-web"]',
        'networks ["xd01/演练系统XD01-oa/xd01-oa"]',
        'routers ["admin-project/xd02"]',
        'subnet_pools ["xd01"]',
        'security_groups ["xd01/演练系统XD01-oa/exposed"]',
    ):
        assert found[line] == 1
    kinds = Counter(line.partition(" ")[0] for line in found if "xd0" in line)
    assert kinds.keys() >= {"role_assignments", "limits", "interfaces", "shares", "subnets"}
    assert kinds["shares"] == 1


@pytest.mark.parametrize("table", ["networks", "subnets", "routers", "security-groups", "limits"])
def test_a_double_is_named(bench: Bench, table: str) -> None:
    before = counted(bench)
    last = list(bench.api.tables[table].values())[-1]
    bench.api.put_in(table, **{name: value for name, value in last.items() if name != "id"})
    (line,) = counted(bench) - before
    assert scratch.doubled(counted(bench)) == [f"2 times: {line}"]
    assert scratch.differences(before, counted(bench)) == [f"2 instead of 1: {line}"]


def test_what_a_removed_project_left_behind_is_named() -> None:
    left = {"id": "g", "name": "default", "project_id": "gone"}
    listing = Listing(security_groups=[left])
    found = scratch.differences(Counter(), scratch.objects(listing))
    assert found == ['1 instead of 0: security_groups ["gone/default"]']


def test_what_bureaus_leave_behind_is_named_and_not_hidden(
    cloud: scratch_cloud.ScratchCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = FakeApi()
    monkeypatch.setattr(cloud, "_api", api)
    monkeypatch.setattr(cloud, "run", lambda *_, **__: None)
    monkeypatch.setattr(cloud, "_orphans_before", set(), raising=False)
    project = api.put_in("projects", name="admin", is_domain=False)["id"]
    monkeypatch.setattr(FakeApi, "own_project_id", project)
    cloud.leave()
    api.put_in("security-groups", name="default", description="", project_id="gone")
    with pytest.raises(DrillFailed, match=r"security-groups/.* default"):
        cloud.leave()
    cloud.clean()
    cloud.leave()
    assert cloud.swept == {"security-groups default": 1}


def test_orphans_of_before_stay_and_those_of_cleaning_go(
    cloud: scratch_cloud.ScratchCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = FakeApi()
    own = api.put_in("projects", name="admin", is_domain=False)["id"]
    monkeypatch.setattr(FakeApi, "own_project_id", own)
    somebodys = api.put_in("security-groups", name="a", description="", project_id="gone")
    scratch_domain = api.put_in("projects", name=scratch.FIRST.lower(), is_domain=True)["id"]

    def see_all_out() -> None:
        del api.tables["projects"][scratch_domain]
        api.put_in("security-groups", name="b", description="", project_id=scratch_domain)

    monkeypatch.setattr(cloud, "_api", api)
    monkeypatch.setattr(cloud, "apply_until_done", lambda: 1)
    monkeypatch.setattr(cloud, "_see_all_out", see_all_out)
    monkeypatch.setattr(cloud, "expect_clean", lambda *_, **__: None)
    monkeypatch.setattr(cloud, "seen", Counter)
    monkeypatch.setattr(scratch_cloud, "open_archive", lambda _: None)
    cloud.begin()
    assert cloud.swept == {"security-groups b": 1}
    assert somebodys["id"] in api.tables["security-groups"]


def test_an_apply_is_killed_with_its_children(
    cloud: scratch_cloud.ScratchCloud, tmp_path: Path
) -> None:
    started = time.monotonic()
    assert cloud.kill_apply(1.0) == (2, "with the lock, 2 changes recorded")
    assert time.monotonic() - started < 30
    stat = Path("/proc", (tmp_path / "state/child").read_text().strip(), "stat")
    # The signal takes a moment; what is left until somebody reaps it is a zombie.
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() - started < 30
        time.sleep(0.05)


def test_a_disturbed_apply_may_finish_or_say_what_to_do() -> None:
    assert judged(0, "90 changes made") == "it waited and finished"
    assert "said what to do" in judged(1, "no answer; run the same command again")


@pytest.mark.parametrize("output", ["", "Traceback … run the same command again", "refused"])
def test_a_disturbed_apply_may_not_fail_in_riddles(output: str) -> None:
    with pytest.raises(DrillFailed, match="clear report"):
        judged(1, output)
