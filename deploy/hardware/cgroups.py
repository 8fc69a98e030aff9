"""Process groups that can be ended whole: one for each host, one for the lab's jobs.

A cgroup of the unified hierarchy holds every descendant, whatever it does to its session or
parent, survives the death of ``deploy/lab`` and is ended by one write to ``cgroup.kill``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from deploy.hardware.mounts import MOUNTINFO, cgroup2_root, systemd_cgroup_root

KILL_SECONDS = 20.0


def group_of(layout: Layout, part: str) -> Path:
    """Return the directory of a part's cgroup; raise LabError without a unified hierarchy."""
    root = cgroup2_root()
    if root is None:
        raise LabError("no cgroup2 file system is mounted: `mount -t cgroup2 none /sys/fs/cgroup`")
    return root / layout.name / part


def entering(group: Path, command: Sequence[str]) -> list[str]:
    """Return the command preceded by what puts it into a cgroup, made if it is missing."""
    group.mkdir(parents=True, exist_ok=True)
    script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", script, str(group), *command]


def populated(group: Path) -> bool:
    """Tell whether any process is in a cgroup or below it."""
    try:
        events = (group / "cgroup.events").read_text()
    except FileNotFoundError:
        return False
    return "populated 1" in events


def kill(group: Path) -> None:
    """End every process of a cgroup and remove it; raise LabError if one will not end."""
    deadline = time.monotonic() + KILL_SECONDS
    if group.exists():
        (group / "cgroup.kill").write_text("1")
    while populated(group):
        _wait(group, deadline)
    remove(group)
    twin = _twin(group)
    while twin is not None and twin.exists():
        # What has just ended counts there until somebody has asked for its exit code.
        with suppress(OSError):
            remove(twin)
            return
        _wait(twin, deadline)


def _wait(group: Path, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise LabError(
            f"processes of {group} do not end {KILL_SECONDS:.0f} s after SIGKILL; "
            f"see `cat {group}/cgroup.procs` and /proc/PID/stack, then run this again"
        )
    time.sleep(0.02)


def _twin(group: Path) -> Path | None:
    """Return what systemd-nspawn makes of a cgroup in systemd's own hierarchy, if there is one."""
    unified, own = cgroup2_root(), systemd_cgroup_root(MOUNTINFO.read_text())
    return own / group.relative_to(unified) if unified and own else None


def remove(group: Path) -> None:
    """Remove an empty cgroup with those below it."""
    if not group.exists():
        return
    for child in group.iterdir():
        if child.is_dir():
            remove(child)
    group.rmdir()
