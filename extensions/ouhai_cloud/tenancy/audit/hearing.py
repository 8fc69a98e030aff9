"""Two probes send frames at the same time, and what each of them heard."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from urllib.parse import quote

from ouhai_cloud.cloud.probing import Guest
from ouhai_cloud.tenancy.audit.answers import Answer, Span, parse
from ouhai_cloud.tenancy.audit.frames import (
    Frame,
    Station,
    arp_request,
    dhcp_discover,
    dhcp_offer,
    echo_request,
)

LISTEN_SECONDS = 8
FORGED_MAC = "02:6f:75:68:61:69"


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

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """Return what the frames hold that have these marks."""
        transaction = self.transaction.to_bytes(4)
        return self.to_gateway, self.to_other, self.through_gateway, self.forged, transaction


@dataclass(frozen=True)
class Side:
    """One of the two probes, with its marks and what it heard."""

    guest: Guest
    marks: Marks
    answer: Answer = field(default_factory=Answer)

    @property
    def heard(self) -> tuple[Frame, ...]:
        """Return the frames that it heard."""
        return self.answer.frames

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


def matter(one: Side, other: Side) -> list[bytes]:
    """Return pieces of which every frame holds one that a trial looks for.

    A bureau's own broadcasts hold none, so that they cannot make a probe deaf.
    """
    cards = (one.station.mac, other.station.mac, FORGED_MAC)
    pieces = [bytes.fromhex(mac.replace(":", "")) for mac in cards]
    pieces += [one.forged.packed, other.forged.packed]
    return [*pieces, *one.marks.pieces, *other.marks.pieces]


def exchange(attacker: Guest, victim: Guest, seconds: int = LISTEN_SECONDS) -> tuple[Side, Side]:
    """Let both send what they may, and the attacker what it may not; return what each heard.

    Each sends again and again for as long as it listens: whoever begins late still meets the other.

    :param seconds: how long each listens.
    :raises ProbeUnusable: a probe does not answer its auditor.
    """
    one, other = Side(attacker, Marks.fresh()), Side(victim, Marks.fresh())
    keep = matter(one, other)
    with ThreadPoolExecutor(2) as pool:
        listening = pool.submit(_wire, other, seconds, honest(other), keep)
        sending = pool.submit(_wire, one, seconds, [*honest(one), *hostile(one, other)], keep)
        return sending.result(), listening.result()


def _wire(side: Side, seconds: int, frames: list[bytes], keep: list[bytes]) -> Side:
    send, kept = (quote(",".join(one.hex() for one in many)) for many in (frames, keep))
    start = time.monotonic()
    text = side.guest.page(f"cgi-bin/wire?seconds={seconds}&keep={kept}&send={send}")
    answer = parse(text, seconds, Span(start, time.monotonic()))
    return Side(side.guest, side.marks, answer)
