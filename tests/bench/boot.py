"""From POST server to ACTIVE and to the guest's page, and the latencies of the APIs, in one run."""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from openstack.connection import Connection

from tests.bench.latency import PEER_MS, Latency, bcrypt_ms, measure_all
from tests.support.cloud import FAILURES, connect
from tests.support.guests import Guest, guest, surroundings
from tests.support.lab import ROOT, Lab

OUTPUT = ROOT / "tests" / "output" / "bench-boot.json"
GOAL_ACTIVE_SECONDS = 8.0
GOAL_PAGE_SECONDS = 20.0
# A trixie guest on the hand-made peer, client start-up included.
PEER_ACTIVE_SECONDS = 28.0
# Neutron and the hypervisor tidy up for a moment after a guest is gone: the next one starts idle.
SETTLE_SECONDS = 5

EXAMPLES = """\
examples:
  python -m tests.bench.boot                 ten guests, then the latencies
  python -m tests.bench.boot --times 3
  python -m tests.bench.boot --times 0       the latencies only
"""


def main() -> int:
    """Measure, print, write JSON; 1 when a goal is missed, 2 when nothing could be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.boot",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--times", type=int, default=10, help="how many guests to boot (10)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where to write the figures")
    asked = parser.parse_args()
    try:
        lab = Lab()
        cloud = connect(lab)
        # First, while the cloud has no guest: the peer's figures were taken so, too.
        latencies, bcrypt = measure_all(cloud, lab), bcrypt_ms(lab)
        guests = boot_guests(cloud, lab, asked.times)
    except FAILURES as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(latency_table(latencies))
    print(f"of a password token, bcrypt alone takes {bcrypt:.1f} ms on this machine")
    met = print_boots(guests)
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    asked.output.write_text(json.dumps(figures(latencies, guests), indent=2) + "\n")
    slower = [row.name for row in latencies if row.ours.alone_ms > PEER_MS[row.name][0]]
    if slower:
        print(f"slower than the peer: {', '.join(slower)}")
    return 0 if met and not slower else 1


def boot_guests(cloud: Connection, lab: Lab, times: int) -> list[Guest]:
    """Boot guests one after another, each on an idle cloud."""
    name = f"ouhai-bench-{secrets.token_hex(4)}"
    guests: list[Guest] = []
    if times == 0:
        return guests
    with surroundings(cloud, name, lab.variables["external_network"]["name"]) as around:
        for number in range(1, times + 1):
            time.sleep(SETTLE_SECONDS)
            with guest(cloud, around) as one:
                guests.append(one)
                print(
                    f"guest {number:2}: ACTIVE {one.active_seconds:5.1f} s, "
                    f"page {one.page_seconds:5.1f} s",
                    flush=True,
                )
    return guests


def latency_table(latencies: list[Latency]) -> str:
    """Render ours beside the bare processes here and now, and the peer's of another day, in ms."""
    columns = ("ours", "bare", "peer", "ours x8", "bare x8", "peer x8")
    lines = [f"{'median, ms':<24}" + "".join(f"{column:>9}" for column in columns)]
    for row in latencies:
        alone, together = PEER_MS[row.name]
        lines.append(
            f"{row.name:<24}{row.ours.alone_ms:>9.1f}{row.bare.alone_ms:>9.1f}{alone:>9g}"
            f"{row.ours.together_ms:>9.1f}{row.bare.together_ms:>9.1f}"
            f"{'-' if together is None else format(together, 'g'):>9}"
        )
    return "\n".join(lines)


def print_boots(guests: list[Guest]) -> bool:
    """Print medians beside goal and peer; return whether the goals are met."""
    if not guests:
        return True
    active = statistics.median(one.active_seconds for one in guests)
    page = statistics.median(one.page_seconds for one in guests)
    print(f"{'median, s':<24}{'ours':>8}{'goal':>8}{'peer':>10}")
    print(
        f"{'POST to ACTIVE':<24}{active:>8.1f}{GOAL_ACTIVE_SECONDS:>8g}{PEER_ACTIVE_SECONDS:>10g}"
    )
    print(f"{'POST to page':<24}{page:>8.1f}{GOAL_PAGE_SECONDS:>8g}{'-':>10}")
    return active <= GOAL_ACTIVE_SECONDS and page <= GOAL_PAGE_SECONDS


def figures(latencies: list[Latency], guests: list[Guest]) -> dict[str, Any]:
    """Return everything measured, as plain data."""
    return {
        "latency_ms": {row.name: asdict(row) for row in latencies},
        "active_seconds": [one.active_seconds for one in guests],
        "page_seconds": [one.page_seconds for one in guests],
    }


if __name__ == "__main__":
    sys.exit(main())
