"""What a repository offers: its Packages file, and the part that an image can be made from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_FIRST_WORD = re.compile(r"\s*([a-z0-9][a-z0-9+.-]+)")


@dataclass(frozen=True)
class Offer:
    """One package that a repository offers."""

    name: str
    version: str
    sha256: str
    file: str
    essential: bool
    provides: tuple[str, ...]
    needs: tuple[str, ...] = field(repr=False)
    """What it depends on, every alternative of every dependency."""


def _names(text: str) -> tuple[str, ...]:
    found = (_FIRST_WORD.match(part) for part in re.split(r"[,|]", text))
    return tuple(match[1] for match in found if match)


def parse(text: str) -> list[Offer]:
    """The packages in the text of a Packages file."""
    offers = []
    for stanza in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " "
        )
        if "Package" not in fields:
            continue
        offers.append(
            Offer(
                name=fields["Package"],
                version=fields["Version"],
                sha256=fields["SHA256"],
                file=fields["Filename"],
                essential=fields.get("Essential") == "yes",
                provides=_names(fields.get("Provides", "")),
                needs=_names(fields.get("Pre-Depends", "")) + _names(fields.get("Depends", "")),
            )
        )
    return offers


def closure(offers: Iterable[Offer], names: Iterable[str]) -> list[Offer]:
    """All packages that an image of `names` may be made from.

    All alternatives of a dependency are in it, so rather too many than too few: an image can only
    change when one of these does, whatever else the repository gets.
    """
    by_name: dict[str, list[Offer]] = {}
    todo = [*names, "apt"]
    for offer in offers:
        for name in (offer.name, *offer.provides):
            by_name.setdefault(name, []).append(offer)
        if offer.essential:
            todo.append(offer.name)
    result: dict[str, Offer] = {}
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for offer in by_name.get(name, []):
            result[offer.sha256] = offer
            todo.extend(offer.needs)
    return sorted(result.values(), key=lambda offer: (offer.name, offer.version))
