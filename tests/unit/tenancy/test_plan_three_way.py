from __future__ import annotations

from dataclasses import replace

import pytest
from ouhai_cloud.errors import PlanOutdated
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.changes import Action
from ouhai_cloud.tenancy.drift import Accepted
from ouhai_cloud.tenancy.plan import check_current, make_plan, steps
from ouhai_cloud.tenancy.planning.order import RANK
from ouhai_cloud.tenancy.resources import ORDER, Key, Kind, Ref, Resource, State, Value
from ouhai_cloud.tenancy.retirement import Phase, Retirement

DOMAIN = keys.domain("E002")
ROUTER = keys.router("E002")
PROJECT = keys.project("E002", "oa")


def router(name: str, *, id_: str = "", owned: bool = False, **more: Value) -> Resource:
    attributes: dict[str, Value] = {"name": name, **more}
    return Resource(Kind.ROUTER, ROUTER, "E002", attributes, "E002", id_, owned)


def state(*resources: Resource) -> State:
    return {one.key: one for one in resources}


SEEN = router("old", id_="1")
OURS = router("old", id_="1", owned=True)
OTHERS = router("theirs", id_="1")
NEW = router("new")


@pytest.mark.parametrize(
    ("wanted", "seen", "recorded", "action"),
    [
        (NEW, None, None, Action.ADD),
        (NEW, SEEN, SEEN, Action.CHANGE),
        (NEW, OURS, None, Action.CHANGE),
        (NEW, OURS, router("old", id_="gone"), Action.CHANGE),
        (NEW, router("new", id_="1"), None, Action.RECORD),
        (NEW, router("new", id_="1"), SEEN, Action.RECORD),
        (NEW, router("new", id_="1"), router("new", id_="1"), None),
        (NEW, router("new", id_="1"), router("new"), Action.RECORD),
        (None, SEEN, SEEN, Action.REMOVE),
        (None, OURS, None, Action.REMOVE),
        (None, None, SEEN, Action.FORGET),
        (None, OTHERS, None, None),
        (None, OTHERS, router("old", id_="gone"), None),
    ],
)
def test_what_is_done(
    wanted: Resource | None,
    seen: Resource | None,
    recorded: Resource | None,
    action: Action | None,
) -> None:
    states = [state(one) if one else {} for one in (wanted, seen, recorded)]
    plan = make_plan(states[0], states[1], states[2])
    assert [one.action for one in plan.changes] == ([action] if action else [])
    assert not plan.drift
    assert not plan.conflicts


@pytest.mark.parametrize("recorded", [None, router("theirs", id_="gone")])
def test_what_exists_and_is_not_ours_is_a_conflict(recorded: Resource | None) -> None:
    plan = make_plan(state(NEW), state(OTHERS), state(recorded) if recorded else {})
    assert not plan.changes
    assert [(one.key, one.attributes) for one in plan.conflicts] == [(ROUTER, ("name",))]
    assert "not ours" in plan.conflicts[0].reason.english


def test_what_needs_something_in_conflict_waits() -> None:
    subnet = keys.subnet("E002", "oa")
    interface = keys.interface(ROUTER, subnet)
    wish = Resource(Kind.INTERFACE, interface, "E002", {"router": Ref(ROUTER)})
    plan = make_plan(state(NEW, wish), state(OTHERS), {})
    assert not plan.changes
    assert [(one.change.key, one.by) for one in plan.held] == [(interface, (ROUTER,))]


def test_an_attribute_that_we_never_wrote_is_written_without_drift() -> None:
    plan = make_plan(
        state(router("old", snat=True)), state(router("old", id_="1", snat=False)), state(SEEN)
    )
    assert [dict(one.after) for one in plan.changes] == [{"snat": True}]


def test_what_cannot_be_changed_is_a_conflict_and_says_what_to_do() -> None:
    def project(domain: str, id_: str = "") -> Resource:
        attributes: dict[str, Value] = {"name": "OA", "domain": Ref(keys.domain(domain))}
        return Resource(Kind.PROJECT, PROJECT, "E002", attributes, id=id_)

    seen = state(project("E002", "1"))
    plan = make_plan(state(project("E003")), seen, seen)
    assert [one.attributes for one in plan.conflicts] == [("domain",)]
    assert "new code" in plan.conflicts[0].reason.english
    assert not plan.changes


def test_settings_of_our_project_are_ours_without_a_mark() -> None:
    quota = keys.volume_quota(PROJECT)
    ours = Resource(Kind.PROJECT, PROJECT, "E002", {"name": "OA"}, id="1", owned=True)

    def quotas(gigabytes: int) -> Resource:
        attributes: dict[str, Value] = {"project": Ref(PROJECT), "gigabytes": gigabytes}
        return Resource(Kind.VOLUME_QUOTA, quota, "E002", attributes, id="1")

    plan = make_plan(state(ours, quotas(40)), state(ours, quotas(1000)), {})
    assert [(one.action, one.key) for one in plan.changes if one.key == quota] == [
        (Action.CHANGE, quota)
    ]
    theirs = replace(ours, owned=False)
    assert make_plan(state(ours, quotas(40)), state(theirs, quotas(1000)), {}).conflicts


def domain(code: str, name: str, id_: str = "") -> Resource:
    attributes: dict[str, Value] = {"name": name, "enabled": True}
    return Resource(Kind.DOMAIN, keys.domain(code), code, attributes, id=id_)


def test_a_name_that_a_leaving_bureau_still_has_is_a_conflict() -> None:
    old = domain("E002", "edu", "1")
    plan = make_plan(state(domain("E003", "edu")), state(old), state(old))
    assert [(one.key, one.seen.key) for one in plan.conflicts] == [
        (keys.domain("E003"), keys.domain("E002"))
    ]
    assert not plan.changes
    assert [one.key for one in plan.leaving] == [keys.domain("E002")]


def test_a_name_that_is_given_up_in_the_same_plan_can_be_taken() -> None:
    old = domain("E002", "edu", "1")
    wanted = state(domain("E002", "education"), domain("E003", "edu"))
    plan = make_plan(wanted, state(old), state(old))
    assert not plan.conflicts
    assert [one.action for one in steps(plan)] == [Action.CHANGE, Action.ADD]


def test_names_that_are_exchanged_are_a_conflict_and_a_chain_of_them_is_none() -> None:
    names = ("edu", "civil", "health")
    codes = ("E002", "E003", "E004")
    old = state(*(domain(code, name, code) for code, name in zip(codes, names, strict=True)))
    for given, conflicts in (
        (("civil", "edu", "health"), 2),
        (("civil", "health", "edu"), 3),
        (("civil", "health", "new"), 0),
    ):
        wanted = state(*(domain(code, name) for code, name in zip(codes, given, strict=True)))
        plan = make_plan(wanted, old, old)
        assert len(plan.conflicts) == conflicts
        assert all("exchanged" in one.reason.english for one in plan.conflicts)
        assert len(plan.changes) == (0 if conflicts else 3)
        # Who gives up a name has done so before another takes it.
        assert [one.changes[0].key for one in steps(plan)] == (
            [] if conflicts else [keys.domain(code) for code in reversed(codes)]
        )


def test_names_in_a_chain_that_ends_with_one_that_is_kept_are_conflicts() -> None:
    old = state(domain("E002", "a", "1"), domain("E003", "b", "2"), domain("E004", "c", "3"))
    wanted = state(domain("E002", "b"), domain("E003", "c"))
    plan = make_plan(wanted, old, old)
    assert [one.key for one in plan.conflicts] == [keys.domain("E002"), keys.domain("E003")]
    assert {one.seen.key for one in plan.conflicts} == {keys.domain("E004")}


@pytest.mark.parametrize(
    ("wanted", "seen", "recorded", "says"),
    [
        (router("other"), SEEN, SEEN, "The register"),
        (NEW, replace(SEEN, id="2"), SEEN, "The cloud"),
        (NEW, SEEN, router("older", id_="1"), "our record"),
    ],
)
def test_a_plan_is_outdated_when_anything_moved(
    wanted: Resource, seen: Resource, recorded: Resource, says: str
) -> None:
    plan = make_plan(state(NEW), state(SEEN), state(SEEN))
    check_current(plan, make_plan(state(NEW), state(SEEN), state(SEEN)))
    with pytest.raises(PlanOutdated, match=says):
        check_current(plan, make_plan(state(wanted), state(seen), state(recorded)))


def test_a_plan_is_outdated_when_somebody_decided_something() -> None:
    drifted, old = router("hand", id_="1"), router("new", id_="1")
    plan = make_plan(state(NEW), state(drifted), state(old))
    (drift,) = plan.drift
    parts = (drift.what, drift.key, drift.attribute, drift.expected, drift.seen)
    decision = Accepted(*parts, "wang", "2026-03-01T08:00:00+08:00", "until Friday")
    retired = {DOMAIN: Retirement(DOMAIN, Phase.GRACE)}
    for now in (
        make_plan(state(NEW), state(drifted), state(old), (decision,)),
        make_plan(state(NEW), state(drifted), state(old), (), retired),
    ):
        with pytest.raises(PlanOutdated, match="our record"):
            check_current(plan, now)


def test_order_names_what_a_kind_needs_before_it() -> None:
    assert set(RANK) == set(Kind)
    assert all(RANK[needed] < RANK[kind] for kind, many in ORDER.items() for needed in many)


def test_the_reason_of_an_addition_is_the_newcomer() -> None:
    wish = Resource(Kind.NETWORK, Key("network:E002/oa"), "E002", {}, "E002/oa")
    project = Resource(Kind.PROJECT, PROJECT, "E002", {"name": "OA"}, "E002/oa")
    home = domain("E002", "edu")
    new_bureau = make_plan(state(home, project, wish), {}, {})
    assert {one.reason.english for one in new_bureau.changes} == {
        "bureau E002 is new in the register"
    }
    there = state(replace(home, id="1"))
    new_system = make_plan(state(home, project, wish), there, there)
    assert {one.reason.chinese for one in new_system.changes} == {"登记册中新增系统 E002/oa"}
