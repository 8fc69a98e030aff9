"""Bureaus applied, planned and watched: ours beside openstack.cloud's modules and two scripts.

All work on the running lab, with scratch bureaus that are removed at the end. The peers make a
part of the bureaus, beside ours on the same part; the floor is every request at the speed of the
fastest.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openstack.connection import Connection
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.connection import prepare
from ouhai_cloud.config import Configuration
from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.tenancy.present import Present, look
from ouhai_cloud.tenancy.register.dump import dump
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.state import StateStore

from tests.bench import tenancy_bulk, tenancy_sequential
from tests.bench.table import BenchFailed, Row, all_met, render, write_figures
from tests.bench.tenancy_objects import Objects, objects
from tests.bench.tenancy_scratch import DOMAIN, directory, remove_all, scratch, systems
from tests.support.cloud import FAILURES, connect
from tests.support.guests import guest, surroundings
from tests.support.lab import ROOT, Lab

CACHE = Path(os.environ.get("OUHAI_CACHE", "/var/cache/ouhai"))
PEER_VENV = CACHE / "venv-peer"
PEER_PACKAGES = ("ansible==12.3.0", "openstacksdk==4.4.0")
PEER_PLAYBOOK = ROOT / "tests/bench/tenancy_peer.playbook"
TIMEOUT_SECONDS = 3600
GOAL_NOTHING_SECONDS = 5.0
GOAL_RATIO_MODULES = 10.0
# What the platform's facts saw of a bulk script elsewhere, without TLS and Cinder: 60 bureaus with
# one network each, 13 objects a bureau. The peers have the same kind of script on this lab.
BULK_SECONDS_PER_OBJECT = 69 / (60 * 13)
FASTEST_TRIES = 20
FAILED: tuple[type[Exception], ...] = (*FAILURES, OuhaiError, BenchFailed)

EXAMPLES = """\
examples:
  python -m tests.bench.tenancy                          all 60 units, peers on a tenth
  python -m tests.bench.tenancy --bureaus 8 --no-peers
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of one run; requests and objects made, where they are counted."""

    seconds: float
    requests: int = 0
    objects: int = 0
    output: str = ""


def main() -> int:
    """Measure, print, write JSON; 1 when a goal is missed, 2 when nothing could be measured."""
    asked = _arguments()
    try:
        lab = Lab()
        cloud = connect(lab)
        whole = load(ROOT / "deploy/register/ouhai.yaml")
        register = scratch(whole, asked.bureaus or len(whole.bureaus))
        api = Api(prepare(cloud))
        with tempfile.TemporaryDirectory(prefix="x-tenancy-") as name:
            bench = Bench(lab, cloud, api, register, Path(name))
            with directory(api, register):
                return bench.run(asked.peer_bureaus, peers=not asked.no_peers)
    except FAILED as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


class Bench:
    """One benchmark: the lab, the scratch register, a folder for its files."""

    def __init__(
        self, lab: Lab, cloud: Connection, api: Api, register: Register, folder: Path
    ) -> None:
        self.lab, self.cloud, self.api, self.register = lab, cloud, api, register
        self.folder = folder
        self.external: str = lab.variables["external_network"]["name"]
        self.configuration = Configuration(None, folder / "state", DOMAIN, self.external, ())
        self.store = StateStore(folder / "state")
        folder.mkdir(exist_ok=True)
        (folder / "register.yaml").write_text(dump(register), encoding="utf-8")

    def run(self, peer_bureaus: int, *, peers: bool) -> int:
        """Measure all, print it, write it; return the exit code."""
        units, count = len(self.register.bureaus), systems(self.register)
        print(f"{units} units, {count} systems", flush=True)
        idle = self.boot()
        fastest = self.fastest()
        with self.cleaned():
            changes = len(self.present().plan.changes)
            made = self.ours("apply", "-f", "json")
            after = self.boot()
            nothing = self.ours("plan", "--detailed-exitcode")
            drift = self.ours("drift")
            rows = _rows(changes, fastest, made, nothing, drift, (after, idle))
            # before the long clean-up, which may fail
            print(render(f"{changes} objects", "floor, peer", rows), flush=True)
            counts = (made.requests, nothing.requests, drift.requests)
            print("requests: apply {}, plan {}, drift {}".format(*counts), flush=True)
        figures: dict[str, Any] = {
            "units": units,
            "systems": count,
            "objects": changes,
            "fastest_request_seconds": fastest,
            "rows": {row.name.strip(): [row.ours, row.reference, row.goal] for row in rows},
        }
        if peers:
            beside = self.peers(peer_bureaus)
            rows += beside
            figures["peers"] = {row.name: [row.ours, row.reference] for row in beside}
        print(f"written: {write_figures('tenancy', figures)}")
        return 0 if all_met(rows) else 1

    def peers(self, bureaus: int) -> list[Row]:
        """Run the peers and ours on the same part, and print them side by side, nothing scaled."""
        part = scratch(load(ROOT / "deploy/register/ouhai.yaml"), bureaus)
        print(f"peers and ours on {len(part.bureaus)} units, {systems(part)} systems", flush=True)
        beside = Bench(self.lab, self.cloud, self.api, part, self.folder / "part")
        wanted = beside.present().desired
        with beside.cleaned():
            changes = len(beside.present().plan.changes)
            made = beside.ours("apply", "-f", "json")
            nothing = beside.ours("plan", "--detailed-exitcode")
        rows: list[Row] = []
        for name, prefix, run in (
            ("openstack.cloud modules", "xm-", self.modules),
            ("sequential openstacksdk", "xs-", self.sequential),
            ("bulk openstacksdk", "xb-", self.bulk),
        ):
            of_part = objects(part, wanted, prefix)
            try:
                first, second = run(of_part), run(of_part)
            finally:
                tenancy_sequential.remove(self.cloud, prefix)
            # The goal is on what the peer takes at least: ten times ours for the modules.
            goal = first.seconds / GOAL_RATIO_MODULES if prefix == "xm-" else None
            found = [
                Row(f"apply; {name}, s", made.seconds, first.seconds, goal),
                Row(f"nothing to do; {name}, s", nothing.seconds, second.seconds),
            ]
            if first.objects:
                each = 1000 * first.seconds / first.objects
                ours = 1000 * made.seconds / changes
                found.append(Row(f"per object; {name}, ms", ours, each, each))
            print(render(f"{changes} objects", "peer", found), flush=True)
            rows += found
        return rows

    def ours(self, *words: str) -> Measured:
        """Run ``openstack bureau …`` as an operator does and count its requests."""
        environment = {
            **os.environ,
            **self.lab.environment,
            "OUHAI_REGISTER": str(self.folder / "register.yaml"),
            "OUHAI_STATE": str(self.folder / "state"),
            "OUHAI_DIRECTORY_DOMAIN": DOMAIN,
            "OUHAI_EXTERNAL_NETWORK": self.external,
            "OUHAI_CLASS3_HOSTS": "",
        }
        command = ["openstack", "bureau", *words, "--timing"]
        program = shutil.which("openstack", path=environment["PATH"])
        if program is None:
            raise BenchFailed(
                "There is no openstack in the lab's PATH: bring it up (deploy/lab up)"
            )
        done = _run([program, *command[1:]], environment)
        counted = re.search(r"(\d+) requests in all", done.output)
        return replace(done, requests=int(counted[1]) if counted else 0)

    def modules(self, wanted: Objects) -> Measured:
        """Run the peer's playbook."""
        if not (PEER_VENV / "bin/ansible-playbook").exists():
            _run([sys.executable, "-m", "venv", str(PEER_VENV)], dict(os.environ))
            _run([str(PEER_VENV / "bin/pip"), "install", *PEER_PACKAGES], dict(os.environ))
        variables = {
            **wanted,
            "cloud": self.lab.environment["OS_CLOUD"],
            "external_network": self.external,
            "group_domain": DOMAIN,
            "ansible_python_interpreter": str(PEER_VENV / "bin/python"),
        }
        file = self.folder / "peer.json"
        file.write_text(json.dumps(variables))
        playbook = str(PEER_VENV / "bin/ansible-playbook")
        # else Ansible would take the configuration of the folder it is called in
        settings = self.folder / "ansible.cfg"
        settings.write_text("")
        environment = {**os.environ, **self.lab.environment, "ANSIBLE_CONFIG": str(settings)}
        command = [playbook, "-i", "localhost,", "-e", f"@{file}", str(PEER_PLAYBOOK)]
        return _run(command, environment)

    def sequential(self, wanted: Objects) -> Measured:
        """Run the plain script."""
        start = time.monotonic()
        tenancy_sequential.make(self.cloud, wanted, self.external, DOMAIN)
        return Measured(time.monotonic() - start)

    def bulk(self, wanted: Objects) -> Measured:
        """Run the script that lists and makes in bulk."""
        start = time.monotonic()
        made = tenancy_bulk.make(self.cloud, wanted, self.external, DOMAIN)
        return Measured(time.monotonic() - start, objects=made)

    def present(self, register: Register | None = None) -> Present:
        """Look at the cloud."""
        return look(self.api, register or self.register, self.configuration, self.store)

    def boot(self) -> float:
        """Return the seconds from POST of a guest to ACTIVE."""
        with (
            surroundings(self.cloud, f"x-bench-{secrets.token_hex(4)}", self.external) as around,
            guest(self.cloud, around) as one,
        ):
            return one.active_seconds

    def fastest(self) -> float:
        """Return the seconds of the fastest answer to a simple request."""
        return min(
            _timed(lambda: self.api.list("identity", "/roles")) for _ in range(FASTEST_TRIES)
        )

    @contextmanager
    def cleaned(self) -> Iterator[None]:
        """Remove the scratch bureaus at the end, however it ends."""
        try:
            yield
        finally:
            removed = remove_all(self.present(), self.store)
            print(f"removed {removed} scratch objects", flush=True)


def _rows(
    changes: int,
    fastest: float,
    made: Measured,
    nothing: Measured,
    drift: Measured,
    active: tuple[float, float],
) -> list[Row]:
    """Return what is shown of our own runs.

    :param fastest: seconds of the fastest request.
    :param active: seconds from POST of a guest to ACTIVE, after apply and on an idle cloud.
    """
    after, idle = active
    floor = 1000 * BULK_SECONDS_PER_OBJECT
    return [
        Row("apply from empty, s", made.seconds, made.requests * fastest),
        Row("  per object, ms", 1000 * made.seconds / changes, floor, floor),
        Row(
            "plan with nothing to do, s",
            nothing.seconds,
            nothing.requests * fastest,
            GOAL_NOTHING_SECONDS,
        ),
        Row("drift of a clean cloud, s", drift.seconds, drift.requests * fastest),
        Row("guest to ACTIVE after apply, s", after, idle, idle * 1.25),
    ]


def _run(command: list[str], environment: dict[str, str]) -> Measured:
    start = time.monotonic()
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        cwd=ROOT,
    )
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-15:])
        raise BenchFailed(f"{' '.join(command[:3])} ended with {done.returncode}:\n{end}")
    return Measured(time.monotonic() - start, output=done.stdout)


def _timed(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.tenancy",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bureaus", type=int, default=0, help="how many units (all of ouhai.yaml)")
    parser.add_argument("--peer-bureaus", type=int, default=6, help="units of the peers (6)")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
