"""Every connection is encrypted and its certificate checked."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from openstack.connection import Connection

from tests.support.lab import Lab

TIMEOUT_SECONDS = 20
TLS_ALERT = 0x15

# Sends plain text to a port and prints, in hexadecimal, what comes back.
PLAIN = """
import socket
with socket.create_connection(({address!r}, {port}), 5) as stream:
    stream.settimeout(5)
    stream.sendall({words!r})
    try:
        print(stream.recv(200).hex())
    except OSError:
        print("")
"""
# Verifies the server behind a port against the cloud's authority.
VERIFIED = """
import socket, ssl
context = ssl.create_default_context(cafile="/etc/ouhai/pki/ca.crt")
with socket.create_connection(({address!r}, {port}), 5) as stream:
    with context.wrap_socket(stream, server_hostname={address!r}) as secure:
        print(secure.version())
"""

AMQP = (5671, b"AMQP\x00\x00\x09\x01")
OVSDB = b'{"method":"list_dbs","params":[],"id":0}'


@pytest.fixture(scope="module")
def endpoints(cloud: Connection) -> list[str]:
    """Return every address in the catalogue, of all three interfaces."""
    found = {
        endpoint["url"] for service in cloud.service_catalog for endpoint in service["endpoints"]
    }
    assert len(found) >= 7, f"the catalogue is nearly empty: {found}"
    return sorted(found)


def test_endpoints_are_https_and_accepted(endpoints: list[str], lab: Lab) -> None:
    for url in endpoints:
        assert url.startswith("https://"), url
        answer = requests.get(url, verify=str(lab.access.ca_file), timeout=TIMEOUT_SECONDS)
        assert answer.status_code < 500, url


def test_endpoints_refuse_plain_http(endpoints: list[str]) -> None:
    for place in {urlsplit(url).netloc for url in endpoints}:
        try:
            answer = requests.get(f"http://{place}/", timeout=TIMEOUT_SECONDS)
        except requests.ConnectionError:
            continue
        assert answer.status_code == 400, f"{place} answers plain HTTP"


@pytest.mark.parametrize(
    ("port", "words"),
    [AMQP, (6641, OVSDB), (6642, OVSDB)],
    ids=["RabbitMQ", "OVN northbound", "OVN southbound"],
)
def test_plain_text_gets_no_answer(lab: Lab, port: int, words: bytes) -> None:
    address = lab.address(lab.control)
    code = PLAIN.format(address=address, port=port, words=words)
    answer = bytes.fromhex(lab.python(lab.control, code).strip())
    assert not answer or answer[0] == TLS_ALERT
    assert "TLS" in lab.python(lab.control, VERIFIED.format(address=address, port=port))


def test_rabbitmq_has_no_plain_port(lab: Lab) -> None:
    listening = lab.ssh(lab.control, "ss -Hltn sport = :5672")
    assert (listening.code, listening.output) == (0, "")


def test_database_refuses_plain_text(lab: Lab) -> None:
    client = f"mariadb --protocol tcp --host {lab.address(lab.control)} --user keystone"
    plain = lab.ssh(lab.control, f"{client} --skip-ssl --execute 'select 1'")
    assert plain.code != 0
    assert "insecure transport" in plain.errors, plain.errors
    # Past TLS, it is only the missing password that is refused.
    checked = f"{client} --ssl-ca /etc/ouhai/pki/ca.crt --ssl-verify-server-cert"
    assert "Access denied" in lab.ssh(lab.control, f"{checked} --execute 'select 1'").errors
