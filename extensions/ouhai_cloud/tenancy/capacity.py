"""The pool in one view: what is there, what is granted, what the cloud enforces, what is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ouhai_cloud.cloud.capacity import Physical
from ouhai_cloud.tenancy.register.model import Allotment, Bureau, Register
from ouhai_cloud.tenancy.resources import Key, Kind, State, place_of

POOL = ""
Used = Mapping[Key, Allotment]
"""What each project uses, by its key; cores, memory and disk (servers' and volumes')."""


@dataclass(frozen=True)
class Line:
    """One resource of one unit, or of the pool as a whole (``unit`` empty).

    :param physical, offered: without and with over-commitment; None for a unit.
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
    tops = [one for one in register.bureaus if one.parent is None]
    granted = [one.allotment for one in tops]
    enforced = _enforced(observed)
    found = list(_pool(granted, list(enforced.values()), pool))
    for one in register.bureaus:
        below = _below(register, one)
        limits = [value for key, value in enforced.items() if _unit(key) in below]
        uses = [value for key, value in used.items() if _unit(key) in below]
        found += _lines(one, limits, uses)
    return found


def _pool(
    granted: Sequence[Allotment], enforced: Sequence[Allotment], pool: Physical
) -> Iterator[Line]:
    present = _memory_in_gib(pool.present)
    offered = _memory_in_gib(pool.offered)
    used = _memory_in_gib(pool.used)
    for resource in ("cores", "memory_gib"):
        yield Line(
            POOL,
            POOL,
            resource,
            present[resource],
            offered[resource],
            total(granted, resource),
            total(enforced, resource) if enforced else None,
            used[resource],
        )
    yield Line(
        POOL,
        POOL,
        "disk_gib",
        round(pool.storage_gib),
        round(pool.storage_gib),
        total(granted, "disk_gib"),
        total(enforced, "disk_gib") if enforced else None,
        round(pool.storage_gib - pool.storage_free_gib),
    )


def _lines(unit: Bureau, limits: Sequence[Allotment], uses: Sequence[Allotment]) -> Iterator[Line]:
    for resource in ("cores", "memory_gib", "disk_gib"):
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


def _memory_in_gib(amounts: Mapping[str, int]) -> Mapping[str, int]:
    return {"cores": amounts["VCPU"], "memory_gib": amounts["MEMORY_MB"] // 1024}


def _enforced(observed: State) -> Mapping[Key, Allotment]:
    """Return what limits and quotas allow each project."""
    cores: dict[Key, int] = {}
    memory: dict[Key, int] = {}
    disk: dict[Key, int] = {}
    for one in observed.values():
        project = getattr(one.attributes.get("project"), "key", None)
        if project is None:
            continue
        if one.kind is Kind.LIMIT and one.attributes["resource"] == "class:VCPU":
            cores[project] = _whole(one.attributes["limit"])
        elif one.kind is Kind.LIMIT and one.attributes["resource"] == "class:MEMORY_MB":
            memory[project] = _whole(one.attributes["limit"]) // 1024
        elif one.kind is Kind.VOLUME_QUOTA:
            disk[project] = _whole(one.attributes["gigabytes"])
    return {
        key: Allotment(cores.get(key, 0), memory.get(key, 0), disk.get(key, 0))
        for key in cores.keys() | memory.keys() | disk.keys()
    }


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
