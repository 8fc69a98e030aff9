"""Moving what a bureau was granted between its systems never gives it more in between."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.apply import Outcome
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.plan import make_plan, steps
from ouhai_cloud.tenancy.register.model import Allotment, Register
from ouhai_cloud.tenancy.resources import Kind, Resource, State
from ouhai_cloud.tenancy.target import Ids, Result

from tests.support.memory_cloud import MemoryCloud, MemoryJournal, Work, carry_out
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

LIMITED = (Kind.LIMIT, Kind.VOLUME_QUOTA, Kind.NETWORK_QUOTA)
Granted = dict[str, tuple[int, int]]
"""Cores and disk by system."""


class Watched(MemoryCloud):
    """Knows the most that all projects together were allowed at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.most: Counter[str] = Counter()
        self.stuck = ""

    def allowed(self) -> Counter[str]:
        """Return what all projects together are allowed now."""
        found: Counter[str] = Counter()
        for one in list(self.resources.values()):
            for name, value in one.attributes.items() if one.kind in LIMITED else ():
                if isinstance(value, int):
                    found[f"{one.kind} {one.attributes.get('resource', name)}"] += value
        return found

    def _answer(self, resource: Resource, ids: Ids, work: Work) -> Result:
        if resource.key == self.stuck:
            return Result(resource.key, error="it is in use")
        result = super()._answer(resource, ids, work)
        self.most |= self.allowed()
        return result


def granting(granted: Granted) -> Register:
    systems = [
        replace(system(code), allotment=Allotment(cores, 4, disk, 2, 2))
        for code, (cores, disk) in granted.items()
    ]
    return register(bureau("E002", *systems))


def plan_for(granted: Granted, cloud: Watched, recorded: State) -> Plan:
    seen = cloud.observe()
    asked = granting(granted)
    living = living_of(seen, recorded, asked.district.address_range)
    wanted = desired(asked, SETTINGS, living)
    return make_plan(wanted, seen, recorded)


def apply(granted: Granted, cloud: Watched, recorded: State) -> tuple[Outcome, State]:
    journal = MemoryJournal(recorded)
    done = carry_out(plan_for(granted, cloud, recorded), cloud, journal, recorded)
    return done, journal.recorded


SHARES = st.dictionaries(
    st.sampled_from(("db", "oa", "web")),
    st.tuples(st.integers(0, 9), st.integers(0, 90)),
    min_size=2,
)


@settings(max_examples=30, deadline=None)
@given(SHARES, SHARES)
def test_there_is_never_more_than_before_and_after(first: Granted, second: Granted) -> None:
    cloud = Watched()
    done, recorded = apply(first, cloud, {})
    done.require_complete()
    before, cloud.most = cloud.allowed(), Counter()
    done, _ = apply(second, cloud, recorded)
    done.require_complete()
    assert not cloud.most - (before | cloud.allowed())


@pytest.mark.parametrize("cores", [2, 8])
def test_what_only_gives_or_only_takes_is_one_step(cores: int) -> None:
    cloud = Watched()
    _, recorded = apply({"db": (4, 40), "oa": (4, 40)}, cloud, {})
    plan = plan_for({"db": (cores, 40), "oa": (cores, 40)}, cloud, recorded)
    assert [len(step.changes) for step in steps(plan)] == [2]


def test_nobody_gets_what_could_not_be_taken_away() -> None:
    cloud = Watched()
    _, recorded = apply({"db": (2, 40), "oa": (8, 40)}, cloud, {})
    cloud.stuck = keys.limit(keys.project("E002", "oa"), "compute", "class:VCPU")
    before = cloud.allowed()
    moved = {"db": (8, 40), "oa": (2, 40)}
    done, recorded = apply(moved, cloud, recorded)
    errors = {"it is in use", f"waits for {cloud.stuck}, which failed"}
    assert {one.error for one in done.failed} == errors
    assert cloud.allowed() == before
    cloud.stuck = ""
    done, _ = apply(moved, cloud, recorded)
    done.require_complete()
