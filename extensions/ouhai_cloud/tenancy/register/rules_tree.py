"""Which unit is below which."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.tenancy.register.document import Problem
from ouhai_cloud.tenancy.register.facts import Facts

LIMIT_LEVELS = 3
"""A domain, two levels of sub-units and the systems' projects are within Keystone's default 5."""


def parents_known(of: Facts) -> Iterator[Problem]:
    """A parent is a unit of the register."""
    for unit in of.units:
        if unit.parent and unit.parent not in of.by_code:
            message = f"there is no unit {unit.parent}; name one of the register's codes"
            yield (*unit.path, "parent"), message


def cycles(of: Facts) -> Iterator[Problem]:
    """Nobody is above itself; each cycle is told once, at its first unit."""
    told: set[str] = set()
    for unit in of.units:
        line = of.line(unit)
        if len(line) > 1 and line[-1] == unit.code and unit.code not in told:
            told.update(line)
            message = f"the parents go round: {' → '.join(line)}; one of them must have no parent"
            yield (*unit.path, "parent"), message


def tops(of: Facts) -> Iterator[Problem]:
    """Every sub-unit is in the end below a unit that has a domain."""
    for unit in of.units:
        line = of.line(unit)
        own = len(line) <= 2 or line[-1] == unit.code
        if not own and of.top(unit) is None:
            message = f"no top unit is above {unit.code}: {' → '.join(line)}; mend the last parent"
            yield (*unit.path, "parent"), message


def levels(of: Facts) -> Iterator[Problem]:
    """Units are nested only so far."""
    for unit in of.units:
        line = of.line(unit)
        if of.top(unit) and len(line) > LIMIT_LEVELS:
            message = (
                f"{' → '.join(line)} are {len(line)} levels; at most {LIMIT_LEVELS} are allowed"
            )
            yield (*unit.path, "parent"), message


def centre(of: Facts) -> Iterator[Problem]:
    """Exactly one unit runs the cloud for all."""
    if not of.centres and all(unit.text("kind") for unit in of.units):
        yield ("bureaus",), "no unit is of the kind centre; exactly one (区电子政务中心) must be"
    for unit in of.centres[1:]:
        message = f"{of.centres[0].code} is the centre already; exactly one unit may be"
        yield (*unit.path, "kind"), message


RULES = (parents_known, cycles, tops, levels, centre)
