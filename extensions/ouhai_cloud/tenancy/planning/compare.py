"""One wanted resource against what is seen and remembered of it: three ways, by attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, collapse_addresses

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import Action, Change, Conflict
from ouhai_cloud.tenancy.drift import Drift, DriftKind
from ouhai_cloud.tenancy.planning import reasons
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.resources import FIXED, Kind, Resource, Value
from ouhai_cloud.tenancy.wording import called

UNCHANGEABLE: Mapping[Kind, frozenset[str]] = {
    Kind.PROJECT: frozenset({"domain", "parent"}),
    Kind.LIMIT: frozenset({"project", "service", "resource"}),
    Kind.VOLUME_QUOTA: frozenset({"project"}),
    Kind.NETWORK_QUOTA: frozenset({"project"}),
    Kind.SUBNET_POOL: frozenset({"scope"}),
    Kind.NETWORK: frozenset({"project"}),
    Kind.SUBNET: frozenset({"network", "pool", "cidr"}),
    Kind.SECURITY_GROUP: frozenset({"project"}),
}
"""What no service lets anybody change afterwards."""

GUARDS = frozenset({"immutable"})
"""What is set again without asking: a killed apply leaves it off, and nobody else lives by it."""

AS_MADE = frozenset({"enabled", "host_routes", "routes", "tags"})
"""What is as we want it from the start: another value is somebody's doing, also where a record of
an earlier version says nothing of it."""

GROWING = frozenset({"prefixes"})
"""What grows: what others added is kept when we add more, and is drift until it is reverted."""


@dataclass(frozen=True)
class Found:
    """What a comparison found about one resource."""

    change: Change | None = None
    drift: tuple[Drift, ...] = ()
    conflict: Conflict | None = None


@dataclass
class _Differences:
    """Attributes sorted by whose doing the difference is."""

    to_write: dict[str, Value] = field(default_factory=dict)
    drifted: dict[str, Value] = field(default_factory=dict)
    unowned: list[str] = field(default_factory=list)

    def grow(self, name: str, now: Value, value: Value) -> None:
        """Note what is missing of ranges, and that there are more than we want."""
        together = _ranges(now, value)
        if together != _ranges(now):
            self.to_write[name] = together
        if together != _ranges(value):
            self.drifted[name] = value


def compare(wanted: Resource, states: States) -> Found:
    """Return what to do about a wanted resource."""
    seen, memory = states.observed.get(wanted.key), states.memory(wanted.key)
    if seen is None:
        return _absent(wanted, memory, states)
    stuck = _stuck(wanted, seen)
    if stuck:
        return Found(conflict=_conflict(wanted, seen, stuck, _cannot_change(stuck)))
    found = _differences(wanted, seen, memory, ours=states.ours_to_set(seen))
    if found.unowned:
        return Found(conflict=_conflict(wanted, seen, tuple(found.unowned), NOT_OURS))
    return _settled(wanted, seen, memory, found)


NOT_OURS = Text(
    "something of this name exists and is not ours: rename or remove it, or change the register",
    "云中已有同名对象且非本系统创建: 请改名或删除该对象, 或修改登记册",
)


def _absent(wanted: Resource, memory: Resource | None, states: States) -> Found:
    if memory is None:
        reason = reasons.added(wanted, states)
        return Found(Change(Action.ADD, wanted, {}, wanted.attributes, reason))
    drift = Drift(DriftKind.MISSING, wanted.key, wanted.bureau, "", None, None, wanted)
    return Found(drift=(drift,))


def _stuck(wanted: Resource, seen: Resource) -> tuple[str, ...]:
    """Return the attributes that differ and cannot be changed."""
    names = wanted.attributes if wanted.kind in FIXED else UNCHANGEABLE.get(wanted.kind, ())
    return tuple(
        sorted(one for one in names if wanted.attributes.get(one) != seen.attributes.get(one))
    )


def _differences(
    wanted: Resource, seen: Resource, memory: Resource | None, *, ours: bool
) -> _Differences:
    found = _Differences()
    remembered = memory.attributes if memory else {}
    for name, value in wanted.attributes.items():
        now = seen.attributes.get(name)
        if now == value:
            continue
        if name in GROWING and ours:
            found.grow(name, now, value)
        elif name in remembered and now != remembered[name] and name not in GUARDS:
            found.drifted[name] = remembered[name]
        elif memory is not None and name not in remembered and name in AS_MADE:
            found.drifted[name] = value
        elif name in remembered or ours:
            found.to_write[name] = value
        else:
            found.unowned.append(name)
    return found


def _settled(
    wanted: Resource, seen: Resource, memory: Resource | None, found: _Differences
) -> Found:
    """Return change and drift; what drifted stays in our record as it was."""
    after = {**wanted.attributes, **found.drifted}
    record = replace(wanted, attributes=after, id=seen.id, owned=seen.owned)
    drift = tuple(
        Drift(
            DriftKind.CHANGED,
            wanted.key,
            wanted.bureau,
            name,
            wanted.attributes[name],
            seen.attributes.get(name),
            record,
        )
        for name in sorted(found.drifted)
    )
    if found.to_write:
        before = {name: seen.attributes.get(name) for name in found.to_write}
        reason = reasons.changed(wanted, before, found.to_write)
        return Found(Change(Action.CHANGE, record, before, found.to_write, reason), drift)
    if memory is None or memory.attributes != after or memory.id != seen.id:
        return Found(Change(Action.RECORD, record, {}, {}, reasons.recorded()), drift)
    return Found(drift=drift)


def _conflict(
    wanted: Resource, seen: Resource, attributes: tuple[str, ...], reason: Text
) -> Conflict:
    return Conflict(wanted, seen, tuple(sorted(attributes)), reason)


def _cannot_change(attributes: tuple[str, ...]) -> Text:
    english, chinese = ", ".join(attributes), ", ".join(called(one, "zh") for one in attributes)
    return Text(
        f"{english} cannot be changed once it is made: register it under a new code and retire "
        "the old one",
        f"{chinese} 创建后不能更改: 请以新编码登记, 并让旧的退役",
    )


def _ranges(*many: Value) -> tuple[str, ...]:
    """Return ranges of addresses as one sorted set, adjacent ones made one."""
    texts = (one for value in many if isinstance(value, tuple) for one in value)
    return tuple(sorted(map(str, collapse_addresses(IPv4Network(str(one)) for one in texts))))
