"""A bureau's projects never get more together than its allotment, whatever leaves or has drifted.

The register is checked for that; but what left it keeps its limits until it is removed, and what
somebody raised by hand stays raised until that is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.mapping.quotas import DISK, DISK_PARTS
from ouhai_cloud.tenancy.planning.order import amount
from ouhai_cloud.tenancy.planning.states import States, homes
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource

Ceilings = Mapping[Key, Mapping[str, int]]
"""What the projects of each domain may have together, by resource."""
Slot = tuple[Key, str]
"""A domain, and a resource that its ceiling is about."""
Amounts = Mapping[Slot, float]
A_LOT = 10**12
"""What stands for no limit: two of them can be added, and one taken away again."""
COUNTED = frozenset({Kind.LIMIT, Kind.VOLUME_QUOTA})
MADE = frozenset({Action.ADD, Action.CHANGE})


@dataclass(frozen=True)
class Standing:
    """What else decides how much is held.

    :param decided: keys of deviations that somebody decided to live with; they count as the
        register has them.
    :param roots: by key of what leaves, the domain or project that it leaves with.
    """

    decided: Collection[Key]
    roots: Mapping[Key, Key]


def above(
    wishes: Iterable[Change], states: States, ceilings: Ceilings, standing: Standing
) -> dict[Key, tuple[Key, ...]]:
    """Return what must wait lest a ceiling is passed, each with what holds too much.

    A new project waits as a whole: without its limits it would have the services' defaults.

    :param wishes: additions and changes that nothing else is in the way of.
    """
    ledger = _Ledger(wishes, states, ceilings, standing)
    more = ledger.more()
    total = _sum((*ledger.before.values(), *more.values()))
    waiting: dict[Key, tuple[Key, ...]] = {}
    while full := {slot for slot, value in total.items() if value > ledger.room(slot)}:
        raised = [key for key in more.keys() - waiting.keys() if _raises(more[key], full)]
        if not raised:
            break
        # Newcomers first: what is there should not grow by halves because of them.
        last = max(raised, key=lambda key: (key in ledger.new, key))
        # What waits gives nothing back either: a quota takes and gives by one request.
        waiting[last] = ledger.holders(full)
        total = _sum((total, {slot: -value for slot, value in more[last].items()}))
    for key in sorted(waiting):
        with_it = _sum((total, more[key]))
        if all(with_it[slot] <= ledger.room(slot) for slot in more[key]):
            total = with_it
            del waiting[key]
    return waiting


class _Ledger:
    """What each limit and quota allows, now and once all wishes are fulfilled.

    :ivar new: projects that are to be made.
    """

    def __init__(
        self, wishes: Iterable[Change], states: States, ceilings: Ceilings, standing: Standing
    ) -> None:
        self._states, self._ceilings, self._standing = states, ceilings, standing
        self._homes = homes(states.observed, states.desired)
        self._changes = {one.key: one for one in wishes if one.action in MADE}
        projects = {key for key, one in self._changes.items() if one.kind is Kind.PROJECT}
        self.new = projects - states.observed.keys()
        self.before: dict[Key, Amounts] = {}
        self._after: dict[Key, Amounts] = {}
        there = states.observed.keys() | self.new
        for key in states.observed.keys() | states.desired.keys():
            one = states.observed.get(key) or states.desired[key]
            # Of a project that is not there and not made, something is in the way as a whole.
            if one.kind in COUNTED and _project(one) in there:
                self.before[key], self._after[key] = self._entry(key, one)

    def more(self) -> dict[Key, Amounts]:
        """Return how much more each change allows, or each new project with its limits."""
        found: dict[Key, defaultdict[Slot, float]] = {}
        for key in self.before.keys() & self._changes.keys():
            project = _project(self._changes[key].resource)
            whole = project if project is not None and project in self.new else key
            amounts = found.setdefault(whole, defaultdict(float))
            for slot in self.before[key].keys() | self._after[key].keys():
                amounts[slot] += self._after[key].get(slot, 0) - self.before[key].get(slot, 0)
        return dict(found)

    def room(self, slot: Slot) -> int:
        """Return the ceiling."""
        domain, name = slot
        return self._ceilings[domain][name]

    def holders(self, full: Iterable[Slot]) -> tuple[Key, ...]:
        """Return what holds more than the register says: what leaves, and limits that drifted."""
        found = set()
        for key, seen in self._states.observed.items():
            asked = self._amounts(self._states.desired.get(key))
            held, project = self._after.get(key, {}), _project(seen)
            if project and any(held.get(slot, 0) > asked.get(slot, 0) for slot in full):
                leaves = key not in self._states.desired
                found.add(self._standing.roots.get(project, project) if leaves else key)
        return tuple(sorted(found or {domain for domain, _ in full}))

    def _entry(self, key: Key, one: Resource) -> tuple[Amounts, Amounts]:
        """Return what is allowed before and after; what nobody changes counts as the more of both.

        That is as it is seen, and as it will be again when drift is reverted.
        """
        seen, change = self._states.observed.get(key), self._changes.get(key)
        now, asked = self._amounts(seen), self._amounts(self._states.desired.get(key))
        if change is not None:
            # What has drifted is not changed with the rest.
            there = {**(seen.attributes if seen else {}), **change.after}
            return now, self._amounts(replace(one, attributes=there))
        most = {slot: max(now.get(slot, 0), asked.get(slot, 0)) for slot in {*now, *asked}}
        stays = asked if key in self._standing.decided else most
        return stays, stays

    def _amounts(self, one: Resource | None) -> Amounts:
        project = _project(one) if one is not None else None
        domain = self._homes.get(project) if project is not None else None
        names = self._ceilings.get(domain) if domain is not None else None
        if one is None or domain is None or names is None:
            return {}
        return {(domain, name): value for name, value in _named(one) if name in names}


def _named(one: Resource) -> Iterator[tuple[str, float]]:
    """Yield amounts under the names of ceilings."""
    amounts = one.attributes.items()
    if one.kind is Kind.LIMIT:
        amounts = {str(one.attributes["resource"]): one.attributes["limit"]}.items()
    for name, value in amounts:
        if isinstance(value, int):
            yield DISK if name in DISK_PARTS else name, min(amount(value), A_LOT)


def _raises(amounts: Amounts, slots: set[Slot]) -> bool:
    return any(value > 0 for slot, value in amounts.items() if slot in slots)


def _sum(many: Iterable[Amounts]) -> defaultdict[Slot, float]:
    total: defaultdict[Slot, float] = defaultdict(float)
    for one in many:
        for slot, value in one.items():
            total[slot] += value
    return total


def _project(one: Resource) -> Key | None:
    project = one.attributes.get("project")
    return project.key if isinstance(project, Ref) else None
