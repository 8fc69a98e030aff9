"""The command ``tests/drills/small``: two compute hosts, the second one added later."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

from openstack.connection import Connection

from tests.drills import class3, steps
from tests.drills.migration import unreadable
from tests.drills.pinging import pinging
from tests.drills.steps import DrillFailed, Steps
from tests.support import capture, services, wire
from tests.support.cloud import FAILURES, connect
from tests.support.guests import Guest, Surroundings, guest, surroundings
from tests.support.lab import Lab
from tests.support.playbooks import play

FIRST, SECOND = "compute1", "compute2"
TALK_SECONDS = 15
COMPUTE_SECONDS = 180
MIGRATION_SECONDS = 300
POLL_SECONDS = 0.2
AFTERWARDS_SECONDS = 5
"""Pinging goes on for so long: the network follows the guest a moment later."""
LOST_MAX = 50
"""Lost pings (10 s) that are still a live migration, on a host that emulates its guests."""

DRILL_FAILURES: tuple[type[Exception], ...] = (DrillFailed, wire.CaptureUnreadable, *FAILURES)

EXAMPLES = """\
examples:
  tests/drills/small                  on a machine without a lab
  tests/drills/small --replace        take the lab down that is there, first
  tests/drills/small --resume         on a lab of topology small that has both compute hosts

The lab stays up. Exit code: 0 all of it is so, 1 something is not (the message says what), 2 wrong
usage.
"""


def main() -> int:
    """Run the drill; print a table of its steps."""
    parser = argparse.ArgumentParser(
        prog="tests/drills/small",
        description="Add a compute host to a running cloud, show that nothing else moved, that "
        "guests on both talk over Geneve, migrate one encrypted while it is pinged, and keep a "
        "host for systems of security class 3.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--replace", action="store_true", help="take a lab down that is there")
    parser.add_argument("--resume", action="store_true", help="only what comes after adding")
    asked = parser.parse_args()
    done = Steps()
    try:
        if not asked.resume:
            grow(done, asked.replace)
        use(done)
    except DRILL_FAILURES as error:
        print(f"tests/drills/small: {error}", file=sys.stderr)
        return 1
    finally:
        print(done.table())
    return 0


def grow(done: Steps, replace: bool) -> None:
    """Bring the lab up without the second compute host, then add that."""
    steps.room(replace)
    with done.step(f"up without {SECOND}"):
        steps.lab("up", "--topology", "small", "--without", SECOND)
    lab = Lab()
    others = lab.hosts
    before = {host: fingerprint(lab, host) for host in others}
    with done.step(f"{SECOND} is unpacked (up --until hosts)"):
        steps.lab("up", "--until", "hosts")
    with done.step(f"site.yml --limit {SECOND}"):
        played = play(Lab(), "site", "--limit", SECOND)
        print("\n".join(played.output.splitlines()[-4:]))
        if played.code != 0 or SECOND not in played.recap:
            raise DrillFailed(f"site.yml --limit {SECOND} failed:\n{played.output[-4000:]}")
    with done.step("no other host has changed"):
        for host in others:
            moved = services.differences(before[host], fingerprint(lab, host))
            if moved:
                raise DrillFailed(f"{host}: changed while {SECOND} was added: {moved}")
        done.seen(f"{', '.join(others)}: {sum(map(len, before.values()))} services and files")


def fingerprint(lab: Lab, host: str) -> dict[str, str]:
    """Return since when each service of a host runs, and what is in each file of /etc."""
    return services.start_times(lab, host) | services.configuration(lab, host)


def use(done: Steps) -> None:
    """Boot a guest on each compute host, let them talk, migrate one."""
    lab = Lab()
    cloud = connect(lab)
    name = f"ouhai-drill-{secrets.token_hex(4)}"
    with done.step(f"{SECOND} offers itself"):
        wait(
            lambda: {FIRST, SECOND} <= compute_hosts(cloud),
            f"no nova-compute on {SECOND} that is up",
            COMPUTE_SECONDS,
        )
    with surroundings(cloud, name, lab.variables["external_network"]["name"]) as around:
        talk_and_move(done, lab, cloud, around)
    class3.keep(done, lab, cloud, SECOND, FIRST)


def talk_and_move(done: Steps, lab: Lab, cloud: Connection, around: Surroundings) -> None:
    """Do what needs both guests; they are removed at the end."""
    started = time.monotonic()
    with guest(cloud, around, FIRST) as one, guest(cloud, around, SECOND) as other:
        with done.step("guests on both hosts"):
            for made, host in ((one, FIRST), (other, SECOND)):
                expect_host(cloud, made, host)
            done.seen(f"both answer {time.monotonic() - started:.1f} s after the first request")
        with done.step("they talk over Geneve"):
            done.seen(talk(lab, one, other))
        with done.step("live migration, pinged every 0.2 s"), unreadable(lab):
            done.seen(migrate(cloud, one))
        with done.step("they still talk"):
            ask(one, f"cgi-bin/ping?host={other.fixed_address}")
            ask(other, f"cgi-bin/get?url=http://{one.fixed_address}/")


def talk(lab: Lab, one: Guest, other: Guest) -> str:
    """Let the first guest ping the other and fetch its page; count what the tunnel carried."""
    ends = {tunnel_address(lab, FIRST), tunnel_address(lab, SECOND)}
    guests = {IPv4Address(one.fixed_address), IPv4Address(other.fixed_address)}
    with tempfile.TemporaryDirectory(prefix="ouhai-drill-") as folder:
        file = Path(folder, "tunnel.pcap")
        with capture.on_bridge(lab.bridge("tun"), "udp port 6081", file):
            # in userspace Open vSwitch drops the packet whose tunnel's far end it has to look up
            wait(
                lambda: one.page(f"cgi-bin/ping?host={other.fixed_address}").startswith(
                    "result: ok"
                ),
                f"{one.address} does not reach {other.fixed_address}",
                TALK_SECONDS,
            )
            ask(one, f"cgi-bin/get?url=http://{other.fixed_address}/")
        carried = list(wire.tunnelled(file))
    between = [
        packet
        for packet in carried
        if {packet.source, packet.target} == guests
        and {packet.tunnel_source, packet.tunnel_target} == ends
    ]
    directions = {packet.source for packet in between}
    if directions != guests:
        raise DrillFailed(
            f"{lab.bridge('tun')} carried {len(carried)} Geneve packets with IPv4, of which "
            f"{len(between)} were between the guests, from {sorted(map(str, directions))}"
        )
    return f"{len(between)} of their packets in Geneve between {' and '.join(map(str, ends))}"


def tunnel_address(lab: Lab, host: str) -> IPv4Address:
    """Return the address that a host's chassis has for tunnels, from Open vSwitch itself."""
    shown = lab.ssh(host, "ovs-vsctl get Open_vSwitch . external_ids:ovn-encap-ip")
    return IPv4Address(shown.output.strip().strip('"'))


def ask(one: Guest, path: str) -> None:
    """Let a guest do something towards the other.

    :raises DrillFailed: it could not.
    """
    said = one.page(path)
    if not said.startswith("result: ok"):
        raise DrillFailed(f"guest {one.address}, {path}: {said.strip()}")


def migrate(cloud: Connection, one: Guest) -> str:
    """Move a guest to the second host while it is pinged; return what that cost it."""
    with pinging(one.address) as pings:
        time.sleep(1)
        started = time.monotonic()
        cloud.compute.live_migrate_server(one.server_id, host=SECOND, block_migration="auto")
        wait(lambda: has_moved(cloud, one), "the guest has not moved", MIGRATION_SECONDS)
        seconds = time.monotonic() - started
        time.sleep(AFTERWARDS_SECONDS)
    expect_host(cloud, one, SECOND)
    lost = len(pings.lost)
    text = (
        f"{seconds:.1f} s; {lost} of {len(pings.sent)} pings lost, "
        f"longest silence {pings.longest_silence:.2f} s"
    )
    if lost > LOST_MAX or not pings.answered:
        raise DrillFailed(f"that was no live migration: {text}")
    return text


def has_moved(cloud: Connection, one: Guest) -> bool:
    """Tell whether a migration has ended well.

    :raises DrillFailed: it has not.
    """
    server = cloud.compute.get_server(one.server_id)
    if server.status == "ERROR":
        raise DrillFailed(f"live migration: {(server.fault or {}).get('message')}")
    if server.status != "ACTIVE" or server.task_state is not None:
        return False
    if server.hypervisor_hostname != SECOND:
        known = cloud.compute.migrations(server_id=one.server_id)
        failed = [row.status for row in known if row.status in ("error", "failed")]
        if failed:
            raise DrillFailed(f"live migration: {failed[0]}; see nova-compute's journal on {FIRST}")
        return False
    return True


def expect_host(cloud: Connection, one: Guest, host: str) -> None:
    """See that a guest is on a host.

    :raises DrillFailed: it is elsewhere.
    """
    found = cloud.compute.get_server(one.server_id).hypervisor_hostname
    if found != host:
        raise DrillFailed(f"guest {one.server_id} is on {found} instead of {host}")


def compute_hosts(cloud: Connection) -> set[str]:
    """Return the hosts that Nova can start guests on, and that offer resources."""
    up = {row.host for row in cloud.compute.services(binary="nova-compute") if row.state == "up"}
    return up & {row.name for row in cloud.compute.hypervisors()}


def wait(condition: Callable[[], bool], complaint: str, seconds: float) -> None:
    """Wait until a condition holds.

    :raises DrillFailed: it does not, in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DrillFailed(f"{complaint} after {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("tests/drills/small: the lab is root's: run this as root")
    sys.exit(main())
