"""As much of RFC 6455 as it takes to log in to a VNC server."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BINARY, _MASKED, _KIND, _CLOSE = 0x82, 0x80, 0x0F, 0x8


class Websocket:
    """An open websocket, for messages shorter than 126 bytes: their frames have a short header."""

    def __init__(self, stream: socket.socket, received: bytes = b"") -> None:
        """Take over a stream; received: what came after the handshake already."""
        self._stream = stream
        self._raw = received
        self._said = b""

    def send(self, data: bytes) -> None:
        """Send one message."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self._stream.sendall(bytes((_BINARY, _MASKED | len(data))) + mask + masked)

    def receive(self, length: int) -> bytes:
        """Return the next bytes that the server sends, in one message or in several.

        :raises ConnectionError: the server closes before that.
        """
        while len(self._said) < length:
            kind, size = self._take(2)
            said = self._take(size)
            if kind & _KIND == _CLOSE:
                raise ConnectionError(f"the server closes: {said[2:].decode(errors='replace')}")
            # What is beyond are its questions whether we are there.
            self._said += said if kind & _KIND < _CLOSE else b""
        taken, self._said = self._said[:length], self._said[length:]
        return taken

    def _take(self, length: int) -> bytes:
        while len(self._raw) < length:
            self._raw += _receive(self._stream)
        taken, self._raw = self._raw[:length], self._raw[length:]
        return taken


@contextmanager
def opened(url: str, ca_file: Path) -> Iterator[Websocket]:
    """Open a websocket over TLS.

    :raises ConnectionError: the server refuses the handshake (the message is its answer) or closes.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    key = base64.b64encode(os.urandom(16))
    request = (
        f"GET {parts.path or '/'}?{parts.query} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Origin: https://{host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: binary\r\n\r\n"
    )
    context = ssl.create_default_context(cafile=str(ca_file))
    with (
        socket.create_connection((host, port), TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        secure.sendall(request.encode())
        head, _, rest = _read_until(secure, b"\r\n\r\n").partition(b"\r\n\r\n")
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest())
        if b" 101 " not in head.split(b"\r\n")[0] or accept not in head:
            raise ConnectionError(f"handshake refused: {head[:200].decode(errors='replace')}")
        yield Websocket(secure, rest)


def _read_until(stream: ssl.SSLSocket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        data += _receive(stream)
    return data


def _receive(stream: socket.socket) -> bytes:
    data = stream.recv(4096)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
