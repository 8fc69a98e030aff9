"""The way to a guest's screen: websocket frames, and a VNC client's log-in over them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify import console
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.websocket import Websocket
from hypothesis import given
from hypothesis import strategies as st

URL = "https://cloud:6080/vnc_auto.html?path=%3Ftoken%3Dabc"
MESSAGES = st.lists(st.binary(max_size=125), max_size=5)


def frame(payload: bytes) -> bytes:
    """Return a server's frame, which is not masked."""
    return bytes((0x82, len(payload))) + payload


@contextmanager
def pair(received: bytes = b"") -> Iterator[tuple[Websocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Websocket(ours, received), theirs


@given(MESSAGES, st.integers(0, 700))
def test_what_was_sent_arrives_however_it_was_cut(messages: list[bytes], cut: int) -> None:
    sent = b"".join(map(frame, messages))
    whole = b"".join(messages)
    with pair(sent[:cut]) as (stream, server):
        server.sendall(sent[cut:])
        server.shutdown(socket.SHUT_WR)
        assert b"".join(stream.receive(1) for _ in whole) == whole
        with pytest.raises(ConnectionError):
            stream.receive(1)


@given(st.binary(min_size=1, max_size=125))
def test_what_is_sent_is_masked(data: bytes) -> None:
    with pair() as (stream, server):
        stream.send(data)
        said = server.recv(200)
    assert said[:2] == bytes((0x82, 0x80 | len(data)))
    assert bytes(byte ^ said[2:6][at % 4] for at, byte in enumerate(said[6:])) == data


@pytest.mark.parametrize(
    ("kinds", "result"), [(b"\x01", bytes(4)), (b"\x01\x02", b"\0\0\0\x01"), (b"\x02", b"")]
)
def test_the_login_tells_what_the_server_said(
    monkeypatch: pytest.MonkeyPatch, kinds: bytes, result: bytes
) -> None:
    asked: list[str] = []
    said = [console.VERSION, bytes((len(kinds),)) + kinds, result]

    @contextmanager
    def opened(url: str, _: Path) -> Iterator[Websocket]:
        asked.append(url)
        with pair(b"".join(map(frame, said))) as (stream, _server):
            yield stream

    monkeypatch.setattr(console, "opened", opened)
    assert console.log_in(URL, Path("ca.crt")) == console.VERSION + (result or kinds)
    assert asked == ["https://cloud:6080/?token=abc"]
