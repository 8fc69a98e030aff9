"""Only what a role declares is reachable, and what hosts alone ask is reachable for hosts alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.support.lab import Lab

TIMEOUT_SECONDS = 3
UNDECLARED_PORT = 18080
SSH_PORT = 22
METADATA_PORT = 8775
UNIT = "ouhai-test-listener"
LISTEN = (
    f"systemd-run --unit={UNIT} python3 -c "
    f"'import socket, time; kept = socket.create_server((\"\", {UNDECLARED_PORT})); time.sleep(60)'"
)
# Waits until the port is there, for the listener takes a moment to start.
CONNECT_TO_ITSELF = """
import socket, time
deadline = time.monotonic() + 10
while True:
    try:
        socket.create_connection(({address!r}, {port}), 5).close()
        break
    except ConnectionRefusedError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
print("connected")
"""


@pytest.fixture
def listener(lab: Lab) -> Iterator[int]:
    """Listen on every host on a port that no role declares; yield the port."""
    try:
        for host in lab.hosts:
            started = lab.ssh(host, LISTEN)
            assert started.code == 0, started
        yield UNDECLARED_PORT
    finally:
        for host in lab.hosts:
            lab.ssh(host, f"systemctl stop {UNIT}; systemctl reset-failed {UNIT}")


def reaches(address: str, port: int) -> bool:
    """Tell whether the deploy host gets a connection."""
    try:
        socket.create_connection((address, port), TIMEOUT_SECONDS).close()
    except OSError:
        return False
    return True


def test_a_port_that_no_role_declares_is_closed(lab: Lab, listener: int) -> None:
    for host in lab.hosts:
        address = lab.address(host)
        itself = CONNECT_TO_ITSELF.format(address=address, port=listener)
        assert lab.python(host, itself) == "connected\n"
        assert not reaches(address, listener), host
        assert reaches(address, SSH_PORT), host


def test_metadata_is_for_hosts_only(lab: Lab) -> None:
    """Nobody in the lab is outside of the management network and has a way to the APIs."""
    rules = lab.ssh(lab.control, "nft list chain inet ouhai input").output.splitlines()
    (rule,) = (line.strip() for line in rules if str(METADATA_PORT) in line)
    assert rule.startswith(f"ip saddr {lab.variables['management_range']} tcp dport"), rule
    assert reaches(lab.variables["api_address"], METADATA_PORT)
