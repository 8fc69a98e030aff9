"""The trials on the wire: each from what two probes heard in one exchange."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from ouhai_cloud.cloud.probing import Guest
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit.frames import (
    ARP,
    REPLY,
    REQUEST,
    Frame,
    is_echo_reply,
    offered_by,
)
from ouhai_cloud.tenancy.audit.hearing import FORGED_MAC, LISTEN_SECONDS, Side, exchange
from ouhai_cloud.tenancy.audit.verdicts import Seen, Trial, Verdict

# On a slow host the pages of two probes may hardly overlap; the next exchange is longer.
MOST_EXCHANGES = 3
CLARITY = (Verdict.INCONCLUSIVE, Verdict.ISOLATED, Verdict.BREACHED)


def tried(attacker: Guest, victim: Guest) -> tuple[Trial, ...]:
    """Let two probes send and listen, again and longer while a trial shows nothing.

    Each exchange is a whole experiment: of each trial the clearest one counts, and a breach is one
    whenever it was seen.

    :raises ProbeUnusable: a probe does not answer its auditor.
    """
    clearest: dict[str, Trial] = {}
    for times in range(1, MOST_EXCHANGES + 1):
        for trial in on_the_wire(*exchange(attacker, victim, times * LISTEN_SECONDS)):
            before = clearest.get(trial.code, trial)
            clearest[trial.code] = max(trial, before, key=lambda one: CLARITY.index(one.verdict))
        if all(trial.verdict is not Verdict.INCONCLUSIVE for trial in clearest.values()):
            break
    return tuple(clearest.values())


def on_the_wire(attacker: Side, victim: Side) -> tuple[Trial, ...]:
    """Return the trials that one exchange decides."""
    return tuple(
        trial(attacker, victim)
        for trial in (neighbours, direct, routed, forged_address, forged_mac, rogue_dhcp)
    )


def neighbours(attacker: Side, victim: Side) -> Trial:
    """Try to find the other by ARP: both would have to be on one segment."""
    target = victim.station
    return _trial(
        "P01",
        Text("Layer 2: finding the other by ARP", "二层：ARP 查找对方"),
        attacker,
        victim,
        (
            _seen(
                Text("the other answered by ARP", "收到对方的 ARP 应答"),
                attacker,
                lambda frame: _is_arp(frame, REPLY) and frame.source == target.address,
            ),
            _seen(
                Text("the other heard a frame of the attacker's card", "对方听到了攻击方的帧"),
                victim,
                lambda frame: frame.source_mac == attacker.station.mac,
            ),
        ),
        (_arp_control(attacker), _arp_control(victim), _meeting(victim, attacker)),
    )


def direct(attacker: Side, victim: Side) -> Trial:
    """Try to send a frame to the other's card."""
    return _reach(
        "P02",
        Text("Layer 2: a frame to the other's card", "二层：直接发往对方网卡"),
        attacker,
        victim,
        attacker.marks.to_other,
    )


def routed(attacker: Side, victim: Side) -> Trial:
    """Try to reach the other's address through the own gateway."""
    return _reach(
        "P03",
        Text("Layer 3: the other's address, through the gateway", "三层：经网关到对方内网地址"),
        attacker,
        victim,
        attacker.marks.through_gateway,
    )


def _reach(code: str, title: Text, attacker: Side, victim: Side, mark: bytes) -> Trial:
    return _trial(
        code,
        title,
        attacker,
        victim,
        (
            _seen(
                Text("the other answered", "收到对方的回应"),
                attacker,
                lambda frame: is_echo_reply(frame, mark),
            ),
            _seen(
                Text("the other heard the request", "对方听到了请求"),
                victim,
                lambda frame: mark in frame.payload,
            ),
        ),
        (_echo_control(attacker), _echo_control(victim), _meeting(victim, attacker)),
    )


def forged_address(attacker: Side, victim: Side) -> Trial:
    """Try to send as another address of the own subnet."""
    liar = attacker.forged
    return _trial(
        "P04",
        Text("A forged source address", "伪造源地址"),
        attacker,
        victim,
        (
            _seen(
                Text("the gateway answered the forged address", "网关应答了伪造的地址"),
                attacker,
                lambda frame: _is_arp(frame, REPLY) and frame.target == liar,
            ),
            _seen(
                Text("the gateway looked for the forged address", "网关在寻找伪造的地址"),
                attacker,
                lambda frame: _is_arp(frame, REQUEST) and frame.target == liar,
            ),
            _seen(
                Text("a request from the forged address was answered", "伪造地址的请求得到回应"),
                attacker,
                lambda frame: is_echo_reply(frame, attacker.marks.forged),
            ),
        ),
        (_arp_control(attacker), _echo_control(attacker), _listening(attacker)),
    )


def forged_mac(attacker: Side, victim: Side) -> Trial:
    """Try to send as another card."""
    return _trial(
        "P05",
        Text("A forged MAC", "伪造 MAC 地址"),
        attacker,
        victim,
        (
            _seen(
                Text("the gateway answered the forged MAC", "网关应答了伪造的 MAC"),
                attacker,
                lambda frame: frame.target_mac == FORGED_MAC,
            ),
        ),
        (_arp_control(attacker), _listening(attacker)),
    )


def rogue_dhcp(attacker: Side, victim: Side) -> Trial:
    """Try to be the other's DHCP server, and to overhear its requests."""
    transaction = victim.marks.transaction
    own = attacker.station.address
    return _trial(
        "P06",
        Text("A rogue DHCP server", "伪造 DHCP 应答"),
        attacker,
        victim,
        (
            _seen(
                Text("the other got the forged offer", "对方收到了伪造的租约"),
                victim,
                lambda frame: offered_by(frame, transaction) == own,
            ),
            _seen(
                Text("the attacker heard the other's request", "攻击方听到了对方的请求"),
                attacker,
                lambda frame: frame.source_mac == victim.station.mac,
            ),
        ),
        (
            _seen(
                Text("the other got an offer from its own server", "对方得到自己网络的租约"),
                victim,
                lambda frame: offered_by(frame, transaction) not in (None, own),
            ),
            _arp_control(attacker),
            _meeting(victim, attacker),
            _meeting(attacker, victim),
        ),
    )


def _trial(
    code: str,
    title: Text,
    attacker: Side,
    victim: Side,
    negatives: tuple[Seen, ...],
    controls: tuple[Seen, ...],
) -> Trial:
    pair = (attacker.guest.bureau, victim.guest.bureau)
    return Trial(code, title, pair, negatives, controls)


def _arp_control(side: Side) -> Seen:
    code = side.guest.bureau
    return _seen(
        Text(f"the gateway answered {code}'s probe by ARP", f"{code} 的探针得到网关的 ARP 应答"),
        side,
        lambda frame: (
            _is_arp(frame, REPLY)
            and frame.source == side.gateway.address
            and frame.target == side.station.address
            and frame.target_mac == side.station.mac
        ),
    )


def _echo_control(side: Side) -> Seen:
    code = side.guest.bureau
    return _seen(
        Text(f"the gateway answered {code}'s probe's echo", f"{code} 的探针得到网关的回应"),
        side,
        lambda frame: is_echo_reply(frame, side.marks.to_gateway),
    )


def _listening(side: Side) -> Seen:
    """Show that a probe listened from its first frame on until after its last one."""
    code = side.guest.bureau
    answer = side.answer
    return Seen(
        Text(f"{code}'s probe listened all the time", f"{code} 的探针全程监听"),
        answer.listened is not None,
        answer.fault or f"{len(answer.rounds)} rounds sent",
    )


def _meeting(listener: Side, sender: Side) -> Seen:
    """Show that one probe listened while the other one sent all its frames."""
    hears, sends = listener.guest.bureau, sender.guest.bureau
    rounds = listener.answer.heard_out(sender.answer)
    faults = [
        f"{side.guest.bureau}: {side.answer.fault}"
        for side in (listener, sender)
        if side.answer.fault
    ]
    return Seen(
        Text(
            f"{hears}'s probe listened while {sends}'s sent",
            f"{sends} 的探针发送时，{hears} 的探针在监听",
        ),
        rounds > 0 and not faults,
        "; ".join(faults) or f"surely for {rounds} of {len(sender.answer.rounds)} rounds",
    )


def _seen(what: Text, side: Side, matches: Callable[[Frame], bool]) -> Seen:
    found = [frame for frame in side.heard if matches(frame)]
    detail = f"{len(found)} of {len(side.heard)} frames"
    return Seen(what, bool(found), f"{detail}, first from {_from(found[0])}" if found else detail)


def _from(frame: Frame) -> str:
    source: IPv4Address | str = frame.source or "?"
    return f"{frame.source_mac} ({source})"


def _is_arp(frame: Frame, operation: int) -> bool:
    return frame.kind == ARP and frame.arp_operation == operation
