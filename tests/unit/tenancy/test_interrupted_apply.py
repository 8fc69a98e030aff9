from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ouhai_cloud.errors import ApplyIncomplete
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.apply import Outcome
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.plan import make_plan
from ouhai_cloud.tenancy.register.model import Agreement, Register
from ouhai_cloud.tenancy.resources import Key, Kind, State
from ouhai_cloud.tenancy.state import StateStore

from tests.support.memory_cloud import Killed, MemoryCloud, carry_out
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

FIRST = register(
    bureau("E002", system("oa", exposes=(443,)), system("web")), bureau("S001", system("db"))
)
SECOND = register(
    bureau(
        "E002", system("oa", cores=4), system("db", security_class=3, name="新数据库"), short="edu"
    ),
    bureau("E003", system("web", exposes=(80, 443))),
    agreements=(Agreement("A1", "E002/oa", "E003/web", "共享"),),
)


def plan_for(wanted: Register, cloud: MemoryCloud, store: StateStore) -> Plan:
    memory, seen = store.load(), cloud.observe()
    living = living_of(seen, memory.resources, wanted.district.address_range)
    state = desired(wanted, SETTINGS, living)
    return make_plan(state, seen, memory.resources, memory.accepted, memory.retirements)


def apply(wanted: Register, cloud: MemoryCloud, store: StateStore) -> Outcome:
    plan = plan_for(wanted, cloud, store)
    with store.lock(), store.journal() as journal:
        return carry_out(plan, cloud, journal, store.load().resources)


def kill(wanted: Register, cloud: MemoryCloud, folder: Path, after: int) -> None:
    """Run an apply that dies; like kill -9, without folding the journal into the state."""
    store = StateStore(folder)
    cloud.dies_after = cloud.operations + after
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        opened = store.journal()
        with store.lock(), opened as journal:
            patch.setattr(store, "_fold", lambda: None)
            carry_out(plan_for(wanted, cloud, store), cloud, journal, store.load().resources)
            raise Killed  # the apply was done sooner than it was to die
    cloud.dies_after = None


def contents(state: State) -> dict[Key, object]:
    return {key: one.attributes for key, one in state.items()}


@pytest.fixture(scope="module")
def whole() -> tuple[dict[Key, object], set[Key]]:
    """What two applies that nothing disturbs lead to."""
    with tempfile.TemporaryDirectory() as folder:
        cloud, store = MemoryCloud(), StateStore(Path(folder))
        apply(FIRST, cloud, store).require_complete()
        apply(SECOND, cloud, store).require_complete()
        return contents(cloud.observe()), set(store.load().resources)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=st.integers(0, 60),
    second=st.integers(0, 60),
    answers=st.booleans(),
    torn=st.booleans(),
)
def test_killed_anywhere_the_next_apply_goes_on_and_ends_the_same(
    whole: tuple[dict[Key, object], set[Key]],
    first: int,
    second: int,
    answers: bool,
    torn: bool,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, cloud = Path(name), MemoryCloud()
        cloud.answers_before_dying = answers
        kill(FIRST, cloud, folder, first)
        if torn:
            with (folder / "journal.jsonl").open("a") as file:
                file.write('{"made": {"key": "project:E0')
        store = StateStore(folder)
        apply(FIRST, cloud, store).require_complete()
        kill(SECOND, cloud, folder, second)
        apply(SECOND, cloud, store).require_complete()
        assert plan_for(SECOND, cloud, store).clean
        assert (contents(cloud.observe()), set(store.load().resources)) == whole


@pytest.mark.parametrize("kind", [Kind.PROJECT, Kind.NETWORK, Kind.ROUTER, Kind.RULE, Kind.LIMIT])
def test_a_service_that_is_down_stops_only_what_needs_it(tmp_path: Path, kind: Kind) -> None:
    cloud, store = MemoryCloud(), StateStore(tmp_path)
    cloud.down = frozenset({kind})
    outcome = apply(FIRST, cloud, store)
    with pytest.raises(ApplyIncomplete, match="does not answer"):
        outcome.require_complete()
    assert any(one.kind is Kind.DOMAIN for one in cloud.resources.values())
    assert not any(one.kind is kind for one in cloud.resources.values())
    cloud.down = frozenset()
    apply(FIRST, cloud, store).require_complete()
    assert plan_for(FIRST, cloud, store).clean
