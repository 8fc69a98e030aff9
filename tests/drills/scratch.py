"""Bureaus that a drill may do anything to, and what is in the cloud, counted by name."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.tenancy.register.model import Agreement, Allotment, Bureau, Register, System

from tests.drills.steps import DrillFailed

FIRST, SECOND, SCHOOL = "XD01", "XD02", "XD02S1"
UNITS: Mapping[str, str | None] = {FIRST: None, SECOND: None, SCHOOL: SECOND}
"""Codes of the scratch units with those of the units above them."""
ROOTS = (FIRST, SECOND)
SYSTEMS: Mapping[str, tuple[int, ...]] = {"oa": (443,), "web": ()}
"""Codes of the systems that each has, with what they expose."""
ROOM: Mapping[tuple[str, str], Allotment] = {
    (FIRST, "oa"): Allotment(cores=1, memory_gib=1, disk_gib=4, addresses=1),
    (FIRST, "web"): Allotment(cores=1, memory_gib=1, disk_gib=2, addresses=1),
}
"""What systems have for a server with its volumes; the others have nothing."""
NOTHING = Allotment()
AGREEMENT = Agreement("XD-1", f"{FIRST}/oa", f"{SECOND}/oa", "演练")

PLACES: Mapping[str, str] = {
    "domains": "",
    "roles": "",
    "groups": "",
    "projects": "domain_id",
    "networks": "project_id",
    "subnets": "network_id",
    "routers": "project_id",
    "security_groups": "project_id",
}
"""What others refer to, with the attribute that says in what its name is meant."""
RULE = "direction ethertype protocol port_range_min port_range_max remote_ip_prefix remote_group_id"
TOLD_BY: Mapping[str, str] = {
    **{kind: "id" for kind in PLACES if kind not in ("roles", "groups")},
    "role_assignments": "scope role group user",
    "limits": "project_id resource_name",
    "network_quotas": "project_id",
    "address_scopes": "name",
    "subnet_pools": "name",
    "interfaces": "device_id fixed_ips",
    "security_group_rules": f"security_group_id {RULE}",
    "shares": "object_id target_tenant action",
    "aggregates": "name",
}
"""By which attributes people tell one object of a kind from another."""


def extended(register: Register) -> Register:
    """Return a register with the scratch units and a share between two of them.

    One of them has room for two servers, the others for nothing, so that they fit into what a pool
    has left; their staff is the centre's, whose groups the directory has.

    :raises DrillFailed: the register has units of these codes itself.
    """
    taken = sorted(UNITS.keys() & {one.code for one in register.bureaus})
    if taken:
        raise DrillFailed(
            f"the lab's register {register.source} has {', '.join(taken)}, which is what the drill "
            "calls its scratch bureaus: bring the lab up with another register"
        )
    centre = next(one for one in register.bureaus if one.kind == "centre")
    bureaus = (*register.bureaus, *(_unit(code, centre) for code in UNITS))
    return replace(
        register,
        bureaus=tuple(sorted(bureaus, key=lambda one: one.code)),
        agreements=(*register.agreements, AGREEMENT),
    )


def without(register: Register, code: str) -> Register:
    """Return a register that a scratch unit left, and with it the agreement."""
    return replace(
        register,
        bureaus=tuple(one for one in register.bureaus if one.code != code),
        agreements=tuple(one for one in register.agreements if one != AGREEMENT),
    )


def without_system(register: Register, code: str, system: str) -> Register:
    """Return a register in which a unit has a system less."""
    return replace(
        register,
        bureaus=tuple(
            replace(one, systems=tuple(had for had in one.systems if had.code != system))
            if one.code == code
            else one
            for one in register.bureaus
        ),
    )


def moments(count: int, seconds: float, seed: int) -> list[float]:
    """Return when to kill, in seconds after the start of what takes so many in all."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    return [chance.uniform(0, seconds) for _ in range(count)]


def objects(listing: Listing) -> Counter[str]:
    """Count what is in the cloud by kind, place and name; each is there once when all is well.

    What lies in a project that is no more has the project's id for a place.
    """
    called: dict[str, str] = {}
    for kind, place in PLACES.items():
        for one in getattr(listing, kind):
            within = f"{called.get(one[place], one[place])}/" if place else ""
            called[one["id"]] = f"{within}{one['name']}"
    return Counter(_lines(listing, called))


def doubled(found: Counter[str]) -> list[str]:
    """Return what is there more than once, and how often."""
    return [f"{count} times: {line}" for line, count in sorted(found.items()) if count > 1]


def differences(wanted: Counter[str], seen: Counter[str]) -> list[str]:
    """Return what is there more or less often than wanted."""
    return [
        f"{seen[line]} instead of {wanted[line]}: {line}"
        for line in sorted(wanted.keys() | seen.keys())
        if wanted[line] != seen[line]
    ]


def _unit(code: str, centre: Bureau) -> Bureau:
    short, parent = code.lower(), UNITS[code]
    return Bureau(
        code=code,
        short=short,
        name=f"演练单位{code}",
        kind="school" if parent else "bureau",
        parent=parent,
        contact=f"{short}@drill.example",
        allotment=_sum(room for (unit, _), room in ROOM.items() if unit == code),
        staff=centre.staff,
        systems=tuple(
            System(
                one, f"演练系统{code}-{one}", "", 2, "test", ROOM.get((code, one), NOTHING), exposes
            )
            for one, exposes in SYSTEMS.items()
        ),
    )


def _sum(rooms: Iterable[Allotment]) -> Allotment:
    names = [field.name for field in fields(Allotment)]
    each = [[getattr(room, name) for name in names] for room in rooms]
    return Allotment(*map(sum, zip(*each, strict=True))) if each else NOTHING


def _lines(listing: Listing, called: Mapping[str, str]) -> Iterator[str]:
    for kind, names in TOLD_BY.items():
        for one in getattr(listing, kind):
            told = [_named(one.get(name), called) for name in names.split()]
            yield f"{kind} {json.dumps(told, ensure_ascii=False)}"


def _named(value: Any, called: Mapping[str, str]) -> Any:
    """Return a value with names for the ids in it."""
    if isinstance(value, dict):
        return {name: _named(one, called) for name, one in value.items()}
    if isinstance(value, list):
        return [_named(one, called) for one in value]
    return called.get(value, value) if isinstance(value, str) else value
