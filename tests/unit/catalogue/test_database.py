"""A database looked at from outside: one that only speaks as far as it is told to."""

from __future__ import annotations

import hashlib
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest
from ouhai_cloud.catalogue.database import SSL_REQUEST, DatabaseUnfit, look
from ouhai_cloud.catalogue.verifying import PROBES

Talk = Callable[[socket.socket], object]
FAILED_LOGIN = b"SFATAL\0C28P01\0Mpassword authentication failed for user\0\0"


@dataclass
class Database:
    """A server; its certificate is the only thing about it that is real."""

    listener: socket.socket
    context: ssl.SSLContext
    fingerprint: str

    @property
    def target(self) -> SplitResult:
        return urlsplit(f"postgresql://reader@127.0.0.1:{self.listener.getsockname()[1]}/base")

    def serve(self, *talks: Talk) -> None:
        for talk in talks:
            connection, _ = self.listener.accept()
            connection.settimeout(10)
            with connection:
                talk(connection)

    def encrypted(self, plain: socket.socket) -> ssl.SSLSocket:
        """Answer the request for TLS and return the connection within."""
        assert plain.recv(8) == SSL_REQUEST
        plain.sendall(b"S")
        return self.context.wrap_socket(plain, server_side=True)

    def shows_certificate(self, plain: socket.socket) -> None:
        with self.encrypted(plain) as wrapped:
            wrapped.recv(1)

    def refuses_login(self, plain: socket.socket) -> None:
        with self.encrypted(plain) as wrapped:
            wrapped.recv(1000)
            wrapped.sendall(b"E" + (len(FAILED_LOGIN) + 4).to_bytes(4) + FAILED_LOGIN)


def refuses_tls(plain: socket.socket) -> None:
    plain.recv(8)
    plain.sendall(b"N")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=base"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield Database(listener, context, hashlib.sha256(der).hexdigest())


def start(database: Database, *talks: Talk) -> None:
    threading.Thread(target=database.serve, args=talks, daemon=True).start()


def test_another_certificate_is_no_place_for_a_password(database: Database) -> None:
    start(database, database.shows_certificate)
    with pytest.raises(DatabaseUnfit, match="another certificate than the guest reported"):
        look(database.target, "00", "secret")


def test_a_database_without_tls_is_refused(database: Database) -> None:
    start(database, refuses_tls)
    with pytest.raises(DatabaseUnfit, match="it refuses TLS"):
        look(database.target, database.fingerprint, "secret")


def test_a_login_that_is_refused_is_told_in_the_databases_words(database: Database) -> None:
    start(database, database.shows_certificate, database.refuses_login)
    outputs = {"reader_password": "secret", "certificate_sha256": database.fingerprint}
    found = PROBES["postgresql"](database.target, outputs)
    assert not found.good
    assert "password authentication failed" in found.detail and "secret" not in found.detail


def test_nothing_that_answers_is_told_with_its_address() -> None:
    target = urlsplit("postgresql://reader@127.0.0.1:1/base")
    outputs = {"reader_password": "secret", "certificate_sha256": "00"}
    found = PROBES["postgresql"](target, outputs)
    assert not found.good and found.detail.startswith("127.0.0.1:1: no database answers there")


@pytest.mark.parametrize("lacking", ["reader_password", "certificate_sha256"])
def test_a_copy_that_has_reported_nothing_is_not_trusted(lacking: str) -> None:
    outputs = {"reader_password": "secret", "certificate_sha256": "00"} | {lacking: None}
    found = PROBES["postgresql"](urlsplit("postgresql://reader@127.0.0.1:1/base"), outputs)
    assert not found.good and "has not said" in found.detail


def test_without_the_library_it_says_what_to_install(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    start(database, database.shows_certificate)
    with pytest.raises(DatabaseUnfit, match=r"install psycopg\[binary\]"):
        look(database.target, database.fingerprint, "secret")
