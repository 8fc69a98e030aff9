"""A certificate of another authority, or of another name, is refused by whoever has to check it.

Services check the broker's and the database's certificate, and show these a password instead of one
of their own. OVN's databases and libvirt check whoever connects to them, too.
"""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path

import pytest
import requests
from openstack.connection import Connection

from tests.support.authority import Foreign, write_foreign
from tests.support.lab import Lab

TIMEOUT_SECONDS = 20
OTHER_NAME = "somebody.ouhai.test"
OVSDB = b'{"method":"list_dbs","params":[],"id":0}'

# Connects to the broker and to the database with a service's own settings; then under a name that
# the certificate does not have; then trusting another authority. Prints what each said.
AS_A_SERVICE = """
import configparser, json, os, socket, tempfile
import oslo_messaging, sqlalchemy
from oslo_config import cfg
from oslo_messaging._drivers import common

cfg.CONF(["--config-file", "/etc/{service}/{service}.conf"], project="{service}")
written = configparser.ConfigParser(strict=False, interpolation=None)
written.read("/etc/{service}/{service}.conf")
resolve = socket.getaddrinfo

def resolve_other(name, *rest, **more):
    return resolve({address!r} if name == {other_name!r} else name, *rest, **more)

socket.getaddrinfo = resolve_other

def broker(url):
    transport = oslo_messaging.get_rpc_transport(cfg.CONF, url)
    with transport._driver._get_connection(common.PURPOSE_SEND, retry=0):
        pass

def database(url):
    with sqlalchemy.create_engine(url).connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))

def said(connect, url):
    try:
        connect(url)
    except Exception as error:
        return str(error)
    return "connected"

with tempfile.NamedTemporaryFile("w") as file:
    file.write({authority!r})
    file.flush()
    own = written["DEFAULT"]["transport_url"], written["database"]["connection"]
    other = [url.replace("@{address}", "@{other_name}") for url in own]
    foreign = f"{{own[0]}}?ssl_ca_file={{file.name}}", own[1].replace({ca_file!r}, file.name)
    found = [
        dict(broker=said(broker, urls[0]), database=said(database, urls[1]))
        for urls in (own, other, foreign)
    ]
print(json.dumps(found), flush=True)
os._exit(0)  # a proper end takes ten seconds
"""


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return files of an authority that the cloud does not know."""
    return write_foreign(tmp_path_factory.mktemp("foreign"))


def test_users_refuse_an_api_of_another_authority(cloud: Connection, foreign: Foreign) -> None:
    urls = {row["url"] for service in cloud.service_catalog for row in service["endpoints"]}
    assert urls
    for url in urls:
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, verify=str(foreign.authority), timeout=TIMEOUT_SECONDS)


@pytest.mark.parametrize("service", ["nova", "neutron", "cinder", "heat"])
def test_a_service_refuses_a_broker_and_a_database(
    lab: Lab, foreign: Foreign, service: str
) -> None:
    code = AS_A_SERVICE.format(
        service=service,
        address=lab.address(lab.control),
        other_name=OTHER_NAME,
        authority=foreign.authority.read_text(),
        ca_file="/etc/ouhai/pki/ca.crt",
    )
    own, named, signed = json.loads(lab.python(lab.control, code))
    assert own == {"broker": "connected", "database": "connected"}
    for server in ("broker", "database"):
        assert f"Hostname mismatch, certificate is not valid for '{OTHER_NAME}'" in named[server]
        assert "CERTIFICATE_VERIFY_FAILED" in signed[server]


def first_byte(lab: Lab, place: tuple[str, int], words: bytes, certificate: Path) -> bytes:
    """Return what a server says first to whoever shows a certificate (its key is beside it)."""
    context = ssl.create_default_context(cafile=lab.access.ca_file)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with (
        socket.create_connection(place, TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=place[0]) as secure,
    ):
        # In TLS 1.3 the client's handshake ends before the server has judged its certificate.
        secure.sendall(words)
        return secure.recv(1)


@pytest.mark.parametrize(
    ("group", "port", "words"),
    [("control", 6641, OVSDB), ("control", 6642, OVSDB), ("compute", 16514, b"")],
    ids=["OVN northbound", "OVN southbound", "libvirt"],
)
def test_a_server_refuses_a_client(
    lab: Lab, foreign: Foreign, group: str, port: int, words: bytes
) -> None:
    place = lab.address(lab.groups[group][0]), port
    assert first_byte(lab, place, words, lab.inventory / "pki" / "deploy-host.crt")
    try:
        said = first_byte(lab, place, words, foreign.certificate)
    except (ssl.SSLError, ConnectionError):
        return
    assert said == b"", "it was answered"
