"""Figures side by side: ours, what it is compared with, the ratio, the goal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.runner.paths import OUTPUT


class BenchFailed(Exception):
    """Something could not be measured; says what, why and what to do next."""


@dataclass(frozen=True)
class Row:
    """One line; `reference` is the floor or a peer, None where there is none."""

    name: str
    ours: float
    reference: float | None = None
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the reference; None without one that could divide."""
        return self.ours / self.reference if self.reference else None

    @property
    def met(self) -> bool:
        """Tell whether ours is within the goal; what has no goal is."""
        return self.goal is None or self.ours <= self.goal


def render(what: str, reference: str, rows: Sequence[Row], digits: int = 1) -> str:
    """Return the rows as aligned text; `what` heads the names, `reference` its column."""
    width = max(len(text) for text in (what, *(row.name for row in rows))) + 2
    lines = [f"{what:<{width}}{'ours':>10}{reference:>12}{'ratio':>8}{'goal':>10}"]
    for row in rows:
        missed = "" if row.met else "  MISSED"
        line = (
            f"{row.name:<{width}}{row.ours:>10.{digits}f}{_cell(row.reference, digits):>12}"
            f"{_cell(row.ratio, 2):>8}{_cell(row.goal, digits):>10}{missed}"
        )
        lines.append(line)
    return "\n".join(lines)


def all_met(rows: Sequence[Row]) -> bool:
    """Tell whether every row is within its goal."""
    return all(row.met for row in rows)


def write_figures(name: str, figures: dict[str, Any]) -> Path:
    """Write what was measured to tests/output/bench-NAME.json; return that path.

    What was measured earlier under other names, and is in there, stays.
    """
    path = OUTPUT / f"bench-{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**earlier, **figures}, indent=2) + "\n")
    return path


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
