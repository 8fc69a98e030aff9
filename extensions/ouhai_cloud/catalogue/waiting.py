"""Waiting for the cloud, which tells nobody when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 1.0


def wait(done: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; return False when it is not in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
