"""Whose screen a console opens at the proxy: as much of RFC 6143 (RFB, VNC) as tells."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import websocket

from ouhai_cloud.cloud.api import Api

TIMEOUT_SECONDS = 20
VERSION = b"RFB 003.008\n"
NO_PASSWORD, SHARED = b"\x01", b"\x01"
CLOSED = "the proxy closes the console"
SCREEN_BYTES = 20
"""Width, height and how a pixel is written, before the length of the screen's name."""


def way(api: Api, server_id: str) -> str:
    """Return the address that opens a server's console at the proxy; it ends in a fresh token."""
    body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
    made = api.post("compute", f"/servers/{server_id}/remote-consoles", body)
    return behind(str(made["remote_console"]["url"]))


def behind(page: str) -> str:
    """Return the address of the websocket behind a console's page, which passes its token on."""
    parts = urlsplit(page)
    path = parse_qs(parts.query)["path"][0]
    return f"wss://{parts.netloc}/{path.lstrip('/')}"


def name(api: Api, server_id: str) -> str:
    """Return what a server's screen is called: by QEMU, after its name on the host."""
    server = api.get("compute", f"/servers/{server_id}")["server"]
    return f"QEMU ({server['OS-EXT-SRV-ATTR:instance_name']})"


def authority(api: Api) -> str | None:
    """Return the file of the authority by which the cloud is known; None for the system's."""
    verify = api.connection.session.verify
    return verify if isinstance(verify, str) else None


def screen(address: str, ca_file: str | None) -> str:
    """Log in to a console and return the name of the screen that it shows.

    :param address: of the websocket.
    :param ca_file: see ``authority``.
    :raises OSError: the proxy refuses, closes, or does not answer; also what is no console does.
    """
    parts = urlsplit(address)
    try:
        opened = websocket.create_connection(
            address,
            timeout=TIMEOUT_SECONDS,
            sslopt={"ca_certs": ca_file} if ca_file else {},
            origin=f"https://{parts.netloc}",
            subprotocols=["binary"],
        )
    except websocket.WebSocketException as error:
        raise ConnectionError(f"the proxy refuses: {error}") from error
    stream = Stream(opened)
    try:
        return _name(stream)
    except BrokenPipeError as error:
        # The library answers the proxy's goodbye; the proxy may be gone by then.
        raise ConnectionError(CLOSED) from error
    except websocket.WebSocketException as error:
        raise ConnectionError(f"{CLOSED}: {error}") from error
    finally:
        opened.close()


def _name(stream: Stream) -> str:
    if stream.receive(len(VERSION)) != VERSION:
        raise ConnectionError("what answers is no console")
    stream.send(VERSION)
    if NO_PASSWORD not in stream.receive(stream.receive(1)[0]):
        raise ConnectionError("the proxy wants a password")
    stream.send(NO_PASSWORD)
    if any(stream.receive(4)):
        raise ConnectionError("the console refuses")
    stream.send(SHARED)
    stream.receive(SCREEN_BYTES)
    return stream.receive(int.from_bytes(stream.receive(4))).decode(errors="replace")


class Stream:
    """Bytes through a websocket, in whatever messages they come."""

    def __init__(self, opened: websocket.WebSocket) -> None:
        """Take over a websocket."""
        self._opened = opened
        self._data = b""

    def send(self, data: bytes) -> None:
        """Send a message."""
        self._opened.send_binary(data)

    def receive(self, count: int) -> bytes:
        """Return so many bytes, once they are there.

        :raises ConnectionError: the proxy closes before that.
        """
        while len(self._data) < count:
            # A message may be empty, and is no close then.
            kind, message = self._opened.recv_data()
            if kind == websocket.ABNF.OPCODE_CLOSE:
                raise ConnectionError(CLOSED)
            self._data += message
        found, self._data = self._data[:count], self._data[count:]
        return found
