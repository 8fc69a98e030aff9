from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import PlanOutdated
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.mapping.quotas import DISK_PARTS, ceiling
from ouhai_cloud.tenancy.plan import check_current, make_plan, resolve
from ouhai_cloud.tenancy.register.model import Allotment, Bureau, Register
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, State

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


def full(bench: Bench) -> None:
    """Leave E021 no cores beyond what its systems have: oa 8, exam 2, and 2 of the school's."""
    registered(bench, lambda unit: replace(unit, allotment=Allotment(12, 99, 200, 99, 99)), "E021")
    bench.apply().require_complete()


def renewed(code: str, new: str) -> Callable[[Bureau], Bureau]:
    """Return what gives a system another code and name; it is another system then."""

    def change(unit: Bureau) -> Bureau:
        systems = (
            replace(one, code=new, name=f"新{new}") if one.code == code else one
            for one in unit.systems
        )
        return replace(unit, systems=tuple(systems))

    return change


def waiting(bench: Bench) -> dict[Key, tuple[Key, ...]]:
    return {one.change.key: one.by for one in bench.present().plan.held}


def test_newcomers_wait_before_what_is_there_does(bench: Bench) -> None:
    registered(bench, lambda unit: replace(unit, allotment=Allotment(12, 99, 100, 99, 99)), "E021")
    bench.apply().require_complete()
    registered(bench, renewed("oa", "new"), "E021")
    more = {"exam": 40}  # GiB, where 20 are free

    def larger(unit: Bureau) -> Bureau:
        systems = (
            replace(one, allotment=replace(one.allotment, disk_gib=more[one.code]))
            if one.code in more
            else one
            for one in unit.systems
        )
        return replace(unit, systems=tuple(systems))

    registered(bench, larger, "E021")
    bench.apply().require_complete()
    held = waiting(bench)
    assert keys.project("E021", "new") in held
    assert not [key for key in held if "exam" in key]
    assert (
        bench.present()
        .observed[keys.volume_quota(keys.project("E021", "exam"))]
        .attributes["gigabytes"]
        == 20
    )


def test_who_waits_keeps_nobody_elses_system_off_the_hosts_for_class_3(bench: Bench) -> None:
    full(bench)
    registered(bench, renewed("exam", "exam2"), "E021")
    register = bench.register
    secret = replace(register.bureaus[0].systems[0], code="secret", name="三级", security_class=3)
    registered(
        bench,
        lambda unit: replace(
            unit, allotment=Allotment(99, 99, 999, 99, 99), systems=(*unit.systems, secret)
        ),
        "E022",
    )
    bench.apply().require_complete()
    members = bench.present().observed[keys.aggregate()].attributes["projects"]
    assert isinstance(members, tuple) and Ref(keys.project("E022", "secret")) in members
    assert keys.project("E021", "exam2") in waiting(bench)


def test_what_somebody_decided_to_live_with_makes_nobody_wait(bench: Bench) -> None:
    full(bench)
    exam = keys.limit(keys.project("E021", "exam"), "compute", "class:VCPU")
    bench.api.tables["limits"][bench.present().observed[exam].id]["resource_limit"] = 5
    registered(bench, with_cores(oa=9, site=1), "E021", "E021S01")
    assert waiting(bench) == {OA_CORES: (exam,)}
    with bench.store.lock():
        drift = bench.present().plan.drift
        bench.store.accept(drift, "op", "2026-01-01T00:00:00+08:00", "exams")
    bench.apply().require_complete()
    assert bench.present().plan.clean


def test_drift_can_be_reverted_without_passing_the_ceiling(bench: Bench) -> None:
    full(bench)
    bench.api.tables["limits"][bench.present().observed[OA_CORES].id]["resource_limit"] = 0
    registered(bench, renewed("exam", "exam2"), "E021")
    bench.apply().require_complete()
    assert keys.project("E021", "exam2") in waiting(bench)


def test_a_unit_that_leaves_is_named_by_what_can_be_retired(bench: Bench) -> None:
    full(bench)
    bench.leave("E021S01")
    registered(bench, with_cores(oa=10), "E021")
    assert waiting(bench) == {OA_CORES: (keys.container("E021S01"),)}


def test_a_quota_that_has_drifted_in_part_is_named(bench: Bench) -> None:
    quota = keys.volume_quota(keys.project("E021", "exam"))
    project = bench.present().observed[quota].id
    bench.api.quotas["volume"][project]["gigabytes"] = 60

    def moved(unit: Bureau) -> Bureau:
        new = {"exam": {"snapshots": 1}, "oa": {"disk_gib": 60}}
        systems = (
            replace(one, allotment=replace(one.allotment, **new.get(one.code, {})))
            for one in unit.systems
        )
        return replace(unit, systems=tuple(systems))

    registered(bench, moved, "E021")
    assert set(waiting(bench).values()) == {(quota,)}
    assert not resolve(bench.present().plan, {quota}).held


def test_who_cannot_be_made_makes_nobody_wait(bench: Bench) -> None:
    full(bench)
    registered(bench, lambda unit: replace(unit, allotment=Allotment(14, 99, 200, 99, 99)), "E021")

    def same_name(unit: Bureau) -> Bureau:
        systems = (
            replace(one, code="a2") if one.code == "oa" else one
            for one in with_cores(exam=4)(unit).systems
        )
        return replace(unit, systems=tuple(systems))

    registered(bench, same_name, "E021")
    plan = bench.present().plan
    assert [one.key for one in plan.conflicts] == [keys.project("E021", "a2")]
    assert not [one for one in plan.held if "exam" in one.change.key]


def test_a_saved_plan_is_outdated_when_only_the_allotment_moved(bench: Bench) -> None:
    full(bench)
    registered(bench, renewed("oa", "new"), "E021")
    shown = bench.present().plan
    assert shown.held
    registered(bench, lambda unit: replace(unit, allotment=Allotment(99, 99, 999, 99, 99)), "E021")
    with pytest.raises(PlanOutdated):
        check_current(shown, bench.present().plan)


def test_a_network_quota_that_could_not_be_cut_stops_no_newcomers(bench: Bench) -> None:
    quota = keys.network_quota(keys.project("E021S01", "site"))
    id_ = bench.present().observed[quota].id
    bench.api.refuse["PUT", f"quotas/{id_}$"] = Refused("PUT", 409, "limit 1 is less than used 2")
    register = bench.register
    new = replace(register.bureaus[0].systems[0], code="new", name="新系统")
    registered(
        bench,
        lambda unit: replace(
            unit, allotment=Allotment(99, 99, 999, 99, 99), systems=(*unit.systems, new)
        ),
        "E021",
    )
    registered(
        bench,
        lambda unit: replace(unit, systems=tuple(replace(one, exposes=()) for one in unit.systems)),
        "E021S01",
    )
    assert [one.change.key for one in bench.apply().failed] == [quota]


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
