"""Valid registers of every kind, for hypothesis."""

from __future__ import annotations

from dataclasses import astuple
from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st
from ouhai_cloud.tenancy.keys import DUTIES, DUTIES_NAME
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
from ouhai_cloud.tenancy.register.rules_names import RESERVED, folded

Draw = Any

# What YAML, Excel and CSV each take for something else is likely; the rest of what is allowed too.
TRICKY = "=+-@'\"#:,|>&*!%`{}[]?~<;_ 　无0123456789 aAnN教育局（）·é＝"
LETTERS = st.one_of(
    st.sampled_from(TRICKY),
    st.characters(max_codepoint=0xFFFD, categories=("L", "N", "P", "S", "Zs")),
)
NAMES = st.text(LETTERS, min_size=1, max_size=12).filter(
    lambda name: name == name.strip() and folded(name) != folded(DUTIES_NAME)
)
COUNTS = st.integers(0, 9)
ALLOTMENTS = st.builds(Allotment, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
GROUPS = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True).filter(
    lambda group: group not in {"None", "True", "False"}
)
WORDS = st.from_regex(r"[a-z][a-z0-9-]{0,15}", fullmatch=True).filter(
    lambda word: word not in RESERVED | {DUTIES}
)
UNIT_CODES = st.from_regex(r"[A-Z][A-Z0-9]{1,7}", fullmatch=True)
KINDS = st.sampled_from(("bureau", "street", "town", "school", "institution"))
RANGES = st.sampled_from(("172.20.0.0/17", "10.0.0.0/8", "192.168.4.0/22")).map(IPv4Network)


def _addressed(allotment: Allotment) -> bool:
    return bool(allotment.addresses or not (allotment.cores or allotment.disk_gib))


@st.composite
def registers(draw: Draw, max_units: int = 5, max_systems: int = 3) -> Register:
    """Draw a register that obeys every rule."""
    count = draw(st.integers(1, max_units))
    codes = draw(st.lists(UNIT_CODES, min_size=count, max_size=count, unique=True))
    shorts = draw(st.lists(WORDS, min_size=count, max_size=count, unique=True))
    needed = count * (1 + max_systems)
    names = draw(st.lists(NAMES, min_size=needed, max_size=needed, unique_by=folded))
    parents = draw(_parents(codes))
    units: dict[str, Bureau] = {}
    # From the last to the first, so that sub-units are there before the unit above is sized.
    for number in reversed(range(count)):
        own = names[number * (1 + max_systems) : (number + 1) * (1 + max_systems)]
        systems = draw(_systems(own[1:]))
        below = [one.allotment for one in units.values() if one.parent == codes[number]]
        parts = [one.allotment for one in systems] + below + [draw(ALLOTMENTS)]
        units[codes[number]] = Bureau(
            code=codes[number],
            short=shorts[number],
            name=own[0],
            kind="centre" if number == 0 else draw(KINDS),
            parent=parents[number],
            contact=draw(st.sampled_from(("a@b.example", "office.x+y@jyj.ouhai.example"))),
            allotment=_sum(parts),
            staff=Staff(*draw(_apart(min_size=0))),
            systems=systems,
        )
    bureaus = tuple(units[code] for code in sorted(codes))
    bare = Register(draw(_district(bureaus)), bureaus)
    return Register(bare.district, bureaus, draw(_agreements(bare)))


@st.composite
def _parents(draw: Draw, codes: list[str]) -> list[str | None]:
    levels: list[int] = []
    parents: list[str | None] = []
    for number in range(len(codes)):
        higher = [one for one in range(number) if levels[one] < 3]
        above = draw(st.sampled_from([None, *higher]))
        parents.append(None if above is None else codes[above])
        levels.append(1 if above is None else levels[above] + 1)
    return parents


@st.composite
def _systems(draw: Draw, names: list[str]) -> tuple[System, ...]:
    count = draw(st.integers(0, len(names)))
    codes = draw(st.lists(WORDS, min_size=count, max_size=count, unique=True))
    return tuple(
        System(
            code=code,
            name=name,
            service_class=draw(st.sampled_from(("", "A01", "0102", "1.2", "1E3"))),
            security_class=draw(st.sampled_from((2, 3))),
            environment=draw(st.sampled_from(("production", "test"))),
            allotment=draw(ALLOTMENTS.filter(_addressed)),
            exposes=tuple(draw(st.lists(st.integers(1, 65535), max_size=3, unique=True))),
        )
        for code, name in zip(codes, names, strict=False)
    )


@st.composite
def _apart(draw: Draw, min_size: int) -> tuple[tuple[str, ...], ...]:
    """Draw groups for three roles or duties, none of them twice."""
    sizes = [draw(st.integers(min_size, 2)) for _ in range(3)]
    total = sum(sizes)
    drawn = draw(st.lists(GROUPS, min_size=total, max_size=total, unique_by=str.casefold))
    left = iter(drawn)
    return tuple(tuple(next(left) for _ in range(size)) for size in sizes)


@st.composite
def _district(draw: Draw, bureaus: tuple[Bureau, ...]) -> District:
    tops = [one.allotment for one in bureaus if one.parent is None]
    return District(
        code=draw(st.sampled_from(("330304", "010", "0123456789"))),
        short=draw(WORDS),
        name=draw(NAMES),
        address_range=draw(RANGES),
        duties=Duties(*draw(_apart(min_size=1))),
        resolvers=draw(st.sampled_from(((), ("10.1.0.53",), ("10.1.0.53", "10.1.0.54")))),
        pool=draw(st.none() | ALLOTMENTS.map(lambda spare: _sum([*tops, spare]))),
    )


@st.composite
def _agreements(draw: Draw, register: Register) -> tuple[Agreement, ...]:
    homes = {
        f"{unit.code}/{system.code}": register.top(unit).code
        for unit in register.bureaus
        for system in unit.systems
    }
    pairs = [(one, two) for one in homes for two in homes if homes[one] != homes[two]]
    if not pairs:
        return ()
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True))
    return tuple(
        Agreement(f"S{number:03}", provider, consumer, draw(NAMES))
        for number, (provider, consumer) in enumerate(chosen)
    )


def _sum(parts: list[Allotment]) -> Allotment:
    return Allotment(*map(sum, zip(*map(astuple, parts), strict=True)))
