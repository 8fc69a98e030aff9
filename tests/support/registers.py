"""Registers of any size, valid and the same every time, for benchmarks and tests of growth."""

from __future__ import annotations

from ipaddress import IPv4Network

from ouhai_cloud.tenancy.register.model import (
    Allotment,
    Bureau,
    District,
    Duties,
    Register,
    Staff,
    System,
)

SYSTEM = Allotment(cores=2, memory_gib=2, disk_gib=20, addresses=1, snapshots=2)


def big_register(bureaus: int, systems: int) -> Register:
    """Return a register of top units, the first being the centre, with systems spread evenly.

    :param bureaus: from 1 to 9999.
    :param systems: in all; every fourth is of security class 3.
    """
    shares = [systems // bureaus + (number < systems % bureaus) for number in range(bureaus)]
    units = tuple(_bureau(number, share) for number, share in enumerate(shares, 1))
    return Register(
        district=District(
            code="330304",
            short="big",
            name="大区",
            address_range=IPv4Network("10.64.0.0/10"),
            duties=Duties(("big-system",), ("big-security",), ("big-audit",)),
            pool=_times(systems),
        ),
        bureaus=units,
    )


def _bureau(number: int, systems: int) -> Bureau:
    short = f"b{number}"
    return Bureau(
        code=f"B{number:04}",
        short=short,
        name=f"第{number}局",
        kind="centre" if number == 1 else "bureau",
        parent=None,
        contact=f"{short}@big.example",
        allotment=_times(systems),
        staff=Staff((f"{short}-manager",), (f"{short}-member",), (f"{short}-reader",)),
        systems=tuple(_system(number, one) for one in range(1, systems + 1)),
    )


def _system(bureau: int, number: int) -> System:
    return System(
        code=f"s{number}",
        name=f"第{bureau}局第{number}系统",
        service_class="",
        security_class=3 if number % 4 == 0 else 2,
        environment="production",
        allotment=SYSTEM,
        exposes=(443,),
    )


def _times(systems: int) -> Allotment:
    return Allotment(
        cores=SYSTEM.cores * systems,
        memory_gib=SYSTEM.memory_gib * systems,
        disk_gib=SYSTEM.disk_gib * systems,
        addresses=SYSTEM.addresses * systems,
        snapshots=SYSTEM.snapshots * systems,
    )
