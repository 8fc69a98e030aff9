from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Action, Change, Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.plan import make_plan, steps
from ouhai_cloud.tenancy.planning.unexpected import EXCLUSIVE
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State

from tests.support.memory_cloud import MemoryCloud, MemoryJournal, carry_out
from tests.support.tenancy_strategies import SETTINGS, small_registers

QUICK = settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WHERE = ("cidr", "gateway", "prefixes")


def plan_for(register: Register, cloud: MemoryCloud, recorded: State) -> tuple[State, Plan]:
    seen = cloud.observe()
    living = living_of(seen, recorded, register.district.address_range)
    wanted = desired(register, SETTINGS, living)
    return wanted, make_plan(wanted, seen, recorded)


def apply(register: Register, cloud: MemoryCloud, recorded: State) -> tuple[State, State]:
    wanted, plan = plan_for(register, cloud, recorded)
    journal = MemoryJournal(recorded)
    carry_out(plan, cloud, journal, recorded).require_complete()
    return wanted, journal.recorded


def but_for_places(state: State) -> dict[Key, dict[str, object]]:
    return {
        key: {name: value for name, value in one.attributes.items() if name not in WHERE}
        for key, one in state.items()
    }


@QUICK
@given(small_registers())
def test_after_apply_the_plan_is_empty_and_the_cloud_as_wanted(register: Register) -> None:
    cloud = MemoryCloud()
    wanted, recorded = apply(register, cloud, {})
    _, again = plan_for(register, cloud, recorded)
    assert again.clean
    assert not again.leaving
    assert but_for_places(cloud.observe()) == but_for_places(wanted)
    assert recorded.keys() == wanted.keys()


@QUICK
@given(small_registers(), small_registers())
def test_plans_of_two_registers_compose(first: Register, second: Register) -> None:
    cloud, fresh = MemoryCloud(), MemoryCloud()
    before, recorded = apply(first, cloud, {})
    wanted, recorded = apply(second, cloud, recorded)
    from_empty, _ = apply(second, fresh, {})
    _, again = plan_for(second, cloud, recorded)
    assert again.clean
    leaving = {one.key for each in again.leaving for one in each.resources}
    seen = cloud.observe()
    stays = {key: one for key, one in seen.items() if key not in leaving}
    # A pool that was needed once stays, empty, with its unit.
    pools = {key for key in before.keys() & stays.keys() if key.startswith("subnet_pool:")}
    same = {key: one for key, one in stays.items() if key not in pools - from_empty.keys()}
    assert but_for_places(same) == but_for_places(from_empty)
    for key in before.keys() & seen.keys():
        if before[key].kind is Kind.SUBNET:
            assert seen[key].attributes["cidr"] == before[key].attributes["cidr"]
    assert wanted.keys() == stays.keys()


@QUICK
@given(small_registers(), small_registers())
def test_a_lost_record_is_found_again_in_the_cloud(first: Register, second: Register) -> None:
    cloud = MemoryCloud()
    _, recorded = apply(first, cloud, {})
    before = dict(cloud.resources)
    _, plan = plan_for(first, cloud, {})
    assert {one.action for one in plan.changes} <= {Action.RECORD}
    _, found = apply(first, cloud, {})
    assert found.keys() == recorded.keys()
    assert cloud.resources == before
    apply(second, cloud, found)


@QUICK
@given(small_registers(), small_registers(), st.data())
def test_no_plan_removes_what_it_does_not_own(
    first: Register, second: Register, data: st.DataObject
) -> None:
    cloud = MemoryCloud()
    _, recorded = apply(first, cloud, {})
    strangers = {one.key for one in _strangers(cloud, data)}
    wanted, plan = plan_for(second, cloud, recorded)
    removed = {one.key for one in plan.of(Action.REMOVE)}
    removed |= {one.key for each in plan.leaving for one in each.resources}
    assert not removed & strangers
    assert not removed & wanted.keys()
    seen = cloud.observe()
    assert all(seen[key].owned or key in recorded for key in removed)
    touched = {one.key for one in plan.of(Action.CHANGE)}
    assert not touched & strangers


@QUICK
@given(small_registers(), small_registers())
def test_steps_make_nothing_before_what_it_needs(first: Register, second: Register) -> None:
    cloud = MemoryCloud()
    _, recorded = apply(first, cloud, {})
    _, plan = plan_for(second, cloud, recorded)
    there = set(cloud.observe())
    done: list[Change] = []
    for step in steps(plan):
        assert len({(one.kind, one.action) for one in step.changes}) == 1
        for change in step.changes:
            for value in change.after.values():
                for one in value if isinstance(value, tuple) else (value,):
                    assert not isinstance(one, Ref) or one.key in there
        there |= {one.key for one in step.changes if one.action is Action.ADD}
        done += step.changes
    assert sorted(one.key for one in done) == sorted(one.key for one in plan.changes)


def _strangers(cloud: MemoryCloud, data: st.DataObject) -> list[Resource]:
    """Put things of others beside and onto ours."""
    made = []
    anchors = sorted(cloud.resources)
    for number in range(3):
        kind = data.draw(st.sampled_from(sorted(EXCLUSIVE)))
        anchor = cloud.resources[data.draw(st.sampled_from(anchors))]
        attributes = {name: Ref(anchor.key) for name in EXCLUSIVE[kind]}
        more = {"name": "x", "cidr": f"10.9.0.{number * 16}/28"}
        one = Resource(kind, Key(f"{kind}:?/{number}"), anchor.bureau, {**attributes, **more})
        cloud.put(one)
        made.append(one)
    return made
