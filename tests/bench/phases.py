"""From nothing (--cold) or from a filled cache to a verified cloud, phase by phase.

Measures the floor, takes the lab down and up again, and prints both side by side. The goals end
with the phase `verify`; bureaus and their application come after it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout, own_layout
from deploy.hardware.prerequisites import missing_packages
from deploy.hardware.state import load
from tests.bench import floor
from tests.bench.table import BenchFailed, Row, all_met, render, write_figures

GOAL_COLD_SECONDS = 600.0
GOAL_WARM_SECONDS = 300.0
PEERS = "peers report 900 to 3300 s (15 to 55 minutes) for one host"
# Measured by hand on the reference machine, not in this run (platform-facts): the migrations of
# Keystone, Glance and Nova, and the download of a host's packages.
MIGRATIONS_SECONDS = 16.0
DOWNLOAD_SECONDS = 9.0
LAST_PHASE = "verify"
TO_VERIFIED = "to verified"
TOTAL = "total"
UP_TIMEOUT_SECONDS = 3600

EXAMPLES = """\
examples:
  tests/bench/run phases --replace           base tree, repository and images from the cache
  tests/bench/run phases --cold --replace    with an empty cache, removed afterwards with the lab
  tests/bench/run phases --floor-only        the floor alone; leaves the lab as it is

The floor of base-tree is one mmdebstrap; of repository the download, a documented 9 s; of site
one apt transaction of all packages of the host from the repository, services held back and dpkg
with force-unsafe-io, plus database migrations, a documented 16 s. Debian packages that the
machine itself has installed already are not part of a cold run; it says which are missing.

exit codes: 0 goal met, 1 goal missed, 2 nothing could be measured
"""


def main() -> int:
    """Measure, print and write JSON; see EXAMPLES for the exit codes."""
    asked = parse()
    # What is mounted, started or made for the measurement goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        layout = own_layout()
        if not asked.floor_only:
            refuse_to_replace(layout, allowed=asked.replace)
        least = measured_floor(layout)
        if asked.floor_only:
            return 0
        phases = run_cold(layout) if asked.cold else run_lab(layout, os.environ)
    except (LabError, BenchFailed) as error:
        print(f"bench phases: {error}", file=sys.stderr)
        return 2
    table = rows(phases, floors(least, cold=asked.cold), cold=asked.cold)
    kind = "cold" if asked.cold else "warm"
    print(render(f"aio, {kind}, s", "floor", table))
    print(PEERS)
    write_figures(f"phases-{kind}", {"seconds": phases, "floor": asdict(least)})
    return 0 if all_met(table) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run phases",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cold", action="store_true", help="with an empty cache")
    parser.add_argument("--replace", action="store_true", help="remove the lab that is up")
    parser.add_argument("--floor-only", action="store_true", help="do not touch the lab")
    return parser.parse_args()


def refuse_to_replace(layout: Layout, *, allowed: bool) -> None:
    """Raise BenchFailed when a lab is up and may not be removed."""
    try:
        up = load(layout) is not None
    except LabError:
        up = True  # a lab whose state cannot be read
    if up and not allowed:
        raise BenchFailed(
            f"a lab is up in {layout.state} and would be removed with all that is in it; "
            "allow that with --replace, or measure the floor alone with --floor-only"
        )


def measured_floor(layout: Layout) -> floor.Floor:
    """Measure and print the floor."""
    print("measuring the floor: a tree, and a host's packages in one transaction", flush=True)
    least = floor.measure(layout)
    print(
        f"floor: base tree {least.tree_seconds:.1f} s, {least.packages} named packages with what "
        f"they need {least.install_seconds:.1f} s",
        flush=True,
    )
    return least


def run_cold(layout: Layout) -> dict[str, float]:
    """Run with an empty cache; the lab goes with it, since its hosts stand on the cached tree."""
    missing = " ".join(missing_packages()) or "none, all installed before"
    cache = Path(tempfile.mkdtemp(prefix="ouhai-bench-cache-", dir="/var/tmp"))
    print(f"packages that the machine lacks: {missing}\ncache of this run: {cache}", flush=True)
    # pip keeps a cache of its own elsewhere
    environment = {**os.environ, "OUHAI_CACHE": str(cache), "PIP_NO_CACHE_DIR": "1"}
    try:
        phases = run_lab(layout, environment)
    except BenchFailed as error:
        raise BenchFailed(
            f"{error}\nleft to be looked at; remove it with `OUHAI_CACHE={cache} deploy/lab down` "
            f"and `rm -r {cache}`"
        ) from error
    lab("down", environment)
    shutil.rmtree(cache)
    return phases


def run_lab(layout: Layout, environment: Mapping[str, str]) -> dict[str, float]:
    """Take the lab down and up; return seconds by phase, and of the whole command as TOTAL."""
    lab("down", environment)
    seconds = lab("up", environment, "--topology", "aio")
    state = load(layout)
    if state is None or not state.verified:
        raise BenchFailed(f"`deploy/lab up` ended well, but {layout.state} has no verified lab")
    return {**state.phases, TOTAL: seconds}


def lab(command: str, environment: Mapping[str, str], *options: str) -> float:
    """Run a command of deploy/lab with its output on ours; return its seconds.

    :raises BenchFailed: it failed.
    """
    words = [str(own_layout().tree / "deploy/lab"), command, *options]
    start = time.monotonic()
    try:
        code = subprocess.run(
            words, env=environment, timeout=UP_TIMEOUT_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise BenchFailed(f"deploy/lab {command} took over {UP_TIMEOUT_SECONDS} s") from error
    if code != 0:
        raise BenchFailed(f"deploy/lab {command} ended with {code}; it says above why")
    return time.monotonic() - start


def floors(least: floor.Floor, *, cold: bool) -> dict[str, float]:
    """Return the floor of each phase that has one; what is cached has none."""
    found = {"site": least.install_seconds + MIGRATIONS_SECONDS}
    if cold:
        found |= {"base-tree": least.tree_seconds, "repository": DOWNLOAD_SECONDS}
    return found


def rows(phases: Mapping[str, float], least: Mapping[str, float], *, cold: bool) -> list[Row]:
    """Return a row for each phase, and the way to verified beside the floors' sum and the goal."""
    goal = GOAL_COLD_SECONDS if cold else GOAL_WARM_SECONDS
    names = list(phases)
    seconds = sum(phases[name] for name in names[: names.index(LAST_PHASE) + 1])
    return [
        *(Row(name, phases[name], least.get(name)) for name in names if name != TOTAL),
        Row(TO_VERIFIED, seconds, sum(least.values()), goal),
        Row(TOTAL, phases[TOTAL]),
    ]


if __name__ == "__main__":
    sys.exit(main())
