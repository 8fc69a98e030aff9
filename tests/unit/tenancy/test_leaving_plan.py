from __future__ import annotations

import pytest
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Action, Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.plan import make_plan
from ouhai_cloud.tenancy.register.model import Agreement, Register
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State, Value
from ouhai_cloud.tenancy.retirement import Phase, Retirement

from tests.support.memory_cloud import MemoryCloud, MemoryJournal, carry_out
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

OA, WEB = system("oa", exposes=(443,)), system("web")
REGISTER = register(
    bureau("E002", OA, WEB),
    bureau("S001", system("db")),
    bureau("E003", WEB),
    agreements=(Agreement("A1", "E002/oa", "E003/web", "共享"),),
)
E002 = keys.domain("E002")


@pytest.fixture
def applied() -> tuple[MemoryCloud, State]:
    cloud, journal = MemoryCloud(), MemoryJournal({})
    plan = make_plan(desired(REGISTER, SETTINGS), {}, {})
    carry_out(plan, cloud, journal, {}).require_complete()
    return cloud, journal.recorded


def plan_for(
    wanted: Register,
    applied: tuple[MemoryCloud, State],
    retirements: dict[Key, Retirement] | None = None,
) -> Plan:
    cloud, recorded = applied
    seen = cloud.observe()
    living = living_of(seen, recorded, wanted.district.address_range)
    state = desired(wanted, SETTINGS, living)
    return make_plan(state, seen, recorded, (), retirements)


def test_a_bureau_leaves_with_all_that_hangs_on_it(applied: tuple[MemoryCloud, State]) -> None:
    plan = plan_for(register(bureau("E003", WEB)), applied)
    (leaving,) = plan.leaving
    assert leaving.key == E002
    assert leaving.resources[-1].key == E002
    assert leaving.reason.chinese == "单位 E002 已从登记册中删除"
    cloud, _ = applied
    own = {key for key, one in cloud.observe().items() if one.bureau in ("E002", "S001")}
    share = keys.share(keys.network("E002", "oa"), "E003/web")
    assert {one.key for one in leaving.resources} == own - {share}
    assert [(one.action, one.key) for one in plan.changes] == [(Action.REMOVE, share)]


def test_what_hangs_is_removed_before_what_it_hangs_on(applied: tuple[MemoryCloud, State]) -> None:
    cloud, recorded = applied
    share = keys.share(keys.network("E002", "oa"), "E003/web")
    cloud.drop(share)
    (leaving,) = plan_for(register(bureau("E003", WEB)), applied).leaving
    ids = {key: one.id for key, one in {**recorded, **cloud.observe()}.items()}
    for one in leaving.resources:
        (result,) = cloud.remove(one.kind, [one], ids)
        assert result.error == ""
    assert {one.bureau for one in cloud.resources.values()} == {"", "E001", "E003"}
    after = plan_for(register(bureau("E003", WEB)), applied)
    assert not after.leaving
    assert {one.action for one in after.changes} == {Action.FORGET}


def test_a_system_leaves_alone(applied: tuple[MemoryCloud, State]) -> None:
    plan = plan_for(
        register(bureau("E002", OA), bureau("S001", system("db")), bureau("E003", WEB)), applied
    )
    (leaving,) = plan.leaving
    assert leaving.key == keys.project("E002", "web")
    assert {one.key.partition(":")[2].split("/")[:2][-1] for one in leaving.resources} >= {"web"}
    assert all("E002/web" in one.key for one in leaving.resources)
    assert not [one for one in plan.changes if one.kind is not Kind.SHARE]


def test_its_addresses_are_nobody_elses_until_it_is_gone(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, recorded = applied
    seen = cloud.observe()
    wanted = register(bureau("E002", OA, system("new")), bureau("E003", WEB))
    living = living_of(seen, recorded, wanted.district.address_range)
    state = desired(wanted, SETTINGS, living)
    taken = {one.attributes["cidr"] for one in seen.values() if one.kind is Kind.SUBNET}
    assert state[keys.subnet("E002", "new")].attributes["cidr"] not in taken


def test_nobody_is_told_of_strangers_in_what_leaves(applied: tuple[MemoryCloud, State]) -> None:
    cloud, _ = applied
    scope = keys.project("E002", "oa")
    grant = keys.grant(scope, "member", "user:Default/x", inherited=False)
    cloud.put(Resource(Kind.GRANT, grant, "E002", {"scope": Ref(scope)}))
    assert plan_for(REGISTER, applied).drift
    plan = plan_for(register(bureau("E003", WEB)), applied)
    assert not plan.drift
    assert grant not in {one.key for one in plan.leaving[0].resources}


def test_a_frozen_bureau_that_is_registered_again_is_enabled(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, _ = applied
    cloud.alter(E002, enabled=False)
    frozen = {E002: Retirement(E002, Phase.FROZEN)}
    (leaving,) = plan_for(register(bureau("E003", WEB)), applied, frozen).leaving
    assert leaving.phase == "frozen"
    plan = plan_for(REGISTER, applied, frozen)
    assert not plan.drift
    assert [(one.key, dict(one.after)) for one in plan.changes] == [(E002, {"enabled": True})]


def test_an_unexpected_project_leaves_once_it_is_retired(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, _ = applied
    stray = keys.foreign(Kind.PROJECT, "5f0c")
    attributes: dict[str, Value] = {"name": "stray", "domain": Ref(E002), "enabled": True}
    cloud.put(Resource(Kind.PROJECT, stray, "E002", attributes))
    assert [one.key for one in plan_for(REGISTER, applied).drift] == [stray]
    plan = plan_for(REGISTER, applied, {stray: Retirement(stray)})
    assert plan.clean
    assert [(one.key, [each.key for each in one.resources]) for one in plan.leaving] == [
        (stray, [stray])
    ]
