"""The way to a server's screen: its address, and bytes in whatever messages they come."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.cloud.console import Stream, behind
from websocket import ABNF, WebSocket

MESSAGES = st.lists(st.binary(max_size=200), max_size=5)


class Opened:
    """A websocket with messages, which is closed after them."""

    def __init__(self, messages: list[bytes]) -> None:
        self._messages = [(ABNF.OPCODE_BINARY, one) for one in messages]
        self._messages.append((ABNF.OPCODE_CLOSE, b""))

    def recv_data(self) -> tuple[int, bytes]:
        return self._messages.pop(0)


@given(MESSAGES, st.integers(1, 50))
def test_what_was_sent_arrives_however_it_was_cut(messages: list[bytes], size: int) -> None:
    whole = b"".join(messages)
    stream = Stream(cast(WebSocket, Opened(messages)))
    pieces = [stream.receive(min(size, len(whole) - at)) for at in range(0, len(whole), size)]
    assert b"".join(pieces) == whole
    with pytest.raises(ConnectionError, match="the proxy closes the console"):
        stream.receive(1)


def test_the_page_of_a_console_passes_its_token_on() -> None:
    page = "https://cloud:6080/vnc_auto.html?path=%3Ftoken%3Dabc"
    assert behind(page) == "wss://cloud:6080/?token=abc"
