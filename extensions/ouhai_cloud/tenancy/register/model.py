"""The register as frozen data; it is valid by construction of ``register.load``, not by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Literal

BureauKind = Literal["centre", "bureau", "street", "town", "school", "institution"]
Environment = Literal["production", "test"]
SecurityClass = Literal[2, 3]


@dataclass(frozen=True)
class Allotment:
    """What is granted in all.

    :param addresses: in the systems' own networks: one for each server, so servers at most.
    """

    cores: int = 0
    memory_gib: int = 0
    disk_gib: int = 0
    addresses: int = 0
    snapshots: int = 0


@dataclass(frozen=True)
class Staff:
    """Names of directory groups by role; people are never listed."""

    manager: tuple[str, ...] = ()
    member: tuple[str, ...] = ()
    reader: tuple[str, ...] = ()


@dataclass(frozen=True)
class System:
    """One application system of a bureau.

    :param code: short ASCII code, unique in its bureau: ``oa``.
    :param name: Chinese name.
    :param service_class: code after GB/T 34079.1 where known, else empty.
    :param security_class: 等保 level.
    :param allotment: its part of the bureau's allotment.
    :param exposes: TCP ports reachable from the extranet; none by default.
    """

    code: str
    name: str
    service_class: str
    security_class: SecurityClass
    environment: Environment
    allotment: Allotment
    exposes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bureau:
    """A unit of the district; one with a parent is a sub-unit and lives in the parent's domain.

    :param code: identity, never changes: ``E021``.
    :param short: short ASCII name, the domain's name; may change.
    :param name: Chinese name.
    :param parent: code of the unit above, or None.
    :param contact: a mailbox of the unit, not of a person.
    :param allotment: ceiling for its systems and sub-units together.
    """

    code: str
    short: str
    name: str
    kind: BureauKind
    parent: str | None
    contact: str
    allotment: Allotment
    staff: Staff
    systems: tuple[System, ...] = ()


@dataclass(frozen=True)
class Duties:
    """三员分立: directory groups of the e-government centre's three duties; no group has two."""

    system_administrator: tuple[str, ...]
    security_administrator: tuple[str, ...]
    auditor: tuple[str, ...]


@dataclass(frozen=True)
class District:
    """The district as a whole.

    :param address_range: addresses of all bureaus' networks; must lie within the inventory's
        ``project_range``.
    :param resolvers: DNS servers that guests get.
    :param pool: what the hardware offers, the ceiling for all allotments together; None where
        only the cloud itself can tell.
    """

    code: str
    short: str
    name: str
    address_range: IPv4Network
    duties: Duties
    resolvers: tuple[str, ...] = ()
    pool: Allotment | None = None


@dataclass(frozen=True)
class Agreement:
    """A declared share of a system's network between bureaus.

    :param provider: ``BUREAU/SYSTEM`` whose network is shared.
    :param consumer: ``BUREAU/SYSTEM`` that may attach to it.
    """

    code: str
    provider: str
    consumer: str
    purpose: str


@dataclass(frozen=True)
class Register:
    """The whole register; bureaus and agreements are sorted by code.

    :param source: the file that it was read from, as it was named; empty for none.
    :param digest: SHA-256 of that file's content, as it was read.
    """

    district: District
    bureaus: tuple[Bureau, ...]
    agreements: tuple[Agreement, ...] = ()
    source: str = field(default="", compare=False)
    digest: str = field(default="", compare=False)

    def bureau(self, code: str) -> Bureau:
        """Return the bureau of a code; KeyError when there is none."""
        for one in self.bureaus:
            if one.code == code:
                return one
        raise KeyError(code)

    def top(self, bureau: Bureau) -> Bureau:
        """Return the unit whose domain a unit lives in: itself, or its topmost parent."""
        while bureau.parent is not None:
            bureau = self.bureau(bureau.parent)
        return bureau
