"""A command that is told to end puts in order what it began."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def orderly() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what is inside as an exception does, like Ctrl-C."""
    before = {one: signal.signal(one, _leave) for one in SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
