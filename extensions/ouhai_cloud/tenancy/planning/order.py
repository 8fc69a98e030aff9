"""In which order things are made and shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf

from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.planning.states import SETTINGS_OF_A_PROJECT
from ouhai_cloud.tenancy.resources import ORDER, Key, Kind, Ref, Resource, Value

RANK: Mapping[Kind, int] = {kind: rank for rank, kind in enumerate(ORDER)}
"""Each kind's place; ORDER names what a kind needs before the kind itself."""
UNIQUE_NAMES = frozenset({Kind.DOMAIN, Kind.PROJECT})
"""Kinds whose names Keystone allows once, in a domain or at all."""
UniqueName = tuple[Kind, Value, Value]
"""Kind, domain if it has one, and name."""
UNLIMITED = -1
"""How Cinder and Neutron say that there is no limit."""


def by_bureau(resource: Resource) -> tuple[str, int, Key]:
    """Return what to sort by: bureau, then the order of making, then key."""
    return resource.bureau, RANK[resource.kind], resource.key


def cuts(change: Change) -> bool:
    """Tell whether a change takes away some of what a limit or quota allows."""
    return any(before > after for before, after in _amounts(change))


def raises(change: Change) -> bool:
    """Tell whether a change allows more of something; a quota may do both."""
    new = change.action is Action.ADD and change.kind in SETTINGS_OF_A_PROJECT
    return new or any(before < after for before, after in _amounts(change))


class Depths:
    """How deep projects are in their domain's tree, 0 at the top; other kinds have 0.

    :param resources: where to look for parents.
    """

    def __init__(self, *resources: Mapping[Key, Resource]) -> None:
        self._resources = resources
        self._known: dict[Key, int] = {}

    def of(self, resource: Resource) -> int:
        """Return a resource's depth."""
        parent = resource.attributes.get("parent")
        if resource.kind is not Kind.PROJECT or not isinstance(parent, Ref):
            return 0
        if resource.key not in self._known:
            above = self._find(parent.key)
            deeper = above is not None and above.kind is Kind.PROJECT
            self._known[resource.key] = self.of(above) + 1 if above and deeper else 0
        return self._known[resource.key]

    def _find(self, key: Key) -> Resource | None:
        return next((many[key] for many in self._resources if key in many), None)


class Turns:
    """How many others must give up a name before a change can take it; 0 for most.

    :param changes: among which to look; none of them wait for each other in a circle.
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        self._given_up = {
            unique_name(one.resource, one.before["name"]): one
            for one in changes
            if one.kind in UNIQUE_NAMES and "name" in one.before
        }

    def of(self, change: Change) -> int:
        """Return a change's turn."""
        turn, holder = 0, self._before(change)
        while holder is not None and turn < len(self._given_up):
            turn, holder = turn + 1, self._before(holder)
        return turn

    def _before(self, change: Change) -> Change | None:
        if "name" not in change.after:
            return None
        return self._given_up.get(unique_name(change.resource, change.after["name"]))


def unique_name(resource: Resource, name: Value) -> UniqueName:
    """Return a name that a resource has or asks for, with what it is unique in."""
    return resource.kind, resource.attributes.get("domain"), name


def _amounts(change: Change) -> Iterator[tuple[float, float]]:
    """Yield what is allowed before and after a change of a limit or quota."""
    if change.action is Action.CHANGE and change.kind in SETTINGS_OF_A_PROJECT:
        for name, after in change.after.items():
            yield amount(change.before.get(name)), amount(after)


def amount(value: Value) -> float:
    """Return how much a limit's or quota's value allows; infinitely much without one."""
    return value if isinstance(value, int) and value != UNLIMITED else inf
