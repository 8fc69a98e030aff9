"""What a run prints at its end."""

from __future__ import annotations

from collections.abc import Sequence

from tests.runner.counting import Count
from tests.runner.execution import Outcome, tail
from tests.runner.paths import ROOT


def failures(outcomes: Sequence[Outcome]) -> str:
    """The last lines of the log of every step that failed."""
    parts = []
    for outcome in outcomes:
        if outcome.good:
            continue
        log = outcome.log.relative_to(ROOT) if outcome.log.is_relative_to(ROOT) else outcome.log
        parts.append(f"\n== {outcome.name} failed; whole log: {log} ==\n{tail(outcome.log)}")
    return "\n".join(parts)


def table(outcomes: Sequence[Outcome]) -> str:
    """Step, seconds, result; one line each."""
    width = max((len(outcome.name) for outcome in outcomes), default=4)
    lines = [f"{'step':{width}}  {'seconds':>7}  result"]
    for outcome in outcomes:
        result = "ok" if outcome.good else "FAILED"
        count = outcome.count
        if count.passed + count.failed + count.skipped > 1:
            result += f" ({count.closing_line()})"
        if outcome.note:
            result += f": {outcome.note}"
        lines.append(f"{outcome.name:{width}}  {outcome.seconds:7.1f}  {result}")
    return "\n".join(lines)


def total(outcomes: Sequence[Outcome]) -> Count:
    """All counts added up."""
    return sum((outcome.count for outcome in outcomes), Count())
