"""Ethernet frames, made and read byte by byte: what probes send and hear."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

BROADCAST = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"
ARP, IP = 0x0806, 0x0800
ICMP, UDP = 1, 17
REQUEST, REPLY = 1, 2
ECHO_REPLY, ECHO_REQUEST = 0, 8
DHCP_SERVER, DHCP_CLIENT = 67, 68
DISCOVER, OFFER = 1, 2
COOKIE = 0x63825363
UNKNOWN = IPv4Address(0)


@dataclass(frozen=True)
class Station:
    """A card on a network: its MAC and its address."""

    mac: str
    address: IPv4Address


@dataclass(frozen=True)
class Frame:
    """What is read of a frame; fields that it has not are None."""

    source_mac: str
    target_mac: str
    kind: int
    source: IPv4Address | None = None
    target: IPv4Address | None = None
    arp_operation: int | None = None
    protocol: int | None = None
    payload: bytes = b""


def arp_request(sender: Station, target: IPv4Address) -> bytes:
    """Ask who has an address."""
    body = struct.pack("!HHBBH", 1, IP, 6, 4, REQUEST)
    body += _mac(sender.mac) + sender.address.packed + _mac(NOBODY) + target.packed
    return _ethernet(sender.mac, BROADCAST, ARP, body)


def echo_request(sender: Station, target: Station, mark: bytes) -> bytes:
    """Ask for an echo; `mark` tells it from all others."""
    icmp = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, 0x6F75, 1) + mark
    icmp = icmp[:2] + struct.pack("!H", _sum(icmp)) + icmp[4:]
    packet = _packet(sender.address, target.address, ICMP, icmp)
    return _ethernet(sender.mac, target.mac, IP, packet)


def dhcp_discover(sender: str, transaction: int) -> bytes:
    """Ask for a DHCP server, with the answer to be broadcast."""
    options = bytes((53, 1, DISCOVER, 255))
    return _dhcp(sender, _Lease(1, transaction, sender), options)


def dhcp_offer(server: Station, client: str, offered: IPv4Address, transaction: int) -> bytes:
    """Pretend to be the DHCP server of a client."""
    options = bytes((53, 1, OFFER, 54, 4)) + server.address.packed
    options += bytes((51, 4)) + struct.pack("!I", 3600) + bytes((3, 4)) + server.address.packed
    lease = _Lease(2, transaction, client, offered, server.address)
    return _dhcp(server.mac, lease, options + bytes((255,)))


@dataclass(frozen=True)
class _Lease:
    operation: int
    transaction: int
    client: str
    offered: IPv4Address = UNKNOWN
    server: IPv4Address = UNKNOWN


def _dhcp(sender: str, lease: _Lease, options: bytes) -> bytes:
    body = struct.pack("!BBBBIHH", lease.operation, 1, 6, 0, lease.transaction, 0, 0x8000)
    body += bytes(4) + lease.offered.packed + lease.server.packed + bytes(4)
    body += _mac(lease.client) + bytes(10 + 64 + 128) + struct.pack("!I", COOKIE) + options
    body = body.ljust(300, b"\0")
    ports = (DHCP_CLIENT, DHCP_SERVER) if lease.operation == 1 else (DHCP_SERVER, DHCP_CLIENT)
    udp = struct.pack("!HHHH", *ports, 8 + len(body), 0) + body
    packet = _packet(lease.server, IPv4Address("255.255.255.255"), UDP, udp)
    return _ethernet(sender, BROADCAST, IP, packet)


def read(data: bytes) -> Frame | None:
    """Return what a frame says, or None for what is no whole frame."""
    if len(data) < 34:
        return None
    kind = int.from_bytes(data[12:14])
    frame = Frame(_text(data[6:12]), _text(data[:6]), kind)
    if kind == ARP:
        return Frame(
            frame.source_mac,
            frame.target_mac,
            kind,
            IPv4Address(data[28:32]),
            IPv4Address(data[38:42].ljust(4, b"\0")),
            arp_operation=int.from_bytes(data[20:22]),
        )
    if kind == IP:
        start = 14 + (data[14] & 0xF) * 4
        end = 14 + int.from_bytes(data[16:18])
        source, target = IPv4Address(data[26:30]), IPv4Address(data[30:34])
        return Frame(
            frame.source_mac,
            frame.target_mac,
            kind,
            source,
            target,
            protocol=data[23],
            payload=data[start:end],
        )
    return frame


def is_echo_reply(frame: Frame, mark: bytes) -> bool:
    """Tell whether it answers a request for an echo with this mark."""
    return frame.protocol == ICMP and frame.payload[:1] == b"\0" and mark in frame.payload


def offered_by(frame: Frame, transaction: int) -> IPv4Address | None:
    """Return the server of a DHCP offer in this transaction, or None."""
    if frame.protocol != UDP or frame.payload[:2] != struct.pack("!H", DHCP_SERVER):
        return None
    message = frame.payload[8:]
    if message[4:8] != struct.pack("!I", transaction):
        return None
    return _option(message[240:], 54)


def _option(options: bytes, wanted: int) -> IPv4Address | None:
    place = 0
    while place + 1 < len(options) and options[place] != 255:
        if options[place] == 0:
            place += 1
            continue
        size = options[place + 1]
        if options[place] == wanted and size == 4:
            return IPv4Address(options[place + 2 : place + 6])
        place += 2 + size
    return None


def _ethernet(source: str, target: str, kind: int, body: bytes) -> bytes:
    return (_mac(target) + _mac(source) + struct.pack("!H", kind) + body).ljust(60, b"\0")


def _packet(source: IPv4Address, target: IPv4Address, protocol: int, body: bytes) -> bytes:
    start = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0)
    header = start + source.packed + target.packed
    return header[:10] + struct.pack("!H", _sum(header)) + header[12:] + body


def _sum(data: bytes) -> int:
    """The internet's checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _text(mac: bytes) -> str:
    return mac.hex(":")
