"""What drills share: timed steps, and commands whose output is the operator's to see."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.support.lab import COMMAND, ROOT


class DrillFailed(Exception):
    """What the drill wants to show is not so; the message says what was seen instead."""


class Steps:
    """Steps with their seconds, what was seen in them, and a table at the end."""

    def __init__(self) -> None:
        """Begin without any step."""
        self._rows: list[tuple[str, float, str]] = []
        self._seen = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce and time one step."""
        print(f"### {name}", flush=True)
        started = time.monotonic()
        self._seen = "FAILED"
        try:
            yield
            self._seen = "" if self._seen == "FAILED" else self._seen
        finally:
            self._rows.append((name, time.monotonic() - started, self._seen))

    def seen(self, text: str) -> None:
        """Note a finding of the running step for the table."""
        print(f"    {text}", flush=True)
        self._seen = text

    def table(self) -> str:
        """Return all steps, one a line."""
        width = max((len(name) for name, *_ in self._rows), default=4)
        rows = [f"{name:<{width}}  {seconds:8.1f}  {seen}" for name, seconds, seen in self._rows]
        total = sum(seconds for _, seconds, _ in self._rows)
        return "\n".join(
            [f"{'step':<{width}}  {'seconds':>8}", *rows, f"{'total':<{width}}  {total:8.1f}"]
        )


def lab(*words: str, code: int = 0) -> None:
    """Run `deploy/lab WORDS`, showing what it prints.

    :raises DrillFailed: it does not end with this exit code.
    """
    command([COMMAND, *words], code=code)


def command(words: Sequence[str], *, code: int = 0, env: Mapping[str, str] | None = None) -> None:
    """Run a command in the tree.

    :raises DrillFailed: it does not end with this exit code.
    """
    done = subprocess.run(words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != code:
        raise DrillFailed(f"`{' '.join(words)}` ended with {done.returncode} instead of {code}")


def lab_exists() -> bool:
    """Tell whether there is a lab in the state directory, whole or not."""
    asked = subprocess.run([COMMAND, "env"], capture_output=True, check=False)
    return asked.returncode == 0


def room(replace: bool) -> None:
    """See that no lab is in the way; take one down if that was asked for.

    :raises DrillFailed: there is one, and it may not be replaced.
    """
    if not lab_exists():
        return
    if not replace:
        raise DrillFailed("a lab is up and would be lost: give --replace to take it down first")
    lab("down")
