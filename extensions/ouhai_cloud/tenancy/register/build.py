"""Checked data turned into the register's dataclasses; what is left out gets its default."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, cast

from ouhai_cloud.tenancy.register.facts import DUTIES, ROLES
from ouhai_cloud.tenancy.register.model import (
    Agreement,
    Allotment,
    Bureau,
    District,
    Duties,
    Register,
    Staff,
    System,
)

Data = dict[str, Any]
"""A mapping that the schema has passed, so that its values have the types they should."""


def register(data: object, source: str) -> Register:
    """Return the register of data that passed the schema and the rules."""
    root = cast(Data, data)
    return Register(
        district=_district(root["district"]),
        bureaus=tuple(sorted(map(_bureau, root["bureaus"]), key=lambda one: one.code)),
        agreements=tuple(
            sorted(map(_agreement, root.get("agreements", ())), key=lambda one: one.code)
        ),
        source=source,
    )


def _district(data: Data) -> District:
    return District(
        code=data["code"],
        short=data["short"],
        name=data["name"],
        address_range=IPv4Network(data["address_range"]),
        duties=Duties(**{duty: tuple(data["duties"][duty]) for duty in DUTIES}),
        resolvers=tuple(data.get("resolvers", ())),
        pool=Allotment(**data["pool"]) if "pool" in data else None,
    )


def _bureau(data: Data) -> Bureau:
    return Bureau(
        code=data["code"],
        short=data["short"],
        name=data["name"],
        kind=data["kind"],
        parent=data.get("parent"),
        contact=data["contact"],
        allotment=Allotment(**data["allotment"]),
        staff=Staff(**{role: tuple(data["staff"][role]) for role in ROLES}),
        systems=tuple(map(_system, data.get("systems", ()))),
    )


def _system(data: Data) -> System:
    return System(
        code=data["code"],
        name=data["name"],
        service_class=data.get("service_class", ""),
        security_class=data["security_class"],
        environment=data["environment"],
        allotment=Allotment(**data["allotment"]),
        exposes=tuple(data.get("exposes", ())),
    )


def _agreement(data: Data) -> Agreement:
    return Agreement(data["code"], data["provider"], data["consumer"], data["purpose"])
