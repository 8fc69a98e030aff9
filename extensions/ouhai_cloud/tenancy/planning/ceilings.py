"""A bureau's projects never get more together than its allotment, whatever leaves or has drifted.

The register is checked for that; but what left it keeps its limits until it is removed, and what
somebody raised by hand stays raised until that is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.mapping.quotas import DISK, DISK_PARTS
from ouhai_cloud.tenancy.planning.order import amount
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State

Ceilings = Mapping[Key, Mapping[str, int]]
"""What the projects of each domain may have together, by resource."""
Slot = tuple[Key, str]
"""A domain, and a resource that its ceiling is about."""
Amounts = defaultdict[Slot, float]
A_LOT = 10**12
"""What stands for no limit: two of them can be added, and one taken away again."""
COUNTED = frozenset({Kind.LIMIT, Kind.VOLUME_QUOTA})


def above(
    wishes: Collection[Change], states: States, ceilings: Ceilings
) -> dict[Key, tuple[Key, ...]]:
    """Return what must wait lest a ceiling is passed, each with what holds too much.

    A new project waits as a whole: without its limits it would have the services' defaults.

    :param wishes: additions and changes that nothing else is in the way of.
    """
    slots = _Slots(homes(states.observed, states.desired), ceilings)
    more = _deltas(wishes, states, slots)
    total = _sum((*map(slots.of, states.observed.values()), *more.values()))
    waiting: dict[Key, tuple[Key, ...]] = {}
    while full := {slot for slot, value in total.items() if value > slots.room(slot)}:
        raised = (key for key in more if key not in waiting and _raises(more[key], full))
        latest = max(raised, default=None)
        if latest is None:
            break
        # What waits gives nothing back either: a quota takes and gives by one request.
        waiting[latest] = _holders(full, wishes, states, slots)
        for slot, value in more[latest].items():
            total[slot] -= value
    return waiting


def _deltas(wishes: Iterable[Change], states: States, slots: _Slots) -> dict[Key, Amounts]:
    """Return how much more is allowed by each change, or new project with its limits."""
    new = {one.key for one in wishes if one.kind is Kind.PROJECT and one.action is Action.ADD}
    found: dict[Key, Amounts] = {}
    for change in wishes:
        project = _project(change.resource)
        whole = project if project is not None and project in new else change.key
        for slot, value in _more(change, states, slots):
            found.setdefault(whole, defaultdict(float))[slot] += value
    return found


def _raises(amounts: Amounts, slots: set[Slot]) -> bool:
    return any(value > 0 for slot, value in amounts.items() if slot in slots)


def _sum(many: Iterable[Mapping[Slot, float]]) -> Amounts:
    total: Amounts = defaultdict(float)
    for one in many:
        for slot, value in one.items():
            total[slot] += value
    return total


class _Slots:
    """Finds what a limit or quota counts for."""

    def __init__(self, homes: Mapping[Key, Key], ceilings: Ceilings) -> None:
        self._homes, self._ceilings = homes, ceilings

    def of(self, one: Resource) -> Mapping[Slot, float]:
        """Return how much a limit or quota allows of what has a ceiling; nothing of other kinds."""
        project = _project(one)
        domain = self._homes.get(project) if project is not None else None
        names = self._ceilings.get(domain) if domain is not None else None
        if domain is None or names is None or one.kind not in COUNTED:
            return {}
        return {(domain, name): value for name, value in _named(one) if name in names}

    def room(self, slot: Slot) -> int:
        """Return the ceiling."""
        domain, name = slot
        return self._ceilings[domain][name]


def _named(one: Resource) -> Iterator[tuple[str, float]]:
    """Yield amounts under the names of ceilings."""
    amounts = one.attributes.items()
    if one.kind is Kind.LIMIT:
        amounts = {str(one.attributes["resource"]): one.attributes["limit"]}.items()
    for name, value in amounts:
        if isinstance(value, int):
            yield DISK if name in DISK_PARTS else name, min(amount(value), A_LOT)


def _more(change: Change, states: States, slots: _Slots) -> Iterator[tuple[Slot, float]]:
    """Yield how much more a change allows, less than nothing for a cut."""
    if change.action not in (Action.ADD, Action.CHANGE):
        return
    seen = states.observed.get(change.key)
    before = slots.of(seen) if seen is not None else {}
    # What has drifted is not changed with the rest.
    there = {**(seen.attributes if seen is not None else {}), **change.after}
    for slot, after in slots.of(replace(change.resource, attributes=there)).items():
        if after != before.get(slot, 0):
            yield slot, after - before.get(slot, 0)


def _holders(
    full: set[Slot], wishes: Iterable[Change], states: States, slots: _Slots
) -> tuple[Key, ...]:
    """Return what holds more than the register says: projects that leave, limits that drifted."""
    settled = {one.key for one in wishes}
    found = set()
    for one in states.observed.values():
        wish = states.desired.get(one.key)
        asked = slots.of(wish) if wish is not None else {}
        over = any(
            value > asked.get(slot, 0) for slot, value in slots.of(one).items() if slot in full
        )
        project = _project(one)
        if over and project is not None and one.key not in settled:
            found.add(one.key if project in states.desired else project)
    return tuple(sorted(found or {domain for domain, _ in full}))


def homes(*states: State) -> dict[Key, Key]:
    """Return the domain of each project."""
    domains = (
        (one.key, one.attributes.get("domain"))
        for state in states
        for one in state.values()
        if one.kind is Kind.PROJECT
    )
    return {key: domain.key for key, domain in domains if isinstance(domain, Ref)}


def _project(one: Resource) -> Key | None:
    project = one.attributes.get("project")
    return project.key if isinstance(project, Ref) else None
