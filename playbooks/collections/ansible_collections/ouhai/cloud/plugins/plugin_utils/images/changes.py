"""What is to be done, before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One change: `before` and `after` are lines for the diff, empty when there is nothing."""

    summary: str
    before: str
    after: str
    apply: Callable[[], None]
