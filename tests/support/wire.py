"""TCP connections read out of captures, and whether what they carry is encrypted.

Reads the classic pcap format as tcpdump writes it, and of the packets only what is needed: IPv4 and
TCP headers, and the first bytes of what each side says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

Endpoint = tuple[IPv4Address, int]

FILE_HEADER = struct.Struct("<IHHiIII")
RECORD_HEADER = struct.Struct("<IIII")
MAGIC = 0xA1B2C3D4
ETHERNET = 1
IPV4 = b"\x08\x00"
TCP, UDP = 6, 17
SYN, ACK = 0x02, 0x10
GENEVE_PORT = 6081
KEPT_BYTES = 2048
"""Of each direction of a connection; every handshake that is looked for begins within."""

TLS_TYPES = (0x14, 0x15, 0x16, 0x17)
TLS_HANDSHAKE = b"\x16\x03"
MYSQL_GREETING = 0x0A
MYSQL_SSL_REQUEST = b"\x20\x00\x00\x01"
"""Length and number of the short packet by which a client asks for TLS."""
MYSQL_SSL_REQUEST_BYTES = 36
BANNERS = {b"SSH-2.0": "SSH", b"ceph v2\n": "Ceph messenger 2"}


class CaptureUnreadable(Exception):
    """A file is not a capture as tcpdump writes it."""


@dataclass
class Stream:
    """What one end of a connection said: the start of it, and how each segment began."""

    said: bytes = b""
    begins: list[bytes] = field(default_factory=list)

    def add(self, payload: bytes) -> None:
        """Take the payload of one more segment."""
        if payload and len(self.said) < KEPT_BYTES:
            self.said += payload
            self.begins.append(payload[:16])


@dataclass
class Connection:
    """One TCP connection. `whole`: its first packet (SYN) is in the capture."""

    client: Endpoint
    server: Endpoint
    whole: bool
    from_client: Stream = field(default_factory=Stream)
    from_server: Stream = field(default_factory=Stream)

    def __str__(self) -> str:
        """Show both ends and the first bytes, for a reader who looks for the culprit."""
        first = self.from_client.said[:40] or self.from_server.said[:40]
        return f"{_text(self.client)} -> {_text(self.server)}: {first!r}"


def _text(endpoint: Endpoint) -> str:
    return f"{endpoint[0]}:{endpoint[1]}"


def packets(capture: Path) -> Iterator[bytes]:
    """Yield the IPv4 packets of a capture of Ethernet frames.

    :raises CaptureUnreadable: it is none.
    """
    data = capture.read_bytes()
    if len(data) < FILE_HEADER.size:
        raise CaptureUnreadable(f"{capture} has {len(data)} bytes: tcpdump did not start")
    magic, *_, link = FILE_HEADER.unpack_from(data)
    if (magic, link) != (MAGIC, ETHERNET):
        raise CaptureUnreadable(f"{capture}: not a capture of Ethernet ({magic:#x}, {link})")
    offset = FILE_HEADER.size
    while offset + RECORD_HEADER.size <= len(data):
        *_, length, _ = RECORD_HEADER.unpack_from(data, offset)
        offset += RECORD_HEADER.size
        frame = data[offset : offset + length]
        offset += length
        if frame[12:14] == IPV4:
            yield frame[14:]


def connections(captures: Iterable[Path]) -> list[Connection]:
    """Return the TCP connections in captures that were made at the same time."""
    found: dict[frozenset[Endpoint], Connection] = {}
    ended: list[Connection] = []
    for packet in (packet for capture in captures for packet in packets(capture)):
        size = (packet[0] & 0xF) * 4
        if packet[9] != TCP or len(packet) < size + 20:
            continue
        total = int.from_bytes(packet[2:4])
        segment = packet[size:total] if total else packet[size:]
        source = IPv4Address(packet[12:16]), int.from_bytes(segment[0:2])
        target = IPv4Address(packet[16:20]), int.from_bytes(segment[2:4])
        opening = segment[13] & (SYN | ACK) == SYN
        key = frozenset((source, target))
        known = found.get(key)
        if opening and known is not None:
            ended.append(known)  # the same ports again, for another connection
            known = None
        if known is None:
            known = _new(source, target, opening)
            found[key] = known
        stream = known.from_client if source == known.client else known.from_server
        stream.add(segment[(segment[12] >> 4) * 4 :])
    return ended + list(found.values())


def _new(source: Endpoint, target: Endpoint, opening: bool) -> Connection:
    """Make a connection; without its first packet, the lower port is taken for the server's."""
    if opening or target[1] < source[1]:
        return Connection(source, target, opening)
    return Connection(target, source, opening)


def protocol(connection: Connection) -> str:
    """Return by which protocol a connection is encrypted, or "" when it is not.

    A connection that is older than the capture is judged by how its segments begin.
    """
    if not connection.whole:
        begins = (*connection.from_client.begins, *connection.from_server.begins)
        return "TLS" if any(map(_is_record, begins)) else ""
    client, server = connection.from_client.said, connection.from_server.said
    if _is_record(client) or (not client and _is_record(server)):
        return "TLS"
    for banner, name in BANNERS.items():
        if client.startswith(banner) or server.startswith(banner):
            return name
    if server[4:5] == bytes([MYSQL_GREETING]) and client.startswith(MYSQL_SSL_REQUEST):
        return "TLS within MariaDB's" if _is_record(client[MYSQL_SSL_REQUEST_BYTES:]) else ""
    if server.startswith(b"RFB ") and TLS_HANDSHAKE in client[12:64]:
        return "TLS within VNC's"
    return ""


def _is_record(said: bytes) -> bool:
    """Tell whether these bytes begin with the header of a TLS record."""
    return len(said) > 2 and said[0] in TLS_TYPES and said[1] == 3 and said[2] <= 4


def is_silent(connection: Connection) -> bool:
    """Tell whether a connection carried nothing: a keep-alive, or somebody who looks at a port.

    MariaDB greets whoever connects; when that is all, nothing has been said either.
    """
    said = connection.from_server.said
    greeted = said[4:5] == bytes([MYSQL_GREETING]) and len(said) == 4 + int.from_bytes(
        said[:3], "little"
    )
    return not connection.from_client.said and (greeted or not said)


@dataclass(frozen=True)
class Tunnelled:
    """A packet inside a Geneve packet: ends of the tunnel, ends of the packet."""

    tunnel_source: IPv4Address
    tunnel_target: IPv4Address
    source: IPv4Address
    target: IPv4Address


def tunnelled(capture: Path) -> Iterator[Tunnelled]:
    """Yield the IPv4 packets that Geneve carries."""
    for packet in packets(capture):
        udp = packet[(packet[0] & 0xF) * 4 :]
        if packet[9] != UDP or int.from_bytes(udp[2:4]) != GENEVE_PORT:
            continue
        frame = udp[8 + 8 + (udp[8] & 0x3F) * 4 :]
        if frame[12:14] == IPV4 and len(frame) >= 34:
            yield Tunnelled(
                *(IPv4Address(packet[at : at + 4]) for at in (12, 16)),
                *(IPv4Address(frame[at : at + 4]) for at in (26, 30)),
            )
