"""The report of what was found, for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

_WIDTH = 110
_HOSTS_SHOWN = 8


def merge(failures: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Join those that differ in the place only: a hundred hosts may share one mistake."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for failure in failures:
        key = (failure["what"], failure["why"], failure["remedy"])
        found = places.setdefault(key, [])
        if failure["where"] not in found:
            found.append(failure["where"])
    return [
        {"where": _join(found), "what": what, "why": why, "remedy": remedy}
        for (what, why, remedy), found in places.items()
    ]


def render(failures: Iterable[Mapping[str, str]]) -> str:
    """Return the report: for each failure what, where, why and what to do."""
    merged = merge(failures)
    blocks = []
    for number, failure in enumerate(merged, start=1):
        lines = [
            ("", f"{number}. {failure['what']}"),
            ("where: ", failure["where"]),
            ("why:   ", failure["why"]),
            ("do:    ", failure["remedy"]),
        ]
        blocks.append("\n".join(_line(label, text) for label, text in lines))
    return "\n\n".join(blocks)


def _line(label: str, text: str) -> str:
    indent = "   " if label else ""
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=indent + label,
        subsequent_indent="   " + " " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _join(places: list[str]) -> str:
    if len(places) <= _HOSTS_SHOWN:
        return ", ".join(places)
    return f"{', '.join(places[:_HOSTS_SHOWN])} and {len(places) - _HOSTS_SHOWN} more"
