"""The pool in one view: what is there, what is granted, what the cloud enforces, what is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from ouhai_cloud.cloud.capacity import Physical
from ouhai_cloud.tenancy.register.model import Allotment, Bureau, Register
from ouhai_cloud.tenancy.resources import Key, Kind, Resource, State, place_of

POOL = ""
MIB_PER_GIB = 1024
RESOURCES = tuple(one.name for one in fields(Allotment))
Used = Mapping[Key, Allotment]
"""What each project uses, by its key; each server counts as one address."""


@dataclass(frozen=True)
class Line:
    """One resource of one unit, or of the pool as a whole (``unit`` empty).

    :param physical, offered: without and with over-commitment; None for a unit, and for what the
        hardware does not bound.
    :param granted: by the register: to the unit, or to all units together.
    :param enforced: the sum of what limits and quotas allow its projects; None while there are
        none.
    """

    unit: str
    name: str
    resource: str
    physical: int | None
    offered: int | None
    granted: int
    enforced: int | None
    used: int


def lines(register: Register, observed: State, pool: Physical, used: Used) -> list[Line]:
    """Return the pool's lines, then those of each unit with allotments of its own."""
    enforced = _enforced(observed)
    found = list(_pool(register, list(enforced.values()), pool, list(used.values())))
    for one in register.bureaus:
        below = _below(register, one)
        limits = [value for key, value in enforced.items() if _unit(key) in below]
        uses = [value for key, value in used.items() if _unit(key) in below]
        found += _lines(one, limits, uses)
    return found


def _pool(
    register: Register, enforced: Sequence[Allotment], pool: Physical, uses: Sequence[Allotment]
) -> Iterator[Line]:
    granted = [one.allotment for one in register.bureaus if one.parent is None]
    there = {
        "disk_gib": round(pool.storage_gib),
        "addresses": register.district.address_range.num_addresses,
    }
    present = _memory_in_gib(pool.present) | there
    offered = _memory_in_gib(pool.offered) | there
    used = _memory_in_gib(pool.used)
    used |= {"disk_gib": round(pool.storage_gib - pool.storage_free_gib)}
    for resource in RESOURCES:
        yield Line(
            POOL,
            POOL,
            resource,
            present.get(resource),
            offered.get(resource),
            total(granted, resource),
            total(enforced, resource) if enforced else None,
            used.get(resource, total(uses, resource)),
        )


def _lines(unit: Bureau, limits: Sequence[Allotment], uses: Sequence[Allotment]) -> Iterator[Line]:
    for resource in RESOURCES:
        yield Line(
            unit.code,
            unit.name,
            resource,
            None,
            None,
            getattr(unit.allotment, resource),
            total(limits, resource) if limits else None,
            total(uses, resource),
        )


def total(allotments: Sequence[Allotment], resource: str) -> int:
    """Return the sum of one resource."""
    return sum(getattr(one, resource) for one in allotments)


def _below(register: Register, unit: Bureau) -> frozenset[str]:
    """Return the codes of a unit and of all units below it."""
    found = {unit.code}
    for _ in register.bureaus:
        more = {one.code for one in register.bureaus if one.parent in found} - found
        if not more:
            break
        found |= more
    return frozenset(found)


def _unit(project: Key) -> str:
    return place_of(project).partition("/")[0]


def _memory_in_gib(amounts: Mapping[str, int]) -> dict[str, int]:
    return {"cores": amounts["VCPU"], "memory_gib": amounts["MEMORY_MB"] // MIB_PER_GIB}


def _enforced(observed: State) -> Mapping[Key, Allotment]:
    """Return what limits and quotas allow each project."""
    allowed: dict[Key, Counter[str]] = {}
    for one in observed.values():
        project = getattr(one.attributes.get("project"), "key", None)
        if project is not None and one.kind in (Kind.LIMIT, Kind.VOLUME_QUOTA):
            allowed.setdefault(project, Counter()).update(_allowed(one))
    return {
        project: Allotment(
            cores=amounts["class:VCPU"],
            memory_gib=amounts["class:MEMORY_MB"] // MIB_PER_GIB,
            # Each of Nova and Cinder gives out a part of the disk.
            disk_gib=amounts["class:DISK_GB"] + amounts["gigabytes"],
            addresses=amounts["servers"],
            snapshots=amounts["snapshots"],
        )
        for project, amounts in allowed.items()
    }


def _allowed(one: Resource) -> Mapping[str, int]:
    """Return the amounts of a limit or a quota under their service's names."""
    if one.kind is Kind.LIMIT:
        return {str(one.attributes["resource"]): _whole(one.attributes["limit"])}
    return {name: _whole(value) for name, value in one.attributes.items()}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
