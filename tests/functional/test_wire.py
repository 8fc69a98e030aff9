"""Nothing between services is plain text on the wire, and no secret is in a log or process list."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from openstack.connection import Connection as Cloud
from ouhai_cloud.cloud import console

from tests.support import capture, leaks, wire
from tests.support.guests import guest, surroundings
from tests.support.lab import Lab
from tests.support.plaintext import between_hosts, encrypted
from tests.support.playbooks import play

PLANTED_LOG = "/var/log/ouhai-test-planted.log"
PLANTED = "planted"
PATH = "/ouhai-test-plain"
KINDS = ("cluster", "service", "client")
# Prints nothing; a host asks itself, so that the packets stay on its loopback interface.
ASK_ITSELF = """
import threading, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
server = HTTPServer(({address!r}, 0), Page)
threading.Thread(target=server.handle_request).start()
urllib.request.urlopen("http://%s:%d{path}" % server.server_address, timeout=5)
"""
MARIADB = "mariadb --host {address} --user keystone --ssl-ca /etc/ouhai/pki/ca.crt --execute 'do 0'"
ASK = "import urllib.request; urllib.request.urlopen({url!r}, timeout=5)"


@dataclass(frozen=True)
class Seen:
    """What was captured while the cloud worked: our own plain request apart from the rest."""

    connections: list[wire.Connection]
    own_port: int


class Page(BaseHTTPRequestHandler):
    """Says nothing, but over plain HTTP."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        pass


@contextmanager
def plain_server(address: str) -> Iterator[int]:
    """Serve plain HTTP on this machine's address; yield the port."""
    with ThreadingHTTPServer((address, 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def deploy_host(lab: Lab) -> str:
    return str(IPv4Network(lab.variables["management_range"])[1])


def work(lab: Lab, cloud: Cloud) -> None:
    """Use every service: a guest with its network, volume, addresses, and a look at the rest."""
    name = f"ouhai-test-{secrets.token_hex(4)}"
    cloud.authorize()
    list(cloud.block_storage.volumes())
    list(cloud.orchestration.stacks())
    list(cloud.image.images())
    # The services keep their connections to MariaDB for long; here is a new one, which is refused.
    lab.ssh(lab.control, MARIADB.format(address=lab.address(lab.control)))
    volume = cloud.block_storage.create_volume(name=name, size=1)
    with (
        surroundings(cloud, name, lab.variables["external_network"]["name"]) as around,
        guest(cloud, around) as one,
    ):
        url = cloud.compute.create_server_remote_console(
            one.server_id, protocol="vnc", type="novnc"
        ).url
        screen = console.screen(console.behind(url), str(lab.access.ca_file))
        assert screen.startswith("QEMU (instance-")
    cloud.block_storage.wait_for_status(volume, "available", wait=60)
    cloud.block_storage.delete_volume(volume)


@pytest.fixture(scope="module")
def values(lab: Lab) -> dict[str, str]:
    """Return every secret, and one more value that we put where it should be found."""
    found = leaks.secret_values(lab)
    assert len(found) > 20
    return found | {PLANTED: secrets.token_hex(16)}


@pytest.fixture(scope="module")
def watched() -> set[tuple[str, str]]:
    """Collect what was seen in process lists while the cloud worked."""
    return set()


@pytest.fixture(scope="module")
def seen(
    lab: Lab,
    cloud: Cloud,
    values: dict[str, str],
    watched: set[tuple[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Seen:
    """Let the cloud work while the wires and the process lists are watched."""
    folder = tmp_path_factory.mktemp("wire")
    address = deploy_host(lab)
    with plain_server(address) as port:
        with (
            capture.everywhere(lab, "tcp", folder) as files,
            leaks.command_lines_watched(values) as found,
        ):
            work(lab, cloud)
            played = play(lab, "site", "--tags", "glance")
            assert played.code == 0, played.output
            url = f"http://{address}:{port}{PATH}"
            assert lab.ssh(lab.control, f'python3 -c "{ASK.format(url=url)}"').code == 0
            lab.python(lab.control, ASK_ITSELF.format(address=lab.address(lab.control), path=PATH))
            idle = "import time; time.sleep(1)"
            subprocess.run([sys.executable, "-c", idle, values[PLANTED]], check=True)
        watched.update(found)
    return Seen(between_hosts(lab, files), port)


def is_ours(connection: wire.Connection) -> bool:
    return connection.from_client.said.startswith(f"GET {PATH}".encode())


def test_no_connection_between_services_is_plain_text(seen: Seen) -> None:
    plain = [str(one) for one in seen.connections if not encrypted(one) and not is_ours(one)]
    assert plain == [], "\n".join(plain)


def test_the_capture_saw_the_services_at_work(seen: Seen) -> None:
    kinds = {encrypted(one) for one in seen.connections}
    within = {"TLS within MariaDB's", "TLS within VNC's"}
    assert {"TLS", "SSH", "Ceph messenger 2", *within} <= kinds
    assert sum(one.whole for one in seen.connections) > 20


def test_a_plain_request_is_detected(seen: Seen) -> None:
    """Shows that the tests above could fail: on the bridge, and on a host's own interface."""
    ours = [one for one in seen.connections if is_ours(one)]
    assert all(not encrypted(one) for one in ours)
    assert seen.own_port in {one.server[1] for one in ours}
    assert any(one.client[0] == one.server[0] for one in ours)


def test_ceph_speaks_only_its_secure_mode(lab: Lab) -> None:
    """The messenger's banner is the same in both modes, so its setting has to tell."""
    names = [f"ms_{of}{kind}_mode" for of in ("", "mon_") for kind in KINDS]
    ask = "for name in {}; do ceph daemon mon.$(hostname) config get $name; done"
    answer = lab.ssh(lab.control, ask.format(" ".join(names)))
    for name in names:
        assert f'"{name}": "secure"' in answer.output, answer


def test_no_secret_is_in_a_process_list(
    seen: Seen, watched: set[tuple[str, str]], values: dict[str, str]
) -> None:
    assert {name for name, _ in watched} == {PLANTED}, watched


def test_no_secret_is_in_a_log_of_a_host(lab: Lab, seen: Seen, values: dict[str, str]) -> None:
    for host in lab.hosts:
        # Not as an argument: sshd and systemd would note it, and what is found would be that.
        plant = f"tee {PLANTED_LOG} | systemd-cat --identifier=ouhai-test"
        try:
            assert lab.ssh(host, plant, stdin=f"x{values[PLANTED]}x\n").code == 0
            found = leaks.in_logs_of(lab, host, values)
        finally:
            lab.ssh(host, f"rm -f {PLANTED_LOG}")
        assert found == {(PLANTED, PLANTED_LOG), (PLANTED, "journal")}, host


def test_no_secret_is_in_a_log_of_the_deploy_host(
    lab: Lab, seen: Seen, values: dict[str, str], tmp_path: Path
) -> None:
    planted = tmp_path / "planted.log"
    planted.write_text(f"password={values[PLANTED]}\n")
    logs = [path for path in (lab.state / "logs").rglob("*") if path.is_file()]
    assert logs
    assert leaks.in_files([*logs, planted], values) == {(PLANTED, str(planted))}
