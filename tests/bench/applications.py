"""From `openstack app deploy` to a verified login, beside the same guest booted by bare QEMU.

A member of the lab's first bureau deploys each application, one at a time, and deletes it with
its data. Ours is the whole command, client start-up included; it ends when the guest has logged in
to its application and Heat has read so. The floor is a copy of that very guest (image,
configuration drive, kernel, CPU, memory) on local files of the compute host, from starting QEMU to
its report.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.table import BenchFailed, Row, all_met, render, write_figures
from tests.support import application_images
from tests.support.applications import CommandFailed, Key, Member, copy_name, members
from tests.support.bureaus import Bureaus
from tests.support.cloud import FAILURES, connect
from tests.support.lab import Lab

GOAL_SECONDS = {"server": 70.0, "portal": 150.0, "oa": 240.0}
GOAL_RATIO = 1.3
# The hypervisor tidies up for a moment after a guest is gone: the next one starts idle.
SETTLE_SECONDS = 10
UNMEASURED: tuple[type[Exception], ...] = (
    *FAILURES,
    application_images.ImagesMissing,
    BenchFailed,
    CommandFailed,
)
COPY_SECONDS, BOOT_SECONDS = 300, 960
HOST_FOLDER = "/var/lib/nova/ouhai-bench"
BARE_GUEST = Path(__file__).with_name("bare_guest.py")

EXAMPLES = """\
examples:
  tests/bench/run applications                    server, portal and oa, three times each
  tests/bench/run applications oa --times 1
  tests/bench/run applications base-database      only its ratio has a goal

exit codes: 0 goals met, 1 a goal missed, 2 something could not be measured
"""


def main() -> int:
    """Measure, print and write JSON; see EXAMPLES for the exit codes."""
    asked = parse()
    try:
        lab = Lab()
        application_images.provide(lab)
        figures = {one: measure(lab, one, asked.times) for one in asked.names}
    except UNMEASURED as error:
        print(f"bench applications: {error}", file=sys.stderr)
        return 2
    table = [row for name, found in figures.items() for row in rows(name, found)]
    print(render("median, s", "bare QEMU", table))
    print("the article's baseline: one month")
    write_figures("applications", figures)
    return 0 if all_met(table) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run applications",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", default=list(GOAL_SECONDS), help=f"default: {' '.join(GOAL_SECONDS)}"
    )
    parser.add_argument("--times", type=int, default=3, help="how often each (default: 3)")
    asked = parser.parse_args()
    if asked.times < 1:
        parser.error("--times must be at least 1")
    return asked


def measure(lab: Lab, application: str, times: int) -> dict[str, list[float]]:
    """Deploy an application so many times, and boot a copy of its guest as often.

    :raises BenchFailed: the copy could not be made or booted.
    :raises CommandFailed: the application could not be deployed or deleted.
    """
    member = members(Bureaus(lab))[0]
    folder = f"{HOST_FOLDER}-{secrets.token_hex(4)}"
    ours: list[float] = []
    host = ""
    try:
        with tempfile.TemporaryDirectory() as keys:
            key = Key(Path(keys))
            while len(ours) < times:
                time.sleep(SETTLE_SECONDS)
                with copy_name(member) as name:
                    ours.append(deployed(member, application, name, key))
                    say(application, "deployed", ours)
                    if len(ours) == times:
                        host = copied(lab, member, name, folder)
        bare: list[float] = []
        while len(bare) < times:
            time.sleep(SETTLE_SECONDS)
            bare.append(booted(lab, host, folder))
            say(application, "bare guest", bare)
    finally:
        if host:
            lab.ssh(host, f"rm -rf {folder}")
    return {"ours": ours, "floor": bare}


def say(application: str, what: str, seconds: Sequence[float]) -> None:
    """Tell how far it is."""
    print(f"{application}: {what} {len(seconds)}: {seconds[-1]:.1f} s", flush=True)


def deployed(member: Member, application: str, name: str, key: Key) -> float:
    """Deploy a copy; return the seconds of the command."""
    start = time.monotonic()
    member.answer("deploy", application, name, "--parameter", key.parameter)
    return time.monotonic() - start


def copied(lab: Lab, member: Member, name: str, folder: str) -> str:
    """Copy what a copy's one server is made of to a folder of its host; return that host."""
    servers = list(member.connection.compute.servers(name=f"^{name}$"))
    if len(servers) != 1:
        raise BenchFailed(f"{name} has {len(servers)} servers; the floor is of one alone")
    host = str(connect(lab).compute.get_server(servers[0].id).compute_host).partition(".")[0]
    on_host(lab, host, f"python3 - copy {servers[0].id} {folder}", COPY_SECONDS)
    return host


def booted(lab: Lab, host: str, folder: str) -> float:
    """Boot the copied guest by bare QEMU; return the seconds to its report."""
    # A namespace of its own: the metadata service's port is free there, and nothing leaves it.
    command = f"unshare --net python3 - boot {folder}"
    found: dict[str, Any] = json.loads(on_host(lab, host, command, BOOT_SECONDS))
    if found["report"]["status"] != "SUCCESS":
        raise BenchFailed(f"the bare guest is not well: {found['report']['reason']}")
    return float(found["seconds"])


def on_host(lab: Lab, host: str, command: str, seconds: float) -> str:
    """Run bare_guest.py on a host, which the command reads from its input; return what it prints.

    :raises BenchFailed: it failed.
    """
    answer = lab.ssh(host, command, stdin=BARE_GUEST.read_text(), timeout=seconds)
    if answer.code != 0:
        raise BenchFailed(f"on {host}: {answer.errors}")
    return answer.output


def rows(name: str, found: dict[str, list[float]]) -> list[Row]:
    """Return an application's seconds, and how many times its floor they are."""
    ours, floor = statistics.median(found["ours"]), statistics.median(found["floor"])
    return [
        Row(name, ours, floor, GOAL_SECONDS.get(name)),
        Row(f"{name}, times its floor", ours / floor, 1.0, GOAL_RATIO),
    ]


if __name__ == "__main__":
    sys.exit(main())
