"""Full-size pings to many addresses at once, from one process and without the ping program."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterable

# From linux/in.h: not in the socket module.
_IP_MTU_DISCOVER = 10
_IP_PMTUDISC_PROBE = 3

_ECHO_REQUEST = 8
_ECHO_REPLY = 0
_HEADERS = 28
"""Bytes of the IPv4 and ICMP headers."""

SMALL = 84
"""Bytes of a packet that passes everywhere."""

_TRIES = 3
_WAIT_SECONDS = 0.7


def unanswered(addresses: Iterable[str], size: int) -> dict[str, str]:
    """Ping all addresses with packets that must not be fragmented; return who did not answer.

    :param size: bytes of the whole IPv4 packet, so the MTU that is to be proved.
    :return: for each address that did not answer, what the host's own kernel said ("" for nothing).
    :raises PermissionError: the process may not open raw sockets (it is not root).
    """
    waiting = dict.fromkeys(addresses, "")
    identifier = os.getpid() & 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as channel:
        # "Probe" sets Don't Fragment and ignores what the kernel remembers about the path.
        channel.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
        channel.setblocking(False)
        for sequence in range(_TRIES):
            if not waiting:
                break
            packet = echo_request(identifier, sequence, size)
            for address in list(waiting):
                waiting[address] = _send(channel, packet, address)
            _collect(channel, identifier, waiting)
    return waiting


def echo_request(identifier: int, sequence: int, size: int) -> bytes:
    """Return an ICMP echo request that makes an IPv4 packet of `size` bytes."""
    payload = b"\x5a" * (size - _HEADERS)
    unsigned = struct.pack("!BBHHH", _ECHO_REQUEST, 0, 0, identifier, sequence) + payload
    return unsigned[:2] + struct.pack("!H", checksum(unsigned)) + unsigned[4:]


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def _send(channel: socket.socket, packet: bytes, address: str) -> str:
    try:
        channel.sendto(packet, (address, 0))
    except OSError as error:
        if error.errno == errno.EMSGSIZE:
            return "its own interface does not take packets of this size"
        return os.strerror(error.errno or 0)
    return ""


def _collect(channel: socket.socket, identifier: int, waiting: dict[str, str]) -> None:
    """Take answers until all are there or the time is over."""
    end = time.monotonic() + _WAIT_SECONDS
    while waiting and (left := end - time.monotonic()) > 0:
        if not select.select([channel], [], [], left)[0]:
            return
        packet, (address, _) = channel.recvfrom(65535)
        start = (packet[0] & 0x0F) * 4
        kind, _, _, seen = struct.unpack_from("!BBHH", packet, start)
        if kind == _ECHO_REPLY and seen == identifier:
            waiting.pop(address, None)
