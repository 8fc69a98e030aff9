"""Nobody grants more than it was granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ouhai_cloud.tenancy.register.document import Path, Problem
from ouhai_cloud.tenancy.register.facts import RESOURCES, Entry, Facts


def within_unit(of: Facts) -> Iterator[Problem]:
    """A unit's systems and sub-units share the unit's allotment."""
    for unit in of.units:
        children = of.children.get(unit.code, ()) if unit.code else ()
        parts = [one.entry("allotment") for one in unit.systems]
        parts += [child.allotment for child in children]
        path = (*unit.path, "allotment")
        yield from _beyond(path, unit.allotment, parts, "its systems and sub-units")


def within_pool(of: Facts) -> Iterator[Problem]:
    """Top units share what the hardware offers."""
    if of.district.has("pool"):
        parts = [unit.allotment for unit in of.units if not unit.parent]
        path = ("district", "pool")
        yield from _beyond(path, of.district.entry("pool"), parts, "the top units")


def addressed(of: Facts) -> Iterator[Problem]:
    """Cores and disk are of use to servers alone, and each server takes an address."""
    for unit in of.units:
        for allotment in (one.entry("allotment") for one in unit.systems):
            counts = ((allotment.count(one), one) for one in ("cores", "disk_gib"))
            granted = [f"{count} {resource}" for count, resource in counts if count]
            if granted and not allotment.count("addresses"):
                message = f"{granted[0]} are of no use without an address: each server takes one; "
                yield (*allotment.path, "addresses"), f"{message}give as many as it has servers"


def _beyond(path: Path, limit: Entry, parts: Iterable[Entry], whose: str) -> Iterator[Problem]:
    parts = list(parts)
    for resource in RESOURCES:
        total = sum(part.count(resource) for part in parts)
        if total > limit.count(resource):
            message = f"{whose} have {total} together, beyond the {limit.count(resource)} here; "
            yield (*path, resource), f"{message}grant them less, or raise this to {total}"


RULES = (within_unit, within_pool, addressed)
