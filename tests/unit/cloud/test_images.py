"""Images' content over real HTTP: piece by piece, with its size, and never cut short unnoticed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from openstack.config.loader import OpenStackConfig
from openstack.connection import Connection
from ouhai_cloud.cloud import images
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import CloudUnreachable, Refused

CONTENT = bytes(range(256)) * 20_000


class Glance(BaseHTTPRequestHandler):
    """Takes and gives an image's content.

    ``sent`` is how much of it is given before the connection ends.
    """

    protocol_version = "HTTP/1.1"
    got: ClassVar[dict[str, bytes]] = {}
    headers_seen: ClassVar[dict[str, str]] = {}
    sent = len(CONTENT)
    status = 204

    def do_PUT(self) -> None:
        length = int(self.headers["Content-Length"])
        Glance.headers_seen = dict(self.headers)
        Glance.got[self.path] = self.rfile.read(length)
        self.send_response(Glance.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        if not self.path.endswith("/file"):
            self._versions()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: Glance.sent])
        self.close_connection = True

    def _versions(self) -> None:
        links = [{"rel": "self", "href": f"http://{self.headers['Host']}/v2/"}]
        versions = {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}
        text = json.dumps(versions).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(Glance, "sent", len(CONTENT))
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Glance)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{httpd.server_address[1]}"
    loader = OpenStackConfig(config_files=[], secure_files=[], vendor_files=[], load_envvars=False)
    region = loader.get_one(
        auth_type="admin_token",
        auth={"endpoint": endpoint, "token": "x"},
        region_name="ouhai",
        image_endpoint_override=f"{endpoint}/v2",
    )
    yield Api(Connection(config=region), patience_seconds=2.0)
    httpd.shutdown()
    httpd.server_close()


def pieces() -> Iterator[bytes]:
    for start in range(0, len(CONTENT), 100_000):
        yield CONTENT[start : start + 100_000]


def test_content_is_sent_with_its_size_and_not_in_chunks(api: Api) -> None:
    images.fill(api, "i", images.Content(len(CONTENT), pieces()))
    assert Glance.got["/v2/images/i/file"] == CONTENT
    assert Glance.headers_seen["Content-Type"] == "application/octet-stream"
    assert "Transfer-Encoding" not in Glance.headers_seen


def test_what_glance_does_not_take_is_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Glance, "status", 413)
    with pytest.raises(Refused, match="PUT /images/i/file of image: refused with 413"):
        images.fill(api, "i", images.Content(len(CONTENT), pieces()))


def test_content_is_read_piece_by_piece(api: Api) -> None:
    got = list(images.read(api, "i"))
    assert len(got) > 1 and b"".join(got) == CONTENT


def test_content_that_is_cut_off_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Glance, "sent", len(CONTENT) // 2)
    with pytest.raises(CloudUnreachable, match="GET /images/i/file of image: the answer was cut"):
        list(images.read(api, "i"))
