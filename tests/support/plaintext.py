"""Which of the captured connections between the cloud's hosts are encrypted."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path

from tests.support import wire
from tests.support.lab import Lab

BANNER_SECONDS = 5


def between_hosts(lab: Lab, files: Iterable[Path]) -> list[wire.Connection]:
    """Return the captured connections of hosts, the deploy host included, that said anything."""
    ranges = [IPv4Network(lab.variables[name]) for name in ("management_range", "tunnel_range")]
    return [
        connection
        for connection in wire.connections(files)
        if all(
            any(end[0] in network for network in ranges)
            for end in (connection.client, connection.server)
        )
        and not wire.is_silent(connection)
    ]


def encrypted(connection: wire.Connection) -> str:
    """Return how a connection is encrypted; an old one without TLS by what its port announces."""
    known = wire.protocol(connection)
    if known or connection.whole:
        return known
    return _banner(connection.server) or _banner(connection.client)


def _banner(endpoint: wire.Endpoint) -> str:
    """Return the protocol that a port announces to whoever connects, or ""."""
    try:
        with socket.create_connection((str(endpoint[0]), endpoint[1]), BANNER_SECONDS) as stream:
            stream.settimeout(BANNER_SECONDS)
            said = stream.recv(16)
    except OSError:
        return ""
    return next((name for start, name in wire.BANNERS.items() if said.startswith(start)), "")
