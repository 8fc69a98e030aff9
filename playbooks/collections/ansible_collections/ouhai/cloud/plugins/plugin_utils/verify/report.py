"""What an operator reads at the end, and what a program reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .graph import Outcome, State

SIGNS = {State.OK: "ok  ", State.FAILED: "FAIL", State.NOT_REACHED: "-   "}


def line(outcome: Outcome) -> str:
    """Render one outcome on one line."""
    detail = outcome.detail.splitlines()[0] if outcome.detail else ""
    return (
        f"  {SIGNS[outcome.state]} {outcome.name:<28} {outcome.seconds:6.1f} s  {detail}".rstrip()
    )


def table(outcomes: Iterable[Outcome], seconds: float) -> str:
    """Render all outcomes, slowest first; steps overlap, so their sum exceeds the total."""
    rows = sorted(outcomes, key=lambda outcome: -outcome.seconds)
    body = "\n".join(f"  {row.name:<28} {row.seconds:6.1f} s  {row.state}" for row in rows)
    return f"{body}\n  {'all, side by side':<28} {seconds:6.1f} s"


def failures(outcomes: Iterable[Outcome]) -> str:
    """Render what failed, in full."""
    return "\n\n".join(row.detail for row in outcomes if row.state is State.FAILED)


def as_data(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Return plain data for Ansible's result and the report."""
    return [
        {"step": row.name, "state": str(row.state), "seconds": row.seconds, "detail": row.detail}
        for row in outcomes
    ]


def write(path: Path, result: dict[str, Any]) -> None:
    """Write the report. It holds no secret.

    :raises OSError: the folder is missing or not writable.
    """
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
