"""A register as it was read: plain data, and where each part of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ouhai_cloud.errors import Fault

Path = tuple[str | int, ...]
"""Keys and indices from the document's root: ``("bureaus", 3, "code")``."""

Problem = tuple[Path, str]
"""Where something is wrong, and what."""


@dataclass(frozen=True)
class Place:
    """Where people find a part of the document.

    :param line: counted from 1.
    :param label: what they call it (``单位!C7``); empty where the path says it best.
    """

    line: int
    label: str = ""


def dotted(path: Path) -> str:
    """Return a path as people read it: ``bureaus[3].systems[0].code``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


@dataclass(frozen=True)
class Document:
    """Data of a register that nobody has checked yet.

    :param name: the file as the user named it.
    :param places: by path; what has none is found where its parent stands.
    :param faults: what was wrong with it already as text or cells.
    """

    name: str
    data: object
    places: Mapping[Path, Place]
    faults: tuple[Fault, ...] = ()

    def fault(self, problem: Problem) -> Fault:
        """Return a problem together with its place."""
        path, message = problem
        known = path
        while known and known not in self.places:
            known = known[:-1]
        place = self.places.get(known, Place(0))
        return Fault(self.name, place.line, place.label or dotted(path), message)
