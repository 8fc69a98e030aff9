"""A console's token opens its own server's screen; what else a proxy may do is seen and told."""

from __future__ import annotations

import re
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha1
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.probing import Guest
from ouhai_cloud.tenancy.audit import active
from ouhai_cloud.tenancy.audit.verdicts import Trial, Verdict
from websocket import WebSocket, create_connection

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What RFC 6455 adds to a key."""

Answer = Callable[[str], str]
"""What a proxy opens for a token: a server; or why it opens none, after a question mark."""


class Cloud:
    """Nova: a server's token is its id between two signs."""

    connection = SimpleNamespace(session=SimpleNamespace(verify="ca.crt"))

    def post(self, _service: str, path: str, _body: Any) -> dict[str, Any]:
        """Make a console."""
        url = f"https://api:6080/vnc_auto.html?path=%3Ftoken%3D-{path.split('/')[2]}-"
        return {"remote_console": {"url": url}}

    def get(self, _service: str, path: str) -> dict[str, Any]:
        """Return a server."""
        return {"server": {"OS-EXT-SRV-ATTR:instance_name": f"instance-{path.split('/')[2]}"}}


def frame(data: bytes) -> bytes:
    long = len(data) > 125
    return bytes([0x82, 126 if long else len(data)]) + len(data).to_bytes(2) * long + data


def unmasked(stream: socket.socket, count: int) -> bytes:
    data = stream.recv(6 + count)
    return bytes(one ^ data[2 + at % 4] for at, one in enumerate(data[6:]))


def serve(stream: socket.socket, answer: Answer) -> None:
    """Play the proxy, with frames that end where they like."""
    request = stream.recv(4096).decode()
    opened = answer(request.split(" ")[1].partition("token=")[2])
    if opened == "?refused":
        stream.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    else:
        (key,) = re.findall("Sec-WebSocket-Key: (.*)\r\n", request)
        accepted = b64encode(sha1((key + MAGIC).encode(), usedforsecurity=False).digest())
        head = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += b"Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Accept: "
        stream.sendall(head + accepted + b"\r\n\r\n")
    if opened == "?closed":
        stream.sendall(b"\x88\x02\x03\xe8")
    if opened.startswith("?"):
        stream.close()
        return
    stream.sendall(frame(b"RFB 003") + b"\x89\x00" + frame(b".008\n"))
    assert unmasked(stream, 0) == b""  # that it is there
    assert unmasked(stream, 12) == b"RFB 003.008\n"
    stream.sendall(frame(b"\x01\x01"))
    assert unmasked(stream, 1) == b"\x01"
    stream.sendall(frame(bytes(4)))
    assert unmasked(stream, 1) == b"\x01"
    name = f"QEMU (instance-{opened})".encode()
    stream.sendall(frame(bytes(20) + len(name).to_bytes(4) + name + bytes(200)))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], Trial]]:
    """Try a proxy that answers so."""
    threads: list[Thread] = []

    def run(answer: Answer) -> Trial:
        def connect(address: str, **options: Any) -> WebSocket:
            ours, theirs = socket.socketpair()
            ours.settimeout(5)
            threads.append(Thread(target=serve, args=(theirs, answer)))
            threads[-1].start()
            return create_connection(address, socket=ours, **options)

        monkeypatch.setattr("websocket.create_connection", connect)
        guests = (SimpleNamespace(server_id=one, bureau=one.upper()) for one in ("a", "b"))
        one, other = (cast(Guest, guest) for guest in guests)
        return active.console(cast(Api, Cloud()), one, other)

    yield run
    for thread in threads:
        thread.join()


def right(token: str) -> str:
    return {"-a-": "a", "-b-": "b"}.get(token, "?closed")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (right, Verdict.ISOLATED),
        (lambda token: right(token).replace("?closed", "?gone"), Verdict.ISOLATED),
        (lambda token: right(token).replace("?closed", "?refused"), Verdict.ISOLATED),
        (lambda token: "b" if token else "?closed", Verdict.BREACHED),
        (lambda token: {"-b-": "b", "-a-": "b"}.get(token, "?closed"), Verdict.BREACHED),
        (lambda token: "b" if token == "-b0" else right(token), Verdict.BREACHED),
        (lambda token: right(token) if token else "a", Verdict.BREACHED),
        # a dead proxy shows nothing, nor does one that knows only one of the two
        (lambda _: "?gone", Verdict.INCONCLUSIVE),
        (lambda token: "b" if token == "-b-" else "?closed", Verdict.INCONCLUSIVE),
        (lambda token: "a" if token == "-a-" else "?closed", Verdict.INCONCLUSIVE),
    ],
)
def test_what_a_proxy_opens(
    tried: Callable[[Answer], Trial], answer: Answer, verdict: Verdict
) -> None:
    assert tried(answer).verdict is verdict


def test_why_a_token_was_refused_is_told(tried: Callable[[Answer], Trial]) -> None:
    details = [seen.detail for seen in tried(right).negatives]
    assert details == ["QEMU (instance-a)", *["the proxy closes the console"] * 2]
