"""What is mounted where; taking stock of mounts that a killed run left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.hardware.errors import LabError
from deploy.hardware.shell import run

MOUNTINFO = Path("/proc/self/mountinfo")


def unescape(field: str) -> str:
    r"""Undo mountinfo's octal escapes (``\040`` for a space)."""
    return field.encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8")


def mount_points(mountinfo: str) -> list[tuple[str, str]]:
    """Return (path, file system type) of each line of mountinfo, in mounting order."""
    points = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        points.append((unescape(before.split()[4]), after.split()[0]))
    return points


def below(mountinfo: str, directory: Path) -> list[str]:
    """Return mount points at or below a directory, the last mounted first."""
    prefix = str(directory)
    found = [path for path, _ in mount_points(mountinfo)]
    return [path for path in reversed(found) if path == prefix or path.startswith(prefix + "/")]


def mounted_below(directory: Path) -> list[str]:
    """Return what is mounted at or below a directory now, the last mounted first."""
    return below(MOUNTINFO.read_text(), directory)


def unmount_below(directory: Path) -> None:
    """Unmount everything at or below a directory; raise JobFailed when something is busy."""
    for path in mounted_below(directory):
        run(["umount", path])


def remove_tree(directory: Path) -> None:
    """Remove a directory with all in it, but never through a mount."""
    if not directory.exists():
        return
    unmount_below(directory)
    left = mounted_below(directory)
    if left:
        raise LabError(f"{directory} is not removed: {', '.join(left)} still mounted in it")
    shutil.rmtree(directory)


def systemd_cgroup_root(mountinfo: str) -> Path | None:
    """Return where systemd's own hierarchy of cgroups is mounted, None where it has none."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(maxsplit=2)
        if kind == "cgroup" and "name=systemd" in options.split(","):
            return Path(unescape(before.split()[4]))
    return None


def cgroup2_root() -> Path | None:
    """Return where the unified cgroup hierarchy is mounted, None if it is not."""
    for path, kind in mount_points(MOUNTINFO.read_text()):
        if kind == "cgroup2":
            return Path(path)
    return None
