from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.mapping.quotas import DISK_PARTS, ceiling
from ouhai_cloud.tenancy.plan import make_plan, resolve
from ouhai_cloud.tenancy.register.model import Allotment, Bureau, Register
from ouhai_cloud.tenancy.resources import Key, Kind, State

from tests.support.memory_cloud import MemoryCloud, MemoryJournal, carry_out
from tests.support.tenancy_bench import Bench
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

Granted = dict[str, tuple[int, int, int]]
"""Cores, disk and snapshots by system."""
OA_CORES = keys.limit(keys.project("E021", "oa"), "compute", "class:VCPU")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.apply().require_complete()
    return made


def registered(bench: Bench, change: Callable[[Bureau], Bureau], *codes: str) -> None:
    units = (change(one) if one.code in codes else one for one in bench.register.bureaus)
    bench.register = replace(bench.register, bureaus=tuple(units))


def with_cores(**cores: int) -> Callable[[Bureau], Bureau]:
    def change(unit: Bureau) -> Bureau:
        return replace(
            unit,
            systems=tuple(
                replace(one, allotment=replace(one.allotment, cores=cores[one.code]))
                if one.code in cores
                else one
                for one in unit.systems
            ),
        )

    return change


def succeeded(unit: Bureau) -> Bureau:
    """Return a unit in which `new` takes the place of `oa`, with all that `oa` had."""
    systems = (
        replace(one, code="new", name="新办公", exposes=()) if one.code == "oa" else one
        for one in unit.systems
    )
    return replace(unit, systems=tuple(systems))


def test_a_successor_waits_until_what_leaves_is_gone(bench: Bench) -> None:
    registered(bench, succeeded, "E021")
    bench.apply()
    plan = bench.present().plan
    new = keys.project("E021", "new")
    waiting = {one.change.key: one for one in plan.held}
    assert waiting[new].by == (keys.project("E021", "oa"),)
    assert "no room while project:E021/oa holds" in waiting[new].reason.english
    assert not plan.clean
    assert not [key for key in bench.present().observed if key.endswith("E021/new")]


def test_with_room_in_the_allotment_a_successor_need_not_wait(bench: Bench) -> None:
    def roomy(unit: Bureau) -> Bureau:
        had = unit.allotment
        more = Allotment(
            2 * had.cores,
            2 * had.memory_gib,
            2 * had.disk_gib,
            2 * had.addresses,
            2 * had.snapshots,
        )
        return replace(succeeded(unit), allotment=more)

    registered(bench, roomy, "E021")
    bench.apply().require_complete()
    assert not bench.present().plan.held


def test_a_raise_waits_for_what_somebody_raised_by_hand(bench: Bench) -> None:
    exam = keys.limit(keys.project("E021", "exam"), "compute", "class:VCPU")
    id_ = bench.present().observed[exam].id
    bench.api.tables["limits"][id_]["resource_limit"] = 5
    registered(bench, with_cores(oa=10, exam=0), "E021")
    plan = bench.present().plan
    assert [(one.change.key, one.by) for one in plan.held] == [(OA_CORES, (exam,))]
    back = resolve(plan, {exam})
    assert {exam, OA_CORES} <= {one.key for one in back.changes}
    assert not back.held


def test_what_a_sub_unit_gives_back_can_be_given_to_another_at_once(bench: Bench) -> None:
    registered(bench, with_cores(oa=10, site=0), "E021", "E021S01")
    bench.apply().require_complete()
    assert bench.present().plan.clean


def test_what_a_sub_unit_could_not_give_back_is_given_to_nobody(bench: Bench) -> None:
    registered(bench, with_cores(oa=10, site=0), "E021", "E021S01")
    site = keys.limit(keys.project("E021S01", "site"), "compute", "class:VCPU")
    id_ = bench.present().observed[site].id
    bench.api.refuse["PATCH", f"limits/{id_}$"] = Refused("PATCH", 409, "locked")
    failed = {one.change.key: one.error for one in bench.apply().failed}
    assert failed.keys() == {site, OA_CORES}
    assert failed[OA_CORES] == f"waits for {site}, which failed"


SHARES = st.dictionaries(
    st.sampled_from(("db", "oa", "web")),
    st.tuples(st.integers(0, 9), st.integers(0, 90), st.integers(0, 5)),
    min_size=1,
)


def granting(granted: Granted) -> Register:
    systems = [
        replace(system(code), allotment=Allotment(cores, 4, disk, 2, snapshots))
        for code, (cores, disk, snapshots) in granted.items()
    ]
    return register(bureau("E002", *systems))


def plan_for(asked: Register, cloud: MemoryCloud, recorded: State, whole: Allotment) -> Plan:
    seen = cloud.observe()
    wanted = desired(asked, SETTINGS, living_of(seen, recorded, asked.district.address_range))
    ceilings = {Key("domain:E002"): ceiling(whole)}
    return make_plan(wanted, seen, recorded, (), {}, ceilings)


def allowed(cloud: MemoryCloud) -> tuple[int, int, int]:
    """Return cores, disk and snapshots that all projects may have together."""
    amounts: Counter[str] = Counter()
    for one in cloud.observe().values():
        if one.kind is Kind.LIMIT:
            amounts[str(one.attributes["resource"])] += int(str(one.attributes["limit"]))
        elif one.kind is Kind.VOLUME_QUOTA:
            for name in ("gigabytes", "snapshots"):
                amounts[name] += int(str(one.attributes[name]))
    disk = sum(amounts[name] for name in DISK_PARTS)
    return amounts["class:VCPU"], disk, amounts["snapshots"]


@settings(max_examples=100, deadline=None)
@given(SHARES, SHARES)
def test_what_leaves_and_what_comes_never_have_more_than_the_allotment(
    first: Granted, second: Granted
) -> None:
    cloud = MemoryCloud()
    sums = [[sum(column) for column in zip(*one.values(), strict=True)] for one in (first, second)]
    most = [max(two) for two in zip(*sums, strict=True)]
    whole = Allotment(most[0], 100, most[1], 100, most[2])
    recorded: State = {}
    for granted in (first, second):
        journal = MemoryJournal(recorded)
        plan = plan_for(granting(granted), cloud, recorded, whole)
        carry_out(plan, cloud, journal, recorded).require_complete()
        recorded = journal.recorded
    assert all(one <= other for one, other in zip(allowed(cloud), most, strict=True))
    if first.keys() <= second.keys():
        assert plan_for(granting(second), cloud, recorded, whole).clean
