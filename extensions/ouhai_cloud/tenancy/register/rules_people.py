"""Who may do what: one role in a unit for a group, and one of the centre's duties (三员分立)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ouhai_cloud.tenancy.register.document import Problem
from ouhai_cloud.tenancy.register.facts import DUTIES, ROLES, Entry, Facts


def duties_apart(of: Facts) -> Iterator[Problem]:
    """The three duties watch each other, so they are never one group."""
    yield from _twice(of.district.entry("duties"), DUTIES, "duty")


def roles_apart(of: Facts) -> Iterator[Problem]:
    """A group with two roles in a unit has the greater anyway; so one of them is a mistake."""
    for unit in of.units:
        yield from _twice(unit.entry("staff"), ROLES, "role in this unit")


def _twice(entry: Entry, keys: Iterable[str], what: str) -> Iterator[Problem]:
    # Directories compare names without regard to case.
    seen: dict[str, str] = {}
    for key in keys:
        for path, group in entry.texts(key):
            if (folded := group.casefold()) in seen:
                message = f"the group {group} stands under {seen[folded]} already"
                yield path, f"{message}; a group has one {what}"
            seen.setdefault(folded, key)


RULES = (duties_apart, roles_apart)
