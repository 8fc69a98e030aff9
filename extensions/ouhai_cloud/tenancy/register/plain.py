"""A register turned back into plain data, such as a file has it; what is default is left out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ouhai_cloud.tenancy.register.model import Agreement, Bureau, District, Register, System

Data = dict[str, Any]


def plain(register: Register) -> Data:
    """Return the data that ``build.register`` makes an equal register of."""
    data: Data = {
        "district": _district(register.district),
        "bureaus": list(map(_bureau, register.bureaus)),
    }
    return data | _unless_empty(agreements=list(map(_agreement, register.agreements)))


def _district(district: District) -> Data:
    return {
        "code": district.code,
        "short": district.short,
        "name": district.name,
        "address_range": str(district.address_range),
        **_unless_empty(resolvers=list(district.resolvers)),
        **({} if district.pool is None else {"pool": asdict(district.pool)}),
        "duties": {duty: list(groups) for duty, groups in asdict(district.duties).items()},
    }


def _bureau(bureau: Bureau) -> Data:
    return {
        "code": bureau.code,
        "short": bureau.short,
        "name": bureau.name,
        "kind": bureau.kind,
        **_unless_empty(parent=bureau.parent),
        "contact": bureau.contact,
        "allotment": asdict(bureau.allotment),
        "staff": {role: list(groups) for role, groups in asdict(bureau.staff).items()},
        **_unless_empty(systems=list(map(_system, bureau.systems))),
    }


def _system(system: System) -> Data:
    return {
        "code": system.code,
        "name": system.name,
        **_unless_empty(service_class=system.service_class),
        "security_class": system.security_class,
        "environment": system.environment,
        "allotment": asdict(system.allotment),
        **_unless_empty(exposes=list(system.exposes)),
    }


def _agreement(agreement: Agreement) -> Data:
    return asdict(agreement)


def _unless_empty(**entries: object) -> Data:
    return {key: value for key, value in entries.items() if value}
