"""What the register no longer asks for: what leaves with a bureau or system, and what just goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.changes import Action, Change, Leaving
from ouhai_cloud.tenancy.planning import reasons
from ouhai_cloud.tenancy.planning.order import RANK, Depths, by_bureau
from ouhai_cloud.tenancy.planning.states import States, direct_refs
from ouhai_cloud.tenancy.resources import Key, Kind, Resource, kind_of, place_of
from ouhai_cloud.tenancy.retirement import Phase, current

ROOTS = frozenset({Kind.DOMAIN, Kind.PROJECT})
ENDS_AT_ONCE = frozenset({Kind.SHARE})
"""Access that ends with its agreement, whoever else leaves."""


@dataclass(frozen=True)
class Departures:
    """All that goes: with its root, by itself, or from our memory alone."""

    leaving: tuple[Leaving, ...]
    removals: tuple[Change, ...]
    forgotten: tuple[Change, ...]


def departures(states: States) -> Departures:
    """Return what goes. Only what is ours goes, and what somebody began to retire."""
    gone = {key: one for key, one in states.observed.items() if _goes(one, states)}
    find = _Roots(gone)
    grouped: dict[Key, list[Resource]] = {}
    removals = []
    for key in sorted(gone):
        root = find.of(key)
        if root is None:
            removals.append(_removal(gone[key]))
        else:
            grouped.setdefault(root, []).append(gone[key])
    leaving = [_leaving(gone[root], many, gone, states) for root, many in grouped.items()]
    leaving += _already_gone(states)
    return Departures(tuple(leaving), tuple(removals), _forgotten(states))


def _goes(seen: Resource, states: States) -> bool:
    if seen.key in states.desired:
        return False
    return states.owned(seen) or (seen.kind in ROOTS and states.retiring(seen.key))


class _Roots:
    """Finds the domain or project that something leaves with."""

    def __init__(self, gone: Mapping[Key, Resource]) -> None:
        self._gone = gone
        self._known: dict[Key, Key | None] = {}

    def of(self, key: Key) -> Key | None:
        """Return the key of the root; None for what goes by itself."""
        if key not in self._known:
            self._known[key] = self._search(self._gone[key])
        return self._known[key]

    def _search(self, one: Resource) -> Key | None:
        if one.kind in ENDS_AT_ONCE:
            return None
        for ref in direct_refs(one):
            root = self.of(ref) if ref in self._gone else None
            if root is not None:
                return root
        # A unit's router and pool refer to nothing of the unit.
        domain = keys.domain(one.bureau)
        if domain in self._gone:
            return domain
        return one.key if one.kind in ROOTS else None


def _leaving(
    root: Resource, many: list[Resource], gone: Mapping[Key, Resource], states: States
) -> Leaving:
    depths = Depths(gone)
    in_order = sorted(many, key=lambda one: (-RANK[one.kind], -depths.of(one), one.key))
    phase = current(states.retirements, root).phase
    return Leaving(root, tuple(in_order), phase, reasons.leaving(root, states))


def _already_gone(states: States) -> Iterator[Leaving]:
    """Yield what is removed, though nobody wrote that down: the removal was killed at its end."""
    known = {*states.observed, *states.desired}
    for key, one in states.retirements.items():
        if one.phase in (Phase.EMPTIED, Phase.REMOVING) and key not in known:
            root = Resource(kind_of(key), key, place_of(key).partition("/")[0], {})
            yield Leaving(root, (), one.phase, reasons.leaving(root, states))


def _removal(seen: Resource) -> Change:
    return Change(Action.REMOVE, seen, dict(seen.attributes), {}, reasons.removed(seen))


def _forgotten(states: States) -> tuple[Change, ...]:
    lost = [
        one
        for key, one in states.recorded.items()
        if key not in states.desired and key not in states.observed
    ]
    return tuple(
        Change(Action.FORGET, one, {}, {}, reasons.forgotten())
        for one in sorted(lost, key=by_bureau)
    )
