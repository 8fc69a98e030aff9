"""Waits that end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .errors import CheckFailed

T = TypeVar("T")


@dataclass(frozen=True)
class Wait:
    """Something to wait for, and what to say when it does not come."""

    what: str
    where: str
    remedy: str
    timeout_seconds: float
    interval_seconds: float = 0.5

    def until(self, probe: Callable[[], T | None], explain: Callable[[], str]) -> T:
        """Call `probe` until it returns something else than None.

        :param explain: asked for the reason, only when time is over.
        :raises CheckFailed: after `timeout_seconds`.
        """
        deadline = time.monotonic() + self.timeout_seconds
        while True:
            result = probe()
            if result is not None:
                return result
            if time.monotonic() > deadline:
                raise CheckFailed(
                    f"{self.what}: not within {self.timeout_seconds:g} seconds",
                    where=self.where,
                    why=explain(),
                    remedy=self.remedy,
                )
            time.sleep(self.interval_seconds)
