"""What is made can be read; what is cut off is no frame."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.tenancy.audit import frames
from ouhai_cloud.tenancy.audit.frames import ARP, BROADCAST, REQUEST, Frame, Station

ONE = Station("02:00:00:00:00:01", IPv4Address("172.20.0.10"))
TWO = Station("02:00:00:00:00:02", IPv4Address("172.20.0.1"))


def read(data: bytes) -> Frame:
    frame = frames.read(data)
    assert frame is not None
    return frame


def test_an_arp_request_asks_everybody_in_the_senders_name() -> None:
    frame = read(frames.arp_request(ONE, TWO.address))
    assert (frame.source_mac, frame.target_mac, frame.kind) == (ONE.mac, BROADCAST, ARP)
    assert (frame.source, frame.target) == (ONE.address, TWO.address)
    assert frame.arp_operation == REQUEST


def test_an_echo_is_told_by_its_mark_once_it_is_a_reply() -> None:
    data = frames.echo_request(ONE, TWO, b"mark")
    assert not frames.is_echo_reply(read(data), b"mark")
    reply = data[:34] + b"\0" + data[35:]
    assert frames.is_echo_reply(read(reply), b"mark")
    assert not frames.is_echo_reply(read(reply), b"other")


def test_checksums_are_right_by_the_rule_that_their_sum_is_zero() -> None:
    data = frames.echo_request(ONE, TWO, b"odd")
    length = int.from_bytes(data[16:18])
    assert frames._sum(data[14:34]) == 0
    assert frames._sum(data[34 : 14 + length]) == 0


def test_an_offer_names_its_server_in_its_own_transaction_alone() -> None:
    frame = read(frames.dhcp_offer(TWO, ONE.mac, ONE.address, 7))
    assert frames.offered_by(frame, 7) == TWO.address
    assert frames.offered_by(frame, 8) is None
    assert frames.offered_by(read(frames.dhcp_discover(ONE.mac, 7)), 7) is None


@given(st.binary(max_size=120), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_reading_never_fails_whatever_comes(data: bytes, transaction: int) -> None:
    frame = frames.read(data)
    if frame is not None:
        frames.offered_by(frame, transaction)
        frames.is_echo_reply(frame, b"x")


@pytest.mark.parametrize("size", [0, 13, 33])
def test_a_frame_that_was_cut_off_is_none(size: int) -> None:
    assert frames.read(frames.arp_request(ONE, TWO.address)[:size]) is None
