"""Running a short command to its end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from deploy.hardware.errors import JobFailed


def run(command: Sequence[str], *, stdin: str | None = None) -> str:
    """Return a command's standard output; raise JobFailed with what it said when it fails."""
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JobFailed(f"`{' '.join(command)}` could not be run to its end: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise JobFailed(f"`{' '.join(command)}` ended with {done.returncode}: {said}")
    return done.stdout


def succeeds(command: Sequence[str]) -> bool:
    """Tell whether a command exists and ends with 0; its output is dropped."""
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
