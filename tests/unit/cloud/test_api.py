"""Requests over real HTTP: repeated while a service is down, never when that could double."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from keystoneauth1.exceptions import ConnectFailure
from keystoneauth1.session import Session
from openstack.config.loader import OpenStackConfig
from openstack.connection import Connection
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import CloudUnreachable, Refused, Unanswered, never_sent, passing


class Service(BaseHTTPRequestHandler):
    """Answers from a script: a status and a body for each request, the last one for ever."""

    script: ClassVar[list[tuple[int, Any]]] = []
    seen: ClassVar[list[str]] = []
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        if self.path in ("/", "/v2.0", "/v2", "/v2/"):
            self.reply(200, self.versions())
            return
        self.seen.append(f"{self.command} {self.path}")
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        status, body = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.reply(status, body)

    def versions(self) -> dict[str, Any]:
        """Return what a service says about its versions."""
        version = self.path.strip("/") or "v2.0"
        links = [{"rel": "self", "href": f"http://{self.headers['Host']}/{version}"}]
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}

    def reply(self, status: int, body: Any) -> None:
        """Send a JSON answer."""
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 (the names that http.server calls)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Service.script, Service.seen = [], []
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def api(server: ThreadingHTTPServer) -> Api:
    return connect(server.server_address[1])


def connect(port: int) -> Api:
    endpoint = f"http://127.0.0.1:{port}"
    loader = OpenStackConfig(config_files=[], secure_files=[], vendor_files=[], load_envvars=False)
    auth = {"endpoint": endpoint, "token": "x"}
    region = loader.get_one(
        auth_type="admin_token",
        auth=auth,
        region_name="ouhai",
        network_endpoint_override=endpoint,
        image_endpoint_override=f"{endpoint}/v2",
    )
    made = Api(Connection(config=region), patience_seconds=2.0)
    made.warm("network")
    made.requests.clear()
    return made


def test_a_service_that_is_away_for_a_moment_is_asked_again(api: Api) -> None:
    Service.script = [(503, {}), (0, None), (200, {"networks": [{"id": "a"}]})]
    assert api.list("network", "/networks") == [{"id": "a"}]
    assert len(Service.seen) == 3


def test_one_that_stays_away_is_reported_after_a_bounded_time(api: Api) -> None:
    Service.script = [(503, {})]
    with pytest.raises(CloudUnreachable, match="GET /networks of network: no answer within 2 s"):
        api.list("network", "/networks")


def test_keystone_may_be_away_for_a_moment_when_asked_for_the_system(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = api.connection.session
    away = [ConnectFailure("away"), ConnectFailure("away")]

    def get_token() -> str:
        assert not api._lock.locked()
        if away:
            raise away.pop()
        return "x"

    monkeypatch.setattr(session, "get_token", get_token)
    monkeypatch.setattr(session.auth, "auth_url", "http://keystone", raising=False)
    monkeypatch.setattr("ouhai_cloud.cloud.api.Token", lambda *_, **__: session.auth)
    Service.script = [(200, {"networks": [{"id": "a"}]})]
    assert api.list("network", "/networks", system=True) == [{"id": "a"}]
    away += [ConnectFailure("away")] * 100
    with pytest.raises(CloudUnreachable, match="GET /networks of network: no answer within 2 s"):
        api.list("network", "/networks", system=True)


def test_the_systems_token_follows_the_sessions(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    session = api.connection.session
    tokens, made = ["a"], []

    def system_token(_url: str, token: str, **_: str) -> Any:
        made.append(token)
        return session.auth

    monkeypatch.setattr(session, "get_token", lambda: tokens[-1])
    monkeypatch.setattr(session.auth, "auth_url", "http://keystone", raising=False)
    monkeypatch.setattr("ouhai_cloud.cloud.api.Token", system_token)
    Service.script = [(200, {"networks": []})]
    for token in ("a", "a", "b", "b"):
        tokens.append(token)
        api.list("network", "/networks", system=True)
    assert made == ["a", "b"]


def test_a_create_without_an_answer_is_not_repeated(api: Api) -> None:
    Service.script = [(0, None)]
    with pytest.raises(Unanswered, match="POST /networks"):
        api.post("network", "/networks", {})
    assert Service.seen == ["POST /v2.0/networks"]


def test_a_create_that_the_service_guards_itself_is_repeated(api: Api) -> None:
    Service.script = [(0, None), (201, {"x": {"id": "1"}})]
    assert api.post("network", "/x", {}, again=True) == {"x": {"id": "1"}}
    assert len(Service.seen) == 2


def test_a_refused_connection_was_never_sent_and_a_reset_one_may_have_been(
    server: ThreadingHTTPServer,
) -> None:
    Service.script = [(0, None)]
    port = server.server_address[1]
    with pytest.raises(ConnectFailure) as reset:
        Session().get(f"http://127.0.0.1:{port}/x", authenticated=False)
    server.shutdown()
    server.server_close()
    with pytest.raises(ConnectFailure) as refused:
        Session().get(f"http://127.0.0.1:{port}/x", authenticated=False)
    assert never_sent(refused.value) and not never_sent(reset.value)
    assert passing(refused.value) and passing(reset.value)


def test_a_refusal_has_the_services_own_words(api: Api) -> None:
    Service.script = [(409, {"NeutronError": {"type": "OverQuota", "message": "Quota exceeded"}})]
    with pytest.raises(Refused, match="refused with 409: Quota exceeded") as caught:
        api.post("network", "/networks", {})
    assert caught.value.status == 409


def test_what_is_gone_already_counts_as_deleted(api: Api) -> None:
    Service.script = [(404, {})]
    api.delete("network", "/networks/x")


def test_all_pages_are_read(api: Api, server: ThreadingHTTPServer) -> None:
    base = f"http://127.0.0.1:{server.server_address[1]}"
    links = [{"rel": "next", "href": f"{base}/v2.0/networks?marker=a"}]
    first = {"networks": [{"id": "a"}], "networks_links": links}
    Service.script = [(200, first), (200, {"networks": [{"id": "b"}]})]
    assert [one["id"] for one in api.list("network", "/networks")] == ["a", "b"]
    assert api.requests.total() == 2


def test_all_pages_of_glance_are_read(api: Api) -> None:
    following = "/v2/images?limit=1&marker=a"
    first = {"images": [{"id": "a"}], "first": "/v2/images?limit=1", "next": following}
    Service.script = [(200, first), (200, {"images": [{"id": "b"}], "first": "/v2/images"})]
    assert [one["id"] for one in api.list("image", "/images", limit=1)] == ["a", "b"]
    assert Service.seen == ["GET /v2/images?limit=1", f"GET {following}"]
