"""How long each guest image takes to build from the repository, and what an application adds.

Builds into a folder of its own, which is removed again; the images that are there stay.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time

from tests.bench.table import BenchFailed, Row, all_met, render, write_figures
from tests.runner.paths import OUTPUT
from tests.support.application_images import BUILD, BUILD_SECONDS, REPOSITORY, names

BASE = "debian"
GOAL_BASE_SECONDS, GOAL_ON_TOP_SECONDS = 60.0, 120.0
LOG = OUTPUT / "bench-images.log"


def main() -> int:
    """Measure, print and write JSON; 1 when a goal is missed, 2 when an image cannot be built."""
    argparse.ArgumentParser(prog="tests/bench/run images", description=__doc__).parse_args()
    try:
        seconds = {name: built(name) for name in (BASE, *sorted({*names()} - {BASE}))}
    except BenchFailed as error:
        print(f"bench images: {error}", file=sys.stderr)
        return 2
    base = seconds.pop(BASE)
    table = [Row(BASE, base, None, GOAL_BASE_SECONDS)]
    table += [
        Row(f"{one}, on top", seconds[one] - base, None, GOAL_ON_TOP_SECONDS)
        for one in sorted(seconds)
    ]
    print(render("build, s", "floor", table))
    write_figures("images", {BASE: base, **seconds})
    return 0 if all_met(table) else 1


def built(name: str) -> float:
    """Build an image with all that it stands on; return the seconds.

    :raises BenchFailed: it cannot be built.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, LOG.open("w") as log:
        start = time.monotonic()
        command = [*BUILD, name, "--output", folder, "--repository", str(REPOSITORY)]
        done = subprocess.run(command, stdout=log, stderr=log, timeout=BUILD_SECONDS, check=False)
        seconds = time.monotonic() - start
    if done.returncode != 0:
        raise BenchFailed(f"{name} cannot be built; log: {LOG}")
    print(f"{name}: {seconds:.1f} s", flush=True)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
