"""As much of RFC 6455 as it takes to see the first words of a VNC server."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def first_frame(url: str, ca_file: Path, length: int) -> bytes:
    """Open a websocket and return the first `length` bytes that the server sends in it.

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
        # Two bytes of header: a server's frame is not masked, and the greeting is short.
        while len(rest) < length + 2:
            rest += _receive(secure)
        return rest[2 : length + 2]


def _read_until(stream: ssl.SSLSocket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        data += _receive(stream)
    return data


def _receive(stream: ssl.SSLSocket) -> bytes:
    data = stream.recv(4096)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
