"""Memory of the lab's hosts by service, without guests, beside the goal and a peer.

Adds up the proportional set size (PSS) of every process in a host's cgroup: what several
processes share is counted once. The page cache and the kernel's own memory are not in it. Only
reads, and can run while the lab is used.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.hardware import cgroups
from deploy.hardware.cli import known_host, up_state
from deploy.hardware.errors import LabError
from deploy.hardware.layout import own_layout
from tests.bench.table import BenchFailed, Row, all_met, render, write_figures

GOAL_MIB = 7 * 1024.0
# The hand-made prototype on this machine: the same services and Ceph, 2 uWSGI processes each.
PEER_MIB = 6 * 1024.0
LARGEST = 15
EVERY_SECONDS = 5
GUEST = "qemu-system"
UNIT = re.compile(r"\.(service|scope|socket|mount)$")

EXAMPLES = """\
examples:
  tests/bench/run memory                 all hosts, as they are now
  tests/bench/run memory --host ouhai1
  tests/bench/run memory --watch 600     the highest total of ten minutes, e.g. while tests run

exit codes: 0 every host is within the goal, 1 one is not, 2 nothing could be measured
"""


@dataclass(frozen=True)
class Process:
    """One process: its name, the last part of its cgroup that counts, its PSS."""

    name: str
    unit: str
    pss_kib: int


def main() -> int:
    """Measure, print and write JSON; see EXAMPLES for the exit codes."""
    asked = parse()
    try:
        layout = own_layout()
        names = [known_host(layout, asked.host)] if asked.host else list(up_state(layout).hosts)
        peaks = watch({name: cgroups.group_of(layout, name) for name in names}, asked.watch)
    except (LabError, BenchFailed) as error:
        print(f"bench memory: {error}", file=sys.stderr)
        return 2
    tables = {name: rows(services) for name, services in peaks.items()}
    for name, table in tables.items():
        print(render(f"{name}, PSS in MiB", "prototype", table, digits=0))
    write_figures("memory", {"mib": peaks})
    return 0 if all(all_met(table) for table in tables.values()) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run memory",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", help="this host only (all)")
    parser.add_argument(
        "--watch", type=float, default=0, metavar="SECONDS", help="keep looking this long (0)"
    )
    return parser.parse_args()


def watch(groups: dict[str, Path], seconds: float) -> dict[str, dict[str, float]]:
    """Return, for each host, MiB by service at the moment when their total was the highest.

    :raises BenchFailed: a host has no process.
    """
    peaks: dict[str, dict[str, float]] = {}
    deadline = time.monotonic() + seconds
    while True:
        for host, group in groups.items():
            found = by_service(processes(group))
            if not found:
                raise BenchFailed(f"{host} has no process in {group}: is it on? deploy/lab status")
            if sum(found.values()) > sum(peaks.get(host, {}).values()):
                peaks[host] = found
        if time.monotonic() + EVERY_SECONDS > deadline:
            return peaks
        time.sleep(EVERY_SECONDS)


def processes(group: Path) -> Iterator[Process]:
    """Yield the processes of a cgroup and of those below it."""
    for path in sorted(group.rglob("cgroup.procs")):
        unit = unit_of(path.parent.relative_to(group))
        for pid in path.read_text().split():
            proc = Path("/proc", pid)
            try:
                name = (proc / "comm").read_text().strip()
                pss = pss_kib((proc / "smaps_rollup").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended since it was listed
            yield Process(name, unit, pss)


def unit_of(path: Path) -> str:
    """Return the service that a cgroup belongs to, given its path below the host's."""
    for part in path.parts:
        if part.startswith("session-"):
            return "logins"
        if UNIT.search(part):
            return part.removesuffix(".service")
    return path.name or "nspawn"


def pss_kib(rollup: str) -> int:
    """Read the PSS out of smaps_rollup; 0 for a process that has ended or has no memory."""
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found.group(1)) if found else 0


def by_service(found: Iterable[Process]) -> dict[str, float]:
    """Return MiB by service; guests are left out."""
    sums: dict[str, float] = {}
    for process in found:
        if not process.name.startswith(GUEST):
            sums[process.unit] = sums.get(process.unit, 0.0) + process.pss_kib / 1024
    return sums


def rows(services: dict[str, float]) -> list[Row]:
    """Return the largest services, the rest in one row, and the total beside goal and peer."""
    ordered = sorted(services.items(), key=lambda item: -item[1])
    rest = ordered[LARGEST:]
    table = [Row(name, mib) for name, mib in ordered[:LARGEST]]
    if rest:
        table.append(Row(f"{len(rest)} others", sum(mib for _, mib in rest)))
    return [*table, Row("total", sum(services.values()), PEER_MIB, GOAL_MIB)]


if __name__ == "__main__":
    sys.exit(main())
