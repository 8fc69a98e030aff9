"""Finding processes by what they were started with, for those that left their cgroup."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from deploy.hardware.errors import LabError

PROC = Path("/proc")
END_SECONDS = 10.0


def using(directory: Path, proc: Path = PROC) -> list[int]:
    """Return ids of nspawn and supervisor processes started for a host at or below a directory."""
    starts = (f"{directory}", f"--directory={directory}")
    prefixes = tuple(f"{start}{end}".encode() for start in starts for end in ("/", "\0"))
    found = []
    for path in proc.glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        ours = b"systemd-nspawn" in arguments[0] or b"deploy.hardware.supervisor" in arguments
        if ours and any((word + b"\0").startswith(prefixes) for word in arguments):
            found.append(int(path.parent.name))
    return found


def kill_all(processes: list[int]) -> None:
    """End processes and wait for it; raise LabError if one stays."""
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + END_SECONDS
    while left := [process for process in processes if is_running(process)]:
        if time.monotonic() > deadline:
            raise LabError(f"processes {left} do not end after SIGKILL; see /proc/PID/stack")
        time.sleep(0.02)


def is_running(process: int, proc: Path = PROC) -> bool:
    """Tell whether a process exists and is not merely waiting to be reaped."""
    try:
        stat = (proc / str(process) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
