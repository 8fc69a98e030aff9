"""Long work shown on stderr: one line that moves on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from ouhai_cloud.tenancy.changes import Change
from ouhai_cloud.tenancy.target import Result

LOG_SECONDS = 5.0


class Progress:
    """Told of each change; see ``tenancy.apply.Progress``.

    :param stream: where to write; a terminal is told every change, anything else now and then.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._start = self._said = time.monotonic()

    def __call__(self, done: int, total: int, change: Change, result: Result) -> None:
        """Show how far it is; a failure is shown at once."""
        now = time.monotonic()
        if result.error:
            self._write(f"{change.key}: {result.error}\n")
        terminal = self._stream.isatty()
        if terminal or done == total or now - self._said >= LOG_SECONDS:
            self._said = now
            text = f"{done}/{total} {change.key}, {now - self._start:.0f} s"
            self._write(f"\r\x1b[K{text}" if terminal and done < total else f"{text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
