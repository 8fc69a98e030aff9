"""Two probes send frames at the same time, and what each of them heard."""

from __future__ import annotations

import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import quote

from ouhai_cloud.cloud.probing import Guest
from ouhai_cloud.tenancy.audit.frames import (
    Frame,
    Station,
    arp_request,
    dhcp_discover,
    dhcp_offer,
    echo_request,
    read,
)

LISTEN_SECONDS = 6
HEAD_START_SECONDS = 1.0
FORGED_MAC = "02:6f:75:68:61:69"
FRAME = re.compile(r"^frame: ([0-9a-f]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Marks:
    """What tells the frames of one exchange from each other and from all other traffic."""

    to_gateway: bytes
    to_other: bytes
    through_gateway: bytes
    forged: bytes
    transaction: int

    @classmethod
    def fresh(cls) -> Marks:
        """Return marks that were never used before."""
        one, two, three, four = (secrets.token_hex(8).encode() for _ in range(4))
        return cls(one, two, three, four, secrets.randbits(32))


@dataclass(frozen=True)
class Side:
    """One of the two probes, with its marks and what it heard."""

    guest: Guest
    marks: Marks
    heard: tuple[Frame, ...] = ()

    @property
    def station(self) -> Station:
        """Return the probe itself on its network."""
        return Station(self.guest.mac, IPv4Address(self.guest.address))

    @property
    def gateway(self) -> Station:
        """Return the router on the probe's network."""
        return Station(self.guest.gateway_mac, IPv4Address(self.guest.gateway_address))

    @property
    def forged(self) -> IPv4Address:
        """Return the address of its own subnet that the probe pretends to have."""
        return IPv4Address(self.guest.unused)


def honest(side: Side) -> list[bytes]:
    """Return what a probe may send: these must be answered."""
    return [
        arp_request(side.station, side.gateway.address),
        echo_request(side.station, side.gateway, side.marks.to_gateway),
        dhcp_discover(side.station.mac, side.marks.transaction),
    ]


def hostile(side: Side, other: Side) -> list[bytes]:
    """Return what a probe must not get through: forged, or towards the other bureau."""
    liar = Station(side.station.mac, side.forged)
    masked = Station(FORGED_MAC, side.station.address)
    beyond = Station(side.gateway.mac, other.station.address)
    return [
        arp_request(side.station, other.station.address),
        echo_request(side.station, other.station, side.marks.to_other),
        echo_request(side.station, beyond, side.marks.through_gateway),
        arp_request(liar, side.gateway.address),
        echo_request(liar, side.gateway, side.marks.forged),
        arp_request(masked, side.gateway.address),
        dhcp_offer(side.station, other.station.mac, side.forged, other.marks.transaction),
    ]


def exchange(attacker: Guest, victim: Guest) -> tuple[Side, Side]:
    """Let both send what they may, and the attacker what it may not; return what each heard.

    :raises ProbeUnusable: a probe does not answer its auditor.
    """
    one, other = Side(attacker, Marks.fresh()), Side(victim, Marks.fresh())
    with ThreadPoolExecutor(2) as pool:
        # the victim listens before the attacker sends, and longer
        listening = pool.submit(_wire, other, LISTEN_SECONDS, honest(other))
        time.sleep(HEAD_START_SECONDS)
        sending = pool.submit(_wire, one, LISTEN_SECONDS - 2, [*honest(one), *hostile(one, other)])
        return sending.result(), listening.result()


def _wire(side: Side, seconds: int, frames: list[bytes]) -> Side:
    send = quote(",".join(frame.hex() for frame in frames))
    text = side.guest.page(f"cgi-bin/wire?seconds={seconds}&send={send}")
    return Side(side.guest, side.marks, tuple(parse(text)))


def parse(text: str) -> list[Frame]:
    """Return the frames in an answer of the probe's page `wire`."""
    found = (read(bytes.fromhex(hexadecimal)) for hexadecimal in FRAME.findall(text))
    return [frame for frame in found if frame is not None]
