"""Names and texts that the cloud shows, and where each unit stands in its domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.register.model import Bureau, Register, System
from ouhai_cloud.tenancy.resources import Key, Kind, Resource, Value, kind_of

TAG = "ouhai"
CLASSES = {2: "等保二级", 3: "等保三级"}
ENVIRONMENTS = {"production": "生产环境", "test": "测试环境"}


@dataclass(frozen=True)
class Unit:
    """A unit of the register with the top unit whose domain it lives in."""

    bureau: Bureau
    top: Bureau

    @property
    def home(self) -> Key:
        """Key of what its projects lie in: its domain, or its container project."""
        if self.bureau.parent is None:
            return keys.domain(self.bureau.code)
        return keys.container(self.bureau.code)


@dataclass(frozen=True)
class Tenant:
    """A system with its unit: what has a project, a network, and limits of its own."""

    unit: Unit
    system: System

    @property
    def code(self) -> str:
        """Code of the unit."""
        return self.unit.bureau.code

    @property
    def place(self) -> str:
        """``UNIT/SYSTEM``, such as ``E021/oa``."""
        return f"{self.code}/{self.system.code}"

    @property
    def project(self) -> Key:
        """Key of its project."""
        return keys.project(self.code, self.system.code)

    @property
    def label(self) -> str:
        """ASCII name for what staff see in lists: ``edu-oa``."""
        return f"{self.unit.bureau.short}-{self.system.code}"

    @property
    def title(self) -> str:
        """Chinese name of unit and system."""
        return f"{self.unit.bureau.name} {self.system.name}"


def units(register: Register) -> tuple[Unit, ...]:
    """Return all units with their top units, in the register's order."""
    by_code = {one.code: one for one in register.bureaus}
    return tuple(Unit(one, _top(one, by_code)) for one in register.bureaus)


def tenants(all_units: tuple[Unit, ...]) -> Iterator[Tenant]:
    """Yield all systems, in the register's order of units and theirs of systems."""
    for unit in all_units:
        for system in unit.bureau.systems:
            yield Tenant(unit, system)


def centre(all_units: tuple[Unit, ...]) -> Unit:
    """Return the e-government centre; a valid register has exactly one."""
    return next(one for one in all_units if one.bureau.kind == "centre")


def tags(**codes: str) -> tuple[str, ...]:
    """Return a project's tags, sorted; Keystone allows neither slash nor comma in one.

    :param codes: values by name, an underscore standing for a dash; an empty value gives no tag.
    """
    named = (f"{name.replace('_', '-')}={value}" for name, value in codes.items() if value)
    return tuple(sorted([TAG, *(one.replace("/", "-").replace(",", "-") for one in named)]))


def wish(key: Key, bureau: str, reason: str, /, **attributes: Value) -> Resource:
    """Return a wanted resource; its kind is told by its key.

    :param bureau: code of the bureau, empty for the district's own.
    :param reason: where the wish comes from, such as ``E021/oa``.
    """
    return Resource(Kind(kind_of(key)), key, bureau, attributes, reason)


def _top(bureau: Bureau, by_code: Mapping[str, Bureau]) -> Bureau:
    while bureau.parent is not None:
        bureau = by_code[bureau.parent]
    return bureau
