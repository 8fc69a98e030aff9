from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.changes import Action
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.drift import Accepted, Drift, DriftKind
from ouhai_cloud.tenancy.plan import make_plan, resolve
from ouhai_cloud.tenancy.register.model import Agreement
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State, Value

from tests.support.memory_cloud import MemoryCloud, MemoryJournal, carry_out
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

REGISTER = register(
    bureau("E002", system("oa", exposes=(443,)), system("web")),
    bureau("E003", system("web", security_class=3)),
    agreements=(Agreement("A1", "E002/oa", "E003/web", "共享"),),
)
OA = keys.project("E002", "oa")
GROUP = keys.security_group("E002", "oa")
SSH = keys.rule(GROUP, "ingress", "tcp", 22, "0.0.0.0/0")
HTTPS = keys.rule(GROUP, "ingress", "tcp", 443, "0.0.0.0/0")
MANAGER = keys.grant(keys.domain("E002"), "manager", "group:e002-manager", inherited=True)
INTRUDER = keys.grant(OA, "admin", "user:Default/eve", inherited=False)
SHARED = keys.share(keys.network("E002", "web"), "*")
CORES = keys.limit(OA, "compute", "class:VCPU")
STRAY = keys.foreign(Kind.PROJECT, "5f0c")


def made(key: Key, bureau: str = "E002", **attributes: Value) -> Callable[[MemoryCloud], None]:
    kind = Kind(key.partition(":")[0])
    return lambda cloud: cloud.put(Resource(kind, key, bureau, attributes))


@dataclass(frozen=True)
class Case:
    """One thing that somebody did past the register, and what is to be found."""

    name: str
    do: Callable[[MemoryCloud], None]
    what: DriftKind
    key: Key
    attribute: str = ""


CASES = (
    Case(
        "a role for a stranger",
        made(INTRUDER, scope=Ref(OA), subject="user:Default/eve", role="admin", inherited=False),
        DriftKind.UNEXPECTED,
        INTRUDER,
    ),
    Case("a role taken away", lambda it: it.drop(MANAGER), DriftKind.MISSING, MANAGER),
    Case("a limit raised", lambda it: it.alter(CORES, limit=64), DriftKind.CHANGED, CORES, "limit"),
    Case(
        "a volume quota lifted",
        lambda it: it.alter(keys.volume_quota(OA), gigabytes=-1),
        DriftKind.CHANGED,
        keys.volume_quota(OA),
        "gigabytes",
    ),
    Case(
        "a network quota lifted",
        lambda it: it.alter(keys.network_quota(OA), router=5),
        DriftKind.CHANGED,
        keys.network_quota(OA),
        "router",
    ),
    Case(
        "a port opened",
        made(SSH, group=Ref(GROUP), direction="ingress", protocol="tcp", port=22),
        DriftKind.UNEXPECTED,
        SSH,
    ),
    Case("a port closed", lambda it: it.drop(HTTPS), DriftKind.MISSING, HTTPS),
    Case(
        "a network shared with everybody",
        made(SHARED, network=Ref(keys.network("E002", "web")), project="*"),
        DriftKind.UNEXPECTED,
        SHARED,
    ),
    Case(
        "port security switched off",
        lambda it: it.alter(keys.network("E002", "oa"), port_security=False),
        DriftKind.CHANGED,
        keys.network("E002", "oa"),
        "port_security",
    ),
    Case(
        "a router's gateway moved",
        lambda it: it.alter(keys.router("E002"), external_network="internet"),
        DriftKind.CHANGED,
        keys.router("E002"),
        "external_network",
    ),
    Case(
        "a subnet attached to another bureau's router",
        made(
            keys.interface(keys.router("E003"), keys.subnet("E002", "oa")),
            router=Ref(keys.router("E003")),
            subnet=Ref(keys.subnet("E002", "oa")),
        ),
        DriftKind.UNEXPECTED,
        keys.interface(keys.router("E003"), keys.subnet("E002", "oa")),
    ),
    Case(
        "a project disabled",
        lambda it: it.alter(OA, enabled=False),
        DriftKind.CHANGED,
        OA,
        "enabled",
    ),
    Case(
        "a domain renamed",
        lambda it: it.alter(keys.domain("E003"), name="other"),
        DriftKind.CHANGED,
        keys.domain("E003"),
        "name",
    ),
    Case(
        "resolvers pointed elsewhere",
        lambda it: it.alter(keys.subnet("E002", "oa"), resolvers=("6.6.6.6",)),
        DriftKind.CHANGED,
        keys.subnet("E002", "oa"),
        "resolvers",
    ),
    Case(
        "a project let onto the kept hosts",
        lambda it: it.alter(keys.aggregate(), projects=(Ref(OA),)),
        DriftKind.CHANGED,
        keys.aggregate(),
        "projects",
    ),
    Case(
        "a limit of another kind",
        made(
            keys.limit(OA, "compute", "server_groups"),
            project=Ref(OA),
            service="compute",
            resource="server_groups",
            limit=100,
        ),
        DriftKind.UNEXPECTED,
        keys.limit(OA, "compute", "server_groups"),
    ),
    Case(
        "a share ended that was agreed",
        lambda it: it.drop(keys.share(keys.network("E002", "oa"), "E003/web")),
        DriftKind.MISSING,
        keys.share(keys.network("E002", "oa"), "E003/web"),
    ),
)
BY_NAME = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
WANTED = desired(REGISTER, SETTINGS)


@pytest.fixture
def applied() -> tuple[MemoryCloud, State]:
    """Return a cloud as the register says, and our record of it."""
    cloud, journal = MemoryCloud(), MemoryJournal({})
    plan = make_plan(WANTED, cloud.observe(), {})
    carry_out(plan, cloud, journal, {}).require_complete()
    return cloud, journal.recorded


@BY_NAME
def test_it_is_found_named_and_never_overwritten(
    applied: tuple[MemoryCloud, State], case: Case
) -> None:
    cloud, recorded = applied
    case.do(cloud)
    plan = make_plan(WANTED, cloud.observe(), recorded)
    assert [(one.what, one.key, one.attribute) for one in plan.drift] == [
        (case.what, case.key, case.attribute)
    ]
    assert not plan.changes
    assert not plan.clean


@BY_NAME
def test_reverted_the_cloud_is_as_before(applied: tuple[MemoryCloud, State], case: Case) -> None:
    cloud, recorded = applied
    before = _contents(cloud)
    case.do(cloud)
    plan = resolve(make_plan(WANTED, cloud.observe(), recorded), revert=[case.key])
    assert not plan.drift
    journal = MemoryJournal(recorded)
    carry_out(plan, cloud, journal, recorded).require_complete()
    assert _contents(cloud) == before
    assert make_plan(WANTED, cloud.observe(), journal.recorded).clean


@BY_NAME
def test_adopted_it_is_silent_until_it_moves_again(
    applied: tuple[MemoryCloud, State], case: Case
) -> None:
    cloud, recorded = applied
    case.do(cloud)
    drift = make_plan(WANTED, cloud.observe(), recorded).drift[0]
    decision = _accepted(drift)
    plan = make_plan(WANTED, cloud.observe(), recorded, (decision,))
    assert plan.clean
    assert plan.accepted == (decision,)
    moved = replace(decision, seen="something else")
    assert make_plan(WANTED, cloud.observe(), recorded, (moved,)).drift == (drift,)


def test_a_drifted_attribute_stays_while_another_of_the_same_thing_changes(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, recorded = applied
    key = keys.router("E002")
    cloud.alter(key, external_network="internet")
    wanted = {**WANTED, key: _with(WANTED[key], name="renamed")}
    plan = make_plan(wanted, cloud.observe(), recorded)
    assert [(one.key, dict(one.after)) for one in plan.changes] == [(key, {"name": "renamed"})]
    journal = MemoryJournal(recorded)
    carry_out(plan, cloud, journal, recorded).require_complete()
    assert cloud.resources[key].attributes["external_network"] == "internet"
    again = make_plan(wanted, cloud.observe(), journal.recorded)
    assert [one.attribute for one in again.drift] == ["external_network"]
    both = resolve(plan, revert=[key])
    assert [dict(one.after) for one in both.changes] == [
        {"name": "renamed", "external_network": "extranet"}
    ]


def test_accepted_drift_is_shown_again_when_the_register_moves(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, recorded = applied
    cloud.alter(CORES, limit=64)
    decision = _accepted(make_plan(WANTED, cloud.observe(), recorded).drift[0])
    wanted = {**WANTED, CORES: _with(WANTED[CORES], limit=8)}
    plan = make_plan(wanted, cloud.observe(), recorded, (decision,))
    assert [(one.expected, one.seen) for one in plan.drift] == [(8, 64)]


def test_what_needs_something_missing_waits_for_the_decision(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, recorded = applied
    cloud.drop(HTTPS)
    cloud.drop(GROUP)
    wanted = {**WANTED, SSH: replace(WANTED[HTTPS], key=SSH)}
    plan = make_plan(wanted, cloud.observe(), recorded)
    assert not plan.changes
    assert [(one.change.key, one.by) for one in plan.held] == [(SSH, (GROUP,))]
    decided = resolve(plan, revert=[GROUP])
    assert {one.key for one in decided.of(Action.ADD)} == {GROUP, SSH}
    assert not decided.held


def test_what_an_unexpected_thing_hangs_on_is_not_removed(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, recorded = applied
    made(SSH, group=Ref(GROUP), direction="ingress")(cloud)
    without = {key: one for key, one in WANTED.items() if key not in (GROUP, HTTPS)}
    plan = make_plan(without, cloud.observe(), recorded)
    assert [(one.change.key, one.by) for one in plan.held] == [(GROUP, (SSH,))]
    assert [one.key for one in plan.of(Action.REMOVE)] == [HTTPS]


def test_an_unexpected_project_is_retired_and_not_removed(
    applied: tuple[MemoryCloud, State],
) -> None:
    cloud, recorded = applied
    made(STRAY, name="stray", domain=Ref(keys.domain("E002")), enabled=True)(cloud)
    plan = make_plan(WANTED, cloud.observe(), recorded)
    assert [(one.what, one.key) for one in plan.drift] == [(DriftKind.UNEXPECTED, STRAY)]
    decided = resolve(plan, revert=[STRAY])
    assert not decided.changes
    assert [one.key for one in decided.leaving] == [STRAY]


def _accepted(drift: Drift) -> Accepted:
    parts = (drift.what, drift.key, drift.attribute, drift.expected, drift.seen)
    return Accepted(*parts, "wang", "2026-03-01T08:00:00+08:00", "until Friday")


def _with(resource: Resource, **attributes: Value) -> Resource:
    return replace(resource, attributes={**resource.attributes, **attributes})


def _contents(cloud: MemoryCloud) -> dict[Key, object]:
    return {key: one.attributes for key, one in cloud.observe().items()}
