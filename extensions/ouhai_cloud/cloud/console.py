"""Whose screen a console's token opens at the proxy: as much of RFC 6455 and RFB 3.8 as tells."""

from __future__ import annotations

import os
import socket
import ssl
from base64 import b64encode
from urllib.parse import SplitResult, parse_qs, urlsplit

from ouhai_cloud.cloud.api import Api

TIMEOUT_SECONDS = 20
VERSION = b"RFB 003.008\n"
NO_PASSWORD, SHARED = b"\x01", b"\x01"
SCREEN_BYTES = 20
"""Width, height and how a pixel is written, before the length of the screen's name."""
FINAL_BINARY, MASKED, CLOSE = 0x82, 0x80, 0x8
LONGER = {126: 2, 127: 8}
"""Lengths of a frame that say in how many bytes the length follows."""


def way(api: Api, server_id: str) -> str:
    """Return the address that opens a server's console at the proxy; it ends in a fresh token."""
    body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
    made = api.post("compute", f"/servers/{server_id}/remote-consoles", body)
    parts = urlsplit(str(made["remote_console"]["url"]))
    # noVNC's page passes the token on in the websocket's own path.
    path = parse_qs(parts.query)["path"][0]
    return f"{parts.scheme}://{parts.netloc}/{path.lstrip('/')}"


def name(api: Api, server_id: str) -> str:
    """Return what a server's screen is called: by QEMU, after its name on the host."""
    server = api.get("compute", f"/servers/{server_id}")["server"]
    return f"QEMU ({server['OS-EXT-SRV-ATTR:instance_name']})"


def screen(api: Api, address: str) -> str:
    """Return the name of the screen that an address opens.

    :raises OSError: the proxy refuses, closes, or does not answer; also what is no console does.
    """
    parts = urlsplit(address)
    with _connect(api, parts) as stream:
        channel = _Channel(stream, parts)
        if channel.receive(len(VERSION)) != VERSION:
            raise ConnectionError("what answers is no console")
        channel.send(VERSION)
        if NO_PASSWORD not in channel.receive(channel.receive(1)[0]):
            raise ConnectionError("the proxy wants a password")
        channel.send(NO_PASSWORD)
        if any(channel.receive(4)):
            raise ConnectionError("the console refuses")
        channel.send(SHARED)
        channel.receive(SCREEN_BYTES)
        return channel.receive(int.from_bytes(channel.receive(4))).decode(errors="replace")


def _connect(api: Api, parts: SplitResult) -> socket.socket:
    authority = api.connection.session.verify
    context = ssl.create_default_context(cafile=authority if isinstance(authority, str) else None)
    plain = socket.create_connection((parts.hostname, parts.port or 443), TIMEOUT_SECONDS)
    return context.wrap_socket(plain, server_hostname=parts.hostname)


class _Channel:
    """Bytes through a websocket, whatever the frames that they come in."""

    def __init__(self, stream: socket.socket, parts: SplitResult) -> None:
        self._stream = stream
        self._file = stream.makefile("rb")
        self._data = b""
        key = b64encode(os.urandom(16)).decode()
        stream.sendall(
            f"GET /?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Origin: https://{parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: binary\r\n\r\n".encode()
        )
        status = self._file.readline()
        while self._file.readline().strip():
            pass
        if b" 101 " not in status:
            raise ConnectionError(f"the proxy answers {status.decode(errors='replace').strip()!r}")

    def send(self, data: bytes) -> None:
        """Send a few bytes in a frame; a client's are masked."""
        mask = os.urandom(4)
        masked = bytes(one ^ mask[at % 4] for at, one in enumerate(data))
        self._stream.sendall(bytes([FINAL_BINARY, MASKED | len(data)]) + mask + masked)

    def receive(self, count: int) -> bytes:
        """Return so many bytes, once they are there."""
        while len(self._data) < count:
            self._data += self._frame()
        found, self._data = self._data[:count], self._data[count:]
        return found

    def _frame(self) -> bytes:
        kind, length = self._exactly(2)
        if length in LONGER:
            length = int.from_bytes(self._exactly(LONGER[length]))
        content = self._exactly(length)
        if kind & 0xF == CLOSE:
            raise ConnectionError("the proxy closes the console")
        return content if kind & 0xF < CLOSE else b""

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise ConnectionError("the proxy closed the connection")
        return data
