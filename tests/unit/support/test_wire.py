"""Reading captures: connections, what encrypts them, and what Geneve carries."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from tests.support import wire

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 3306)
HELLO = b"\x16\x03\x01\x00\xff..."
DATA = b"\x17\x03\x03\x01\x00..."
GREETING = b"\x4a\x00\x00\x00\x0a11.8.9-MariaDB"
ASK_FOR_TLS = b"\x20\x00\x00\x01" + b"\x00" * 32


def ipv4(source: str, target: str, number: int, body: bytes) -> bytes:
    total = (20 + len(body)).to_bytes(2)
    head = b"\x45\x00" + total + bytes(5) + bytes([number]) + bytes(2)
    return head + IPv4Address(source).packed + IPv4Address(target).packed + body


def tcp(
    source: tuple[str, int], target: tuple[str, int], said: bytes, *, opening: bool = False
) -> bytes:
    ports = source[1].to_bytes(2) + target[1].to_bytes(2)
    head = ports + bytes(8) + b"\x50" + (b"\x02" if opening else b"\x10") + bytes(6)
    return ipv4(source[0], target[0], 6, head + said)


def capture(folder: Path, *packets: bytes) -> Path:
    # An Ethernet frame is padded to 60 bytes; the padding must not count as said.
    frames = [(bytes(12) + b"\x08\x00" + packet).ljust(60, b"\0") for packet in packets]
    records = [struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames]
    path = folder / "x.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 400, 1) + b"".join(records))
    return path


@pytest.mark.parametrize(
    ("first", "answer", "expected"),
    [
        ([HELLO], [DATA], "TLS"),
        ([], [b"SSH-2.0-OpenSSH"], "SSH"),
        ([], [b"ceph v2\n\x10\x00"], "Ceph messenger 2"),
        ([ASK_FOR_TLS, HELLO], [GREETING], "TLS within MariaDB's"),
        ([b"\x50\x00\x00\x01" + b"\x00" * 60], [GREETING], ""),
        ([b"RFB 003.008\n", b"\x13", b"\x00\x02", HELLO], [b"RFB 003.008\n"], "TLS within VNC's"),
        ([b"RFB 003.008\n", b"\x01"], [b"RFB 003.008\n"], ""),
        ([b"GET / HTTP/1.1\r\n"], [DATA], ""),
        ([b"AMQP\x00\x00\x09\x01"], [], ""),
    ],
)
def test_a_new_connection_is_judged_by_what_is_said_first(
    tmp_path: Path, first: list[bytes], answer: list[bytes], expected: str
) -> None:
    said = [tcp(CLIENT, SERVER, text) for text in first]
    heard = [tcp(SERVER, CLIENT, text) for text in answer]
    opening = tcp(CLIENT, SERVER, b"", opening=True)
    (found,) = wire.connections([capture(tmp_path, opening, *heard[:1], *said, *heard[1:])])
    assert wire.protocol(found) == expected
    assert (str(found.server[0]), found.server[1]) == SERVER


def test_an_old_connection_is_judged_by_how_its_segments_begin(tmp_path: Path) -> None:
    middle = tcp(SERVER, CLIENT, b"the rest of a record")
    (found,) = wire.connections([capture(tmp_path, middle, tcp(CLIENT, SERVER, DATA))])
    assert not found.whole
    assert wire.protocol(found) == "TLS"
    (found,) = wire.connections([capture(tmp_path, middle)])
    assert wire.protocol(found) == ""
    assert "the rest of a record" in str(found) or found.server[1] == 3306


def test_ports_that_are_used_again_are_another_connection(tmp_path: Path) -> None:
    opening = tcp(CLIENT, SERVER, b"", opening=True)
    packets = [opening, tcp(CLIENT, SERVER, HELLO), opening, tcp(CLIENT, SERVER, b"GET / HTTP")]
    found = wire.connections([capture(tmp_path, *packets)])
    assert sorted(wire.protocol(one) for one in found) == ["", "TLS"]


def test_padding_is_not_said(tmp_path: Path) -> None:
    (found,) = wire.connections([capture(tmp_path, tcp(CLIENT, SERVER, b"", opening=True))])
    assert wire.is_silent(found)


def test_a_greeting_that_nobody_answers_is_nothing_said(tmp_path: Path) -> None:
    greeting = len(GREETING[4:]).to_bytes(3, "little") + GREETING[3:]
    (found,) = wire.connections([capture(tmp_path, tcp(SERVER, CLIENT, greeting))])
    assert wire.is_silent(found)
    packets = [tcp(SERVER, CLIENT, greeting), tcp(CLIENT, SERVER, b"\x50\x00\x00\x01")]
    (found,) = wire.connections([capture(tmp_path, *packets)])
    assert not wire.is_silent(found)


def test_what_geneve_carries_is_read(tmp_path: Path) -> None:
    inner = bytes(12) + b"\x08\x00" + ipv4("192.168.0.1", "192.168.0.2", 1, bytes(8))
    geneve = b"\x02\x00\x65\x58\x00\x00\x07\x00" + bytes(8) + inner  # two words of options
    udp = (5000).to_bytes(2) + (6081).to_bytes(2) + (8 + len(geneve)).to_bytes(2) + bytes(2)
    (found,) = wire.tunnelled(capture(tmp_path, ipv4("10.2.0.1", "10.2.0.2", 17, udp + geneve)))
    assert [str(address) for address in (found.tunnel_source, found.source, found.target)] == [
        "10.2.0.1",
        "192.168.0.1",
        "192.168.0.2",
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    for content in (b"", b"\x0a\x0d\x0d\x0a" + bytes(40)):
        path.write_bytes(content)
        with pytest.raises(wire.CaptureUnreadable):
            list(wire.packets(path))
