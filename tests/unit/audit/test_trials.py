"""Trials on a simulated wire: closed, open in each way, and dead."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest
from ouhai_cloud.cloud.probing import Guest
from ouhai_cloud.tenancy.audit import active, frames, hearing
from ouhai_cloud.tenancy.audit.frames import ARP, Frame, Station
from ouhai_cloud.tenancy.audit.hearing import FORGED_MAC
from ouhai_cloud.tenancy.audit.trials import on_the_wire, tried
from ouhai_cloud.tenancy.audit.verdicts import Trial, Verdict

LISTENERS = {"P01", "P02", "P03", "P06"}
"""Trials that show something only when the other listened while the attacker sent."""

OPEN = ("segment", "routed", "address", "mac")
"""Ways in which the simulated network can be open."""


class Clock(threading.local):
    """The auditor's clock, which only the simulated pages move; each page has its own thread."""

    now = 100.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.now


@dataclass
class Wire:
    """Both probes' networks: what each probe hears of what is sent."""

    open: frozenset[str] = frozenset()
    dead: frozenset[str] = frozenset()
    guests: dict[str, FakeGuest] = field(default_factory=dict)
    ready: threading.Barrier = field(default_factory=lambda: threading.Barrier(2))
    sent: threading.Barrier = field(default_factory=lambda: threading.Barrier(2))
    heard: dict[str, list[bytes]] = field(default_factory=lambda: {"A": [], "B": []})
    clock: Clock = field(default_factory=Clock)
    exchanges: int = 0

    def carry(self, sender: FakeGuest, data: bytes, moment: float) -> None:
        """Bring a frame to whoever would hear it."""
        frame = frames.read(data)
        assert frame is not None
        honest = frame.source_mac == sender.mac
        own = frame.kind != ARP and frame.source == IPv4Address(0)
        spoofed = frame.source != IPv4Address(sender.address) and not own
        if (not honest and "mac" not in self.open) or (spoofed and "address" not in self.open):
            return
        other = self.guests["B" if sender.bureau == "A" else "A"]
        to_other = frame.kind != ARP and frame.target == IPv4Address(other.address)
        if not other.start <= moment <= other.start + other.seconds:
            pass
        elif "segment" in self.open:
            self.heard[other.bureau].append(data)
        elif "routed" in self.open and to_other and frame.target_mac == sender.gateway_mac:
            self.heard[other.bureau].append(_mac(other.mac) + _mac(other.gateway_mac) + data[12:])
        self.heard[sender.bureau] += self._answers(sender, frame, data)

    @staticmethod
    def _answers(sender: FakeGuest, frame: Frame, data: bytes) -> Iterator[bytes]:
        """Yield what the sender's own gateway says."""
        gateway = Station(sender.gateway_mac, IPv4Address(sender.gateway_address))
        back = _mac(frame.source_mac) + _mac(gateway.mac)
        if frame.kind == ARP and frame.target == gateway.address:
            reply = struct.pack("!HHBBH", 1, 0x0800, 6, 4, frames.REPLY) + _mac(gateway.mac)
            assert frame.source is not None
            reply += gateway.address.packed + _mac(frame.source_mac) + frame.source.packed
            yield (back + struct.pack("!H", ARP) + reply).ljust(60, b"\0")
        elif frame.protocol == frames.ICMP and frame.target == gateway.address:
            yield back + data[12:26] + data[30:34] + data[26:30] + b"\0" + data[35:]
        elif frame.protocol == frames.UDP:
            transaction = int.from_bytes(frame.payload[12:16])
            yield frames.dhcp_offer(gateway, sender.mac, gateway.address, transaction)


@dataclass
class FakeGuest:
    """A probe whose page `wire` talks to the simulated wire."""

    bureau: str
    wire: Wire
    mac: str
    address: str
    gateway_mac: str
    gateway_address: str
    unused: str
    late: float = 0
    flaw: tuple[str, str] = ("", "")
    seconds: int = 0
    server_id: str = ""
    floating: str = ""
    outer_gateway: str = ""

    @property
    def start(self) -> float:
        """When it begins to listen, by the auditor's clock."""
        return Clock.now + self.late

    def serves(self, _port: int) -> bool:
        """Serve nobody outside the wire."""
        return False

    def page(self, path: str) -> str:
        """Answer as the probe does: send all, wait for the other, tell what was heard and when."""
        query = parse_qs(urlsplit(path).query)
        self.seconds = int(query["seconds"][0])
        keep = [bytes.fromhex(piece) for piece in query["keep"][0].split(",")]
        self.wire.heard[self.bureau] = []
        self.wire.ready.wait(5)
        booted = self.start - int(self.mac[-4]) * 1000
        lines = [f"began: {self.start - booted}", "result: ok", f"listening: {self.start - booted}"]
        for number in range(self.seconds):
            moment = self.start + number
            if self.bureau not in self.wire.dead:
                for text in query["send"][0].split(","):
                    self.wire.carry(self, bytes.fromhex(text), moment)
            lines.append(f"round: {moment - booted} {moment - booted + 0.1:.2f}")
        self.wire.sent.wait(5)
        if self.bureau not in self.wire.dead:
            heard = self.wire.heard[self.bureau]
            assert all(any(piece in one for piece in keep) for one in heard)
            lines += [f"frame: {one.hex()}" for one in heard]
        self.wire.clock.now = self.start + self.seconds
        self.wire.exchanges += self.bureau == "A"
        end = self.wire.clock.now - booted
        lines += [f"stopped: {end}", f"rounds: {self.seconds}", "lost: 0", f"ended: {end}"]
        return ("\n".join(lines) + "\n").replace(*self.flaw) if any(self.flaw) else "\n".join(lines)


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def simulated(monkeypatch: pytest.MonkeyPatch, *opened: str, dead: str = "") -> Wire:
    wire = Wire(frozenset(opened), frozenset(dead))
    monkeypatch.setattr(hearing, "time", SimpleNamespace(monotonic=wire.clock.monotonic))
    for number, code in enumerate("AB"):
        net = f"172.20.{number}"
        wire.guests[code] = FakeGuest(
            code,
            wire,
            f"02:00:00:00:0{number}:0a",
            f"{net}.10",
            f"02:00:00:00:0{number}:01",
            f"{net}.1",
            f"{net}.14",
        )
    return wire


def pair(wire: Wire) -> tuple[Guest, Guest]:
    return cast(Guest, wire.guests["A"]), cast(Guest, wire.guests["B"])


def once(wire: Wire) -> dict[str, Trial]:
    return {one.code: one for one in on_the_wire(*hearing.exchange(*pair(wire)))}


def again(wire: Wire) -> dict[str, Trial]:
    return {one.code: one for one in tried(*pair(wire))}


def run(monkeypatch: pytest.MonkeyPatch, *opened: str, dead: str = "") -> dict[str, Trial]:
    return once(simulated(monkeypatch, *opened, dead=dead))


def unclear(trials: dict[str, Trial]) -> set[str]:
    return {code for code, one in trials.items() if one.verdict is Verdict.INCONCLUSIVE}


def breached(trials: dict[str, Trial]) -> set[str]:
    return {code for code, one in trials.items() if one.verdict is Verdict.BREACHED}


def test_a_closed_network_is_isolated_in_every_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = run(monkeypatch)
    assert set(trials) == {f"P0{number}" for number in range(1, 7)}
    assert {one.verdict for one in trials.values()} == {Verdict.ISOLATED}, trials


@pytest.mark.parametrize(
    ("opened", "codes"),
    [
        ("segment", {"P01", "P02", "P03", "P06"}),
        ("routed", {"P03"}),
        ("address", {"P04"}),
        ("mac", {"P05"}),
    ],
)
def test_each_way_that_is_open_is_a_breach(
    monkeypatch: pytest.MonkeyPatch, opened: str, codes: set[str]
) -> None:
    assert breached(run(monkeypatch, opened)) == codes


@pytest.mark.parametrize("dead", ["A", "AB"])
def test_a_dead_attacker_shows_nothing(monkeypatch: pytest.MonkeyPatch, dead: str) -> None:
    verdicts = {one.verdict for one in run(monkeypatch, dead=dead).values()}
    assert verdicts == {Verdict.INCONCLUSIVE}


def test_a_deaf_victim_shows_nothing_where_it_had_to_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert unclear(run(monkeypatch, dead="B")) == LISTENERS


@pytest.mark.parametrize("who", ["A", "B"])
def test_probes_that_did_not_meet_show_nothing(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    wire = simulated(monkeypatch, "segment")
    wire.guests[who].late = 30
    trials = again(wire)
    assert unclear(trials) == LISTENERS
    assert wire.exchanges == 3


@pytest.mark.parametrize("who", ["A", "B"])
@pytest.mark.parametrize("opened", ["segment", ""])
def test_a_late_probe_gets_a_longer_exchange(
    monkeypatch: pytest.MonkeyPatch, who: str, opened: str
) -> None:
    wire = simulated(monkeypatch, opened)
    wire.guests[who].late = 9
    trials = again(wire)
    assert not unclear(trials)
    assert breached(trials) == (LISTENERS if opened else set())
    assert wire.exchanges == 2


@pytest.mark.parametrize("late", [0, 1, 3, 6])
def test_what_is_a_little_late_needs_no_second_exchange(
    monkeypatch: pytest.MonkeyPatch, late: float
) -> None:
    wire = simulated(monkeypatch)
    wire.guests["B"].late = late
    assert not unclear(again(wire))
    assert wire.exchanges == 1


FLAWS = {
    "failed": ("result: ok", "result: failed\nerror: send: No buffer space available"),
    "cut off": ("ended: ", "frame: 020"),
    "not told": ("listening: ", "heard: "),
    "rounds": ("rounds: 8", "rounds: 9"),
    "lost": ("lost: 0", "lost: 7"),
    "s of 8": ("stopped: ", "stopped: 0\nreally: "),
}


@pytest.mark.parametrize("who", ["A", "B"])
@pytest.mark.parametrize("flaw", FLAWS.values(), ids=FLAWS)
def test_an_answer_that_is_not_whole_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, who: str, flaw: tuple[str, str]
) -> None:
    wire = simulated(monkeypatch)
    wire.guests[who].flaw = flaw
    alone = {"P04", "P05"} if who == "A" else set()
    assert unclear(once(wire)) == LISTENERS | alone


def test_what_a_failed_probe_heard_is_a_breach_still(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = simulated(monkeypatch, "segment")
    wire.guests["B"].flaw = FLAWS["failed"]
    assert breached(once(wire)) == LISTENERS


def test_the_forged_mac_is_nobodys() -> None:
    first = int(FORGED_MAC[:2], 16)
    assert first & 2  # locally administered: no card is made with it
    assert not first & 1  # and no group of cards


@dataclass
class Pages:
    """A probe that has pages instead of a wire."""

    bureau: str
    pages: dict[str, str]
    mac: str = ""
    address: str = "172.20.0.9"
    gateway_mac: str = ""
    gateway_address: str = ""
    unused: str = ""
    floating: str = "10.0.0.9"
    outer_gateway: str = "10.0.0.1"
    open_ports: tuple[int, ...] = (80,)

    def serves(self, port: int) -> bool:
        """Tell whether a port is open from outside."""
        return port in self.open_ports

    @property
    def server_id(self) -> str:
        """Return the id that stands in its metadata."""
        return f"server-{self.bureau}"

    @property
    def network_id(self) -> str:
        """Return the id of its network."""
        return f"network-{self.bureau}"

    def page(self, path: str) -> str:
        """Return the page of the first word that is in the path."""
        return next((text for word, text in self.pages.items() if word in path), "result: failed")


OWN = 'result: ok\n{"uuid": "server-A"}'
NETWORK = "header=X-OVN-Network-ID%3A%20network-B"
ADDRESS = "header=X-Forwarded-For%3A%20172.20.0.9"
THEIRS = 'result: ok\n{"uuid": "server-B"}'


@pytest.mark.parametrize(
    ("pages", "verdict"),
    [
        ({"169.254": OWN}, Verdict.ISOLATED),
        ({"X-Forwarded-For": THEIRS, "169.254": OWN}, Verdict.BREACHED),
        ({"X-Instance-ID": THEIRS, "169.254": OWN}, Verdict.BREACHED),
        # OVN's agent believes both together
        ({f"{NETWORK}&{ADDRESS}": THEIRS, "169.254": OWN}, Verdict.BREACHED),
        ({}, Verdict.INCONCLUSIVE),
    ],
)
def test_metadata_of_the_other(pages: dict[str, str], verdict: Verdict) -> None:
    one, other = cast(Guest, Pages("A", pages)), cast(Guest, Pages("B", {}))
    assert active.metadata(one, other).verdict is verdict


OUT, IN = {"10.0.0.1": "result: ok"}, {"127.0.0.1": "result: ok"}
THROUGH, CLOSED = {"10.0.0.9%3A80%2F": "result: ok"}, {"10.0.0.9%3A8080": "result: ok"}


@pytest.mark.parametrize(
    ("attacker", "victim", "ports", "verdict"),
    [
        (THROUGH, IN, (80,), Verdict.ISOLATED),
        # no way between floating addresses: the auditor's attempt alone
        (OUT, IN, (80,), Verdict.ISOLATED),
        (THROUGH | CLOSED, IN, (80,), Verdict.BREACHED),
        (OUT | CLOSED, IN, (80,), Verdict.BREACHED),
        (OUT, IN, (80, 8080), Verdict.BREACHED),
        # nothing listens on the closed port, so that it is closed shows nothing
        (THROUGH, {}, (80,), Verdict.INCONCLUSIVE),
        (OUT, {}, (80,), Verdict.INCONCLUSIVE),
        # the attacker gets nowhere, or the floating address leads nowhere
        ({}, IN, (80,), Verdict.INCONCLUSIVE),
        (OUT, IN, (), Verdict.INCONCLUSIVE),
    ],
)
def test_closed_port(
    attacker: dict[str, str], victim: dict[str, str], ports: tuple[int, ...], verdict: Verdict
) -> None:
    one = cast(Guest, Pages("A", attacker))
    other = cast(Guest, Pages("B", victim, open_ports=ports))
    assert active.closed_port(one, other).verdict is verdict


@pytest.mark.parametrize(("attacker", "tried_by"), [(THROUGH, 2), (OUT, 1)])
def test_a_vain_attempt_counts_only_where_there_is_a_way(
    attacker: dict[str, str], tried_by: int
) -> None:
    one, other = cast(Guest, Pages("A", attacker)), cast(Guest, Pages("B", IN))
    trial = active.closed_port(one, other)
    assert len(trial.negatives) == tried_by
    told = any("auditor alone" in seen.what.in_("en") for seen in trial.controls)
    assert told is (tried_by == 1)
