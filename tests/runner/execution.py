"""Running one step: a command with a time limit, its output in a log, its tests counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.runner.counting import Count, count_junit
from tests.runner.paths import OUTPUT, ROOT

POLL_SECONDS = 0.2
GRACE_SECONDS = 10
TAIL_LINES = 60


@dataclass(frozen=True)
class Step:
    """One check. The tests in `junit` are counted; without it, the step counts as one."""

    name: str
    command: tuple[str, ...]
    timeout_seconds: int
    environment: Mapping[str, str] = field(default_factory=dict)
    junit: Path | None = None
    debian_packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a step ended. `note` says why when that is not a failed check."""

    name: str
    count: Count
    seconds: float
    log: Path
    note: str = ""

    @property
    def good(self) -> bool:
        """True when nothing failed."""
        return self.count.failed == 0


def run_step(step: Step, *, echo: bool) -> Outcome:
    """Run a step to its end or its time limit; with `echo`, show its output while it runs."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    log = OUTPUT / f"{step.name}.log"
    if step.junit is not None:
        step.junit.unlink(missing_ok=True)
    started = time.monotonic()
    # The output goes to a file and not through a pipe: what a step leaves running on purpose
    # (the lab's own services) would hold a pipe open for ever.
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                step.command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **step.environment},
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(step.name, Count(failed=1), 0.0, log, f"cannot start: {error}")
    try:
        timed_out = not _wait(process, log, started + step.timeout_seconds, echo)
    finally:
        _end(process)
    seconds = time.monotonic() - started
    if timed_out:
        return Outcome(
            step.name, Count(failed=1), seconds, log, f"not done after {step.timeout_seconds} s"
        )
    count, note = _judge(step, process.returncode)
    return Outcome(step.name, count, seconds, log, note)


def not_run(step: Step, why: str) -> Outcome:
    """The outcome of a step that was not even started."""
    log = OUTPUT / f"{step.name}.log"
    log.unlink(missing_ok=True)
    return Outcome(step.name, Count(failed=1), 0.0, log, f"not run: {why}")


def tail(log: Path) -> str:
    """The last lines of a log, for the reader of a terminal or of CI's output."""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join(lines[-TAIL_LINES:])


def _judge(step: Step, exit_code: int) -> tuple[Count, str]:
    if step.junit is None:
        good = exit_code == 0
        return Count(passed=int(good), failed=int(not good)), "" if good else f"exit {exit_code}"
    if not step.junit.is_file():
        return Count(failed=1), f"exit {exit_code} before any test was counted"
    count = count_junit(step.junit)
    if exit_code == 0 and count.passed == 0:
        return Count(failed=1, skipped=count.skipped), "no test passed"
    if exit_code != 0 and count.failed == 0:
        return Count(count.passed, 1, count.skipped), f"exit {exit_code} with no failed test"
    return count, ""


def _wait(process: subprocess.Popen[bytes], log: Path, deadline: float, echo: bool) -> bool:
    """Wait for the end of a process; False when the deadline (monotonic seconds) came first."""
    with log.open("rb") as output:
        while True:
            ended = process.poll() is not None
            if echo:
                sys.stdout.write(output.read().decode(errors="replace"))
                sys.stdout.flush()
            if ended:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, and its process group with it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
