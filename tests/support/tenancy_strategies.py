"""Registers over the same few codes, so that any two of them have much in common."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st
from ouhai_cloud.tenancy.desired import Settings
from ouhai_cloud.tenancy.register.model import (
    Agreement,
    Allotment,
    Bureau,
    BureauKind,
    District,
    Duties,
    Register,
    Staff,
    System,
)

Draw = Any
SETTINGS = Settings("extranet", ("compute3",))
UNITS: dict[str, tuple[str, BureauKind, str | None]] = {
    "E001": ("中心", "centre", None),
    "E002": ("教育局", "bureau", None),
    "E003": ("民政局", "bureau", None),
    "S001": ("实验小学", "school", "E002"),
    "S002": ("小学分校", "school", "S001"),
}
SYSTEMS = {"db": "数据库", "oa": "办公系统", "web": "门户网站"}
ROOM = Allotment(1000, 1000, 10000, 1000, 1000)


def system(code: str, addresses: int = 2, cores: int = 2, **more: Any) -> System:
    """Return a system by its code."""
    fields: dict[str, Any] = {
        "name": SYSTEMS.get(code, code),
        "service_class": "",
        "security_class": 2,
        "environment": "production",
        "exposes": (),
    }
    allotment = Allotment(cores, 4, 40, addresses, 2)
    return System(code=code, allotment=allotment, **{**fields, **more})


def bureau(code: str, *systems: System, **more: Any) -> Bureau:
    """Return a unit by its code."""
    name, kind, parent = UNITS[code]
    short = code.lower()
    fields: dict[str, Any] = {
        "short": short,
        "name": name,
        "kind": kind,
        "parent": parent,
        "staff": Staff((f"{short}-manager",), (f"{short}-member",), (f"{short}-reader",)),
    }
    return Bureau(
        code=code,
        contact="office@example.invalid",
        allotment=ROOM,
        systems=systems,
        **{**fields, **more},
    )


def register(
    *bureaus: Bureau, agreements: tuple[Agreement, ...] = (), space: str = "172.20.0.0/17"
) -> Register:
    """Return a register of units; the centre is added when it is not among them."""
    units = {one.code: one for one in (bureau("E001"), *bureaus)}
    district = District(
        code="330304",
        short="oh",
        name="瓯海区",
        address_range=IPv4Network(space),
        duties=Duties(("duty-system",), ("duty-security",), ("duty-audit",)),
        resolvers=("10.1.0.53", "10.1.0.54"),
    )
    return Register(district, tuple(units[code] for code in sorted(units)), agreements, "test.yaml")


@st.composite
def small_registers(draw: Draw) -> Register:
    """Draw a register; sub-units only below units that are there."""
    codes = ["E001", *draw(st.sets(st.sampled_from(("E002", "E003"))))]
    for code, above in (("S001", "E002"), ("S002", "S001")):
        if above in codes and draw(st.booleans()):
            codes.append(code)
    units = [_drawn_bureau(draw, code) for code in codes]
    places = [f"{unit.code}/{one.code}" for unit in units for one in unit.systems]
    pairs = [(one, two) for one in places for two in places if _domain(one) != _domain(two)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True)) if pairs else []
    agreements = tuple(
        Agreement(f"A{number}", one, two, "共享") for number, (one, two) in enumerate(chosen)
    )
    return register(*units, agreements=agreements)


def _drawn_bureau(draw: Draw, code: str) -> Bureau:
    revision = draw(st.sampled_from(("", "2")))
    systems = [
        system(
            one,
            # Within what the smallest subnet holds, so that no living one is outgrown.
            addresses=draw(st.integers(0, 10)),
            cores=draw(st.integers(0, 3)),
            name=SYSTEMS[one] + code + draw(st.sampled_from(("", "（新）"))),
            security_class=draw(st.sampled_from((2, 3))),
            exposes=tuple(draw(st.sets(st.sampled_from((22, 80, 443))))),
        )
        for one in sorted(draw(st.sets(st.sampled_from(sorted(SYSTEMS)))))
    ]
    short = code.lower() + revision
    staff = Staff((f"{short}-manager",), (f"{code}-member",), ())
    return bureau(code, *systems, short=short, staff=staff)


def _domain(place: str) -> str:
    return "E002" if place[0] == "S" else place.partition("/")[0]
