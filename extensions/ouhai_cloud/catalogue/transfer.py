"""Long transfers, told of now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from ouhai_cloud.catalogue.copies import Tell

TELL_SECONDS = 5.0
MIB = 1 << 20


class Meter:
    """Tells how far something is, now and then and at the end.

    :param total_bytes: how much there is in all.
    :param doing: what is done, such as ``uploaded``.
    """

    def __init__(self, total_bytes: int, doing: str, tell: Tell) -> None:
        self._total, self._doing, self._tell = total_bytes, doing, tell
        self._said = time.monotonic()

    def __call__(self, done_bytes: int) -> None:
        """Take note of how much is done."""
        now = time.monotonic()
        if done_bytes == self._total or now - self._said >= TELL_SECONDS:
            self._said = now
            done, total = done_bytes / MIB, self._total / MIB
            self._tell(f"{self._doing} {done:.1f} of {total:.1f} MiB")


def told(pieces: Iterable[bytes], total_bytes: int, doing: str, tell: Tell) -> Iterator[bytes]:
    """Yield what passes, and tell of it."""
    meter, done = Meter(total_bytes, doing, tell), 0
    for piece in pieces:
        done += len(piece)
        yield piece
        meter(done)
