"""What the machine itself must be able to do; every shortcoming is found before any is reported."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from deploy.hardware.errors import LabError, RequirementsMissing
from deploy.hardware.layout import Layout
from deploy.hardware.mounts import cgroup2_root
from deploy.hardware.shell import succeeds
from deploy.hardware.topology import Needs

GIB = 1024**3
# Guest images, most of it, package repository, base tree and Python environments.
CACHE_GIB = 10
TUN = Path("/dev/net/tun")


Check = Callable[[], str | None]


def check(layout: Layout, needs: Needs | None, more: Sequence[Check]) -> None:
    """Run every check; needs is None for a lab that is up and has its room already.

    Raise RequirementsMissing with all that is missing. What needs a command that is not installed
    yet passes here; check_network() is for afterwards.
    """
    checks = [root, debian, overlay, cgroup2, tun, *network_checks(), *more]
    if needs is not None:
        checks.append(lambda: memory(Path("/proc/meminfo").read_text(), needs.memory_gib))
        checks += disks(layout, needs.disk_gib)
    report(checks)


def check_network() -> None:
    """Check what needs commands that have just been installed."""
    report(network_checks())


def network_checks() -> list[Check]:
    """Return the checks whose commands are installed; trying them takes root."""
    probes = [(bridge, "ip"), (veth, "ip"), (nftables, "nft")]
    able = os.geteuid() == 0
    return [probe for probe, command in probes if able and shutil.which(command)]


def report(checks: Sequence[Check]) -> None:
    """Run all checks, then raise RequirementsMissing if any found something."""
    findings = [finding for check in checks if (finding := check()) is not None]
    if findings:
        raise RequirementsMissing(findings)


def as_check(try_it: Callable[[], object]) -> Check:
    """Turn something that raises LabError into a check."""

    def check() -> str | None:
        try:
            try_it()
        except LabError as error:
            return str(error)
        return None

    return check


def root() -> str | None:
    """Hosts, mounts and bridges need root."""
    return None if os.geteuid() == 0 else "root: run this as root (`sudo deploy/lab up`)"


def debian() -> str | None:
    """Look for apt: packages come from the machine's own Debian mirror."""
    if shutil.which("apt-get"):
        return None
    return "apt-get: the lab runs on Debian 12 or later and takes packages from its mirror"


def overlay() -> str | None:
    """Hosts share one tree; a real mount tells, a line in /proc/filesystems does not."""
    if os.geteuid() != 0:
        return None  # only root can try
    # On a tmpfs in a mount namespace of its own: nothing of it stays, however it ends.
    script = (
        "mount -t tmpfs none /mnt && cd /mnt && mkdir lower upper work root && "
        "mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none root"
    )
    works = succeeds(["unshare", "--mount", "--propagation", "private", "sh", "-c", script])
    return None if works else "overlayfs: the kernel cannot mount it (CONFIG_OVERLAY_FS)"


def cgroup2() -> str | None:
    """Hosts boot in, and are ended through, the unified hierarchy."""
    if cgroup2_root() is not None:
        return None
    return "cgroup2: not mounted (`mount -t cgroup2 none /sys/fs/cgroup`)"


def tun() -> str | None:
    """Guests' interfaces are tap devices."""
    return None if TUN.is_char_device() else f"{TUN}: missing (CONFIG_TUN)"


def in_own_network(script: str) -> bool:
    """Tell whether a script works in a throw-away network namespace."""
    return succeeds(["unshare", "--net", "sh", "-c", script])


def bridge() -> str | None:
    """Hosts are plugged into bridges."""
    works = in_own_network("ip link add probe type bridge")
    return None if works else "bridge: the kernel cannot make one (CONFIG_BRIDGE)"


def veth() -> str | None:
    """Hosts' cables are veth pairs."""
    works = in_own_network("ip link add probe type veth peer name probe2")
    return None if works else "veth: the kernel cannot make one (CONFIG_VETH)"


def nftables() -> str | None:
    """Rules keep the lab from reaching anything else."""
    works = in_own_network("nft 'add table inet probe'")
    return None if works else "nftables: the kernel refuses a table (CONFIG_NF_TABLES_INET)"


def memory(meminfo: str, needed_gib: int) -> str | None:
    """Free memory must cover the hosts."""
    fields = dict(line.split(":") for line in meminfo.splitlines() if ":" in line)
    free_gib = int(fields["MemAvailable"].split()[0]) * 1024 / GIB
    if free_gib >= needed_gib:
        return None
    return f"memory: {free_gib:.1f} GiB available, this topology needs {needed_gib} GiB"


def disks(layout: Layout, lab_gib: int) -> list[Check]:
    """Return a check for each filesystem: the lab and the cache may be on one, or on two."""
    wanted = {layout.state: lab_gib, layout.cache: 0 if layout.images.exists() else CACHE_GIB}
    places: dict[int, Path] = {}
    sums: dict[int, int] = {}
    for directory, gib in wanted.items():
        device = existing(directory).stat().st_dev
        places.setdefault(device, directory)
        sums[device] = sums.get(device, 0) + gib
    return [partial(disk, places[device], gib) for device, gib in sums.items()]


def disk(directory: Path, needed_gib: int) -> str | None:
    """Free disk must cover hosts' layers, Ceph's files, images, and what the cache lacks."""
    free_gib = shutil.disk_usage(existing(directory)).free / GIB
    if free_gib >= needed_gib:
        return None
    return f"disk: {free_gib:.1f} GiB free for {directory}, this topology needs {needed_gib} GiB"


def existing(directory: Path) -> Path:
    """Return a directory, or the nearest above it that is there."""
    return next(path for path in (directory, *directory.parents) if path.exists())
