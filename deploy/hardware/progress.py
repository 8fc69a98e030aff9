"""What the operator sees: a line when a step starts, its seconds when it ends."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def duration(seconds: float) -> str:
    """Seconds as people read them: ``4.2 s``, ``3 min 05 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def table(phases: dict[str, float]) -> str:
    """Phases and their seconds, with the total, as aligned lines."""
    rows = [*phases.items(), ("total", sum(phases.values()))]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {seconds:8.1f} s" for name, seconds in rows)


class Progress:
    """Prints steps; on a terminal the current step's detail is one line that is rewritten."""

    def __init__(self) -> None:
        """Start without any finished phase."""
        self.phases: dict[str, float] = {}
        self._terminal = sys.stdout.isatty()
        self._detail = False

    def say(self, text: str) -> None:
        """Print a line of its own."""
        self._clear()
        print(text, flush=True)

    def detail(self, text: str, *, milestone: bool = False) -> None:
        """Show what a step is at; without a terminal only milestones are printed."""
        if self._terminal:
            self._clear()
            width = shutil.get_terminal_size().columns - 1
            print(f"      {text}"[:width], end="", flush=True)
            self._detail = True
        elif milestone:
            print(f"      {text}", flush=True)

    def _clear(self) -> None:
        if self._detail:
            print("\r\x1b[K", end="", flush=True)
            self._detail = False

    @contextmanager
    def phase(self, name: str, what: str) -> Iterator[None]:
        """Announce a phase, time it, and say how it ended."""
        self.say(f"==> {name}: {what}")
        started = time.monotonic()
        ended = "failed"
        try:
            yield
            ended = "done"
        except KeyboardInterrupt:
            ended = "interrupted"
            raise
        finally:
            seconds = time.monotonic() - started
            self.phases[name] = seconds
            self.say(f"    {name}: {ended} in {duration(seconds)}")
