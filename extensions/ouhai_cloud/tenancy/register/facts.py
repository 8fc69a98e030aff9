"""A tolerant view of unchecked data, so that rules can look at what is right beside what is wrong.

The schema says that a value has the wrong type; here such a value is simply not there. So one
misspelt word does not hide that two allotments are too large.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ouhai_cloud.tenancy.register.document import Path

RESOURCES = ("cores", "memory_gib", "disk_gib", "addresses", "snapshots")
ROLES = ("manager", "member", "reader")
DUTIES = ("system_administrator", "security_administrator", "auditor")


@dataclass(frozen=True)
class Entry:
    """A mapping in the document, perhaps an empty one, and where it is."""

    path: Path
    data: Mapping[str, object]

    def text(self, key: str) -> str:
        """Return a text, empty when there is none."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    def count(self, key: str) -> int:
        """Return a number, 0 when there is none."""
        value = self.data.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def entry(self, key: str) -> Entry:
        """Return the mapping below a key."""
        return _entry((*self.path, key), self.data.get(key))

    def has(self, key: str) -> bool:
        """Whether there is a mapping below a key."""
        return isinstance(self.data.get(key), dict)

    def entries(self, key: str) -> tuple[Entry, ...]:
        """Return the mappings in a list."""
        return tuple(_entry(path, item) for path, item in self._items(key))

    def texts(self, key: str) -> tuple[tuple[Path, str], ...]:
        """Return the texts in a list, each with its path."""
        return tuple((path, item) for path, item in self._items(key) if isinstance(item, str))

    def _items(self, key: str) -> Iterator[tuple[Path, object]]:
        value = self.data.get(key)
        for index, item in enumerate(value if isinstance(value, list) else []):
            yield (*self.path, key, index), item


def _entry(path: Path, value: object) -> Entry:
    return Entry(path, value if isinstance(value, dict) else {})


@dataclass(frozen=True)
class Unit(Entry):
    """A bureau or sub-unit."""

    @cached_property
    def code(self) -> str:
        """Its code, empty when there is none."""
        return self.text("code")

    @cached_property
    def parent(self) -> str:
        """The code of the unit above, empty at the top."""
        return self.text("parent")

    @cached_property
    def systems(self) -> tuple[Entry, ...]:
        """Its application systems."""
        return self.entries("systems")

    @cached_property
    def allotment(self) -> Entry:
        """What it is granted."""
        return self.entry("allotment")


@dataclass(frozen=True)
class Facts:
    """The document's parts, and who is below whom."""

    root: Entry

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Every bureau and sub-unit."""
        return tuple(Unit(one.path, one.data) for one in self.root.entries("bureaus"))

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """Units by code; of two with one code the first counts, the second is a fault."""
        return {one.code: one for one in reversed(self.units) if one.code}

    @cached_property
    def centres(self) -> tuple[Unit, ...]:
        """Units of the kind centre; of more than one, all but the first are a fault."""
        return tuple(one for one in self.units if one.text("kind") == "centre")

    @cached_property
    def district(self) -> Entry:
        """The district's own entry."""
        return self.root.entry("district")

    @cached_property
    def agreements(self) -> tuple[Entry, ...]:
        """The sharing agreements."""
        return self.root.entries("agreements")

    @cached_property
    def children(self) -> Mapping[str, tuple[Unit, ...]]:
        """Units right below each code."""
        below: dict[str, list[Unit]] = {}
        for unit in self.units:
            below.setdefault(unit.parent, []).append(unit)
        return {code: tuple(units) for code, units in below.items()}

    def line(self, unit: Unit) -> list[str]:
        """Return the codes from a unit upward; stops at an unknown one or at the first repeated."""
        codes = [unit.code]
        while (above := self.by_code.get(codes[-1])) and (parent := above.parent):
            codes.append(parent)
            if codes.count(parent) > 1:
                break
        return codes

    def top(self, unit: Unit) -> Unit | None:
        """Return the unit whose domain a unit lives in, None when its parents lead nowhere."""
        last = self.by_code.get(self.line(unit)[-1])
        return last if last and not last.parent else None


def facts(data: object) -> Facts:
    """Return the view of a document's data."""
    return Facts(_entry((), data))
