"""Codes and names: which must differ, and which Keystone and its database would refuse."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.register.document import Path, Problem
from ouhai_cloud.tenancy.register.facts import Facts

RESERVED = frozenset({"default", "heat", "district", "federated"})
"""Domains of the cloud itself: Keystone's and Heat's, the directory's, federated users'."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

Named = tuple[Path, str, str]
"""Where a name stands, the name, and who has it."""


def unit_codes(of: Facts) -> Iterator[Problem]:
    """A unit's code is its identity."""
    named = (((*unit.path, "code"), unit.code, unit.text("name")) for unit in of.units)
    yield from _repeated(named, "code")


def unit_shorts(of: Facts) -> Iterator[Problem]:
    """A unit's short name becomes a domain, and groups are named after it."""
    named = [((*unit.path, "short"), unit.text("short"), unit.code) for unit in of.units]
    yield from _repeated(named, "short name")
    for path, short, _ in named:
        if short in RESERVED:
            yield path, f"{short} is a domain of the cloud itself; choose another short name"


def unit_names(of: Facts) -> Iterator[Problem]:
    """Two units with one name cannot be told apart on the dashboard."""
    named = (((*unit.path, "name"), unit.text("name"), unit.code) for unit in of.units)
    yield from _repeated(named, "name")


def system_codes(of: Facts) -> Iterator[Problem]:
    """A system's code is its identity within its unit."""
    for unit in of.units:
        named = (((*one.path, "code"), one.text("code"), unit.code) for one in unit.systems)
        yield from _repeated(named, "code")


def project_names(of: Facts) -> Iterator[Problem]:
    """Systems and sub-units become projects of one domain, where no two may have one name."""
    seen: dict[str, dict[str, str]] = {}
    tops = [(unit, top) for unit in of.units if (top := of.top(unit))]
    for unit, top in tops:
        if unit.parent:
            seen.setdefault(top.code, {})[folded(unit.text("name"))] = unit.code
    for unit, top in tops:
        named = (
            ((*one.path, "name"), one.text("name"), f"{unit.code}/{one.text('code')}")
            for one in unit.systems
        )
        yield from _repeated(
            named, f"name in the domain of {top.code}", seen.setdefault(top.code, {})
        )


def duties_code(of: Facts) -> Iterator[Problem]:
    """The three duties' project stands among the centre's systems, where no two have one code."""
    for one in (system for centre in of.centres for system in centre.systems):
        if one.text("code") == keys.DUTIES:
            yield (*one.path, "code"), _of_duties(keys.DUTIES, "code")


def duties_name(of: Facts) -> Iterator[Problem]:
    """The three duties' project is in the centre's domain, where no two have one name."""
    domains = {top.code for centre in of.centres if (top := of.top(centre))}
    for unit in of.units:
        if (top := of.top(unit)) and top.code in domains:
            # A top unit's name is its domain's description, not a project's name.
            for one in (unit, *unit.systems) if unit.parent else unit.systems:
                if folded(name := one.text("name")) == folded(keys.DUTIES_NAME):
                    yield (*one.path, "name"), _of_duties(name, "name")


def agreement_codes(of: Facts) -> Iterator[Problem]:
    """An agreement's code is its identity."""
    named = (((*one.path, "code"), one.text("code"), "") for one in of.agreements)
    yield from _repeated(named, "code")


def characters(of: Facts) -> Iterator[Problem]:
    """No text may have what nobody sees or what Keystone's tables cannot store."""
    yield from _characters((), of.root.data)


def folded(name: str) -> str:
    """Return a name as the database compares it: without regard to case, width and accents."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def _of_duties(word: str, what: str) -> str:
    message = f"{word} is the {what} of the project of the three duties (三员分立)"
    return f"{message}; choose another {what}"


def _repeated(
    named: Iterable[Named], what: str, seen: dict[str, str] | None = None
) -> Iterator[Problem]:
    seen = {} if seen is None else seen
    for path, name, holder in named:
        if name and folded(name) in seen:
            first = seen[folded(name)]
            taken = f" by {first}" if first else ""
            yield path, f"{name} is taken{taken}; no two may have one {what}"
        seen.setdefault(folded(name), holder)


def _characters(path: Path, value: object) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _characters((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _characters((*path, index), item)
    elif isinstance(value, str):
        for char in sorted(set(value)):
            if reason := _refused(char):
                yield path, f"the character U+{ord(char):04X} {reason}; remove or replace it"


def _refused(char: str) -> str:
    if unicodedata.category(char) in _UNSEEN or char in "\ufffe\uffff":
        return "cannot be seen"
    # Keystone makes its tables with MySQL's utf8, which ends there.
    return "is beyond U+FFFF and cannot be stored by Keystone" if ord(char) > 0xFFFF else ""


RULES = (
    unit_codes,
    unit_shorts,
    unit_names,
    system_codes,
    project_names,
    duties_code,
    duties_name,
    agreement_codes,
    characters,
)
