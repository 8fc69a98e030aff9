"""Commands that run for long: each in the lab's cgroup for jobs, with a log of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.hardware import cgroups
from deploy.hardware.errors import JobFailed
from deploy.hardware.layout import Layout

JOBS = "jobs"
LOG_TAIL_LINES = 15
STOP_SECONDS = 8.0


class Job:
    """A running command whose output goes to a log file."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: Path) -> None:
        """Keep the process with its name and log."""
        self.name = name
        self.process = process
        self.log = log

    def wait(self) -> str:
        """Return the whole log when the command has ended well; raise JobFailed otherwise."""
        code = self.process.wait()
        if code != 0:
            raise JobFailed(f"{self.name} ended with {code}:\n{tail(self.log)}\nlog: {self.log}")
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Interrupt the command and what it started, then end it if it does not end itself."""
        if self.process.poll() is not None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(STOP_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last lines of a log, indented."""
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text)


def start(
    layout: Layout,
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    piped: bool = False,
    group: str = JOBS,
) -> Job:
    """Start a command in a session of its own; with piped, the caller reads stdout and logs it."""
    layout.logs.mkdir(parents=True, exist_ok=True)
    log = layout.logs / f"{name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            cgroups.entering(cgroups.group_of(layout, group), command),
            cwd=layout.tree,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    return Job(name, process, log)


def end_all(layout: Layout) -> None:
    """End jobs that an earlier, killed run left behind."""
    cgroups.kill(cgroups.group_of(layout, JOBS))
