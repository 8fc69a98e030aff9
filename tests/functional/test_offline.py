"""Hosts and guests have no way out, and do reach what they are meant to."""

from __future__ import annotations

import json
import subprocess
import time

from tests.support.guests import Guest
from tests.support.lab import Lab

FAST_SECONDS = 5
CONNECT = """
import socket
try:
    socket.create_connection(({address!r}, {port}), 20)
    print("connected")
except OSError as error:
    print("refused", error)
"""


def outside_addresses() -> list[str]:
    """Return the machine's own next hop, which does exist, and an address far away."""
    shown = subprocess.run(
        ["ip", "-json", "-4", "route", "show", "default"],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    hops = [route["gateway"] for route in json.loads(shown.stdout or "[]") if "gateway" in route]
    return [*hops, "192.0.2.1"]


def test_hosts_have_no_default_route(lab: Lab) -> None:
    for host in lab.hosts:
        for family in ("-4", "-6"):
            routes = lab.ssh(host, f"ip {family} route show default")
            assert (routes.code, routes.output) == (0, ""), f"{host} has a way out"


def test_connections_outward_fail_at_once(lab: Lab) -> None:
    for host in lab.hosts:
        for address in outside_addresses():
            start = time.monotonic()
            said = lab.python(host, CONNECT.format(address=address, port=443))
            assert said.startswith("refused"), f"{host} reaches {address}"
            assert time.monotonic() - start < FAST_SECONDS, f"{host} waits for {address}"


def test_hosts_reach_the_repository(lab: Lab) -> None:
    """Shows that the tests above do not pass because nothing works at all."""
    for host in lab.hosts:
        answer = lab.ssh(host, "apt-get update --error-on=any")
        assert answer.code == 0, f"{host}: {answer.errors}"


def test_guest_has_no_way_out(lab: Lab, probe: Guest) -> None:
    gateway = lab.variables["external_network"]["gateway"]
    assert probe.page(f"cgi-bin/ping?host={gateway}").startswith("result: ok")
    for address in outside_addresses():
        said = probe.page(f"cgi-bin/get?url=http://{address}/")
        assert said.startswith("result: failed"), f"a guest reaches {address}"
