"""The server: what it gives, and what it refuses."""

from __future__ import annotations

import datetime
import http.client
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.repository.errors import RepositoryError
from deploy.repository.server import Server, locate, tls_context


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a link out of it."""
    root = tmp_path / "root"
    for name in ("20261101-00000001/pool/a+b.deb", ".gnupg/key", "20261101-00000001/.hidden"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("content")
    (root / "current").symlink_to("20261101-00000001")
    (tmp_path / "secret").write_text("secret")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "key").symlink_to(".gnupg/key")
    return root


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = (tmp_path / "certificate.pem", tmp_path / "key.pem")
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
def port(root: Path, certificate: tuple[Path, Path]) -> Iterator[int]:
    """Run a server; return its port."""
    with Server(root, "127.0.0.1", 0, tls_context(*certificate)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def client(port: int, certificate: tuple[Path, Path]) -> Iterator[http.client.HTTPSConnection]:
    """Return a connection that verifies the server."""
    context = ssl.create_default_context(cafile=certificate[0])
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=5)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "target",
    ["/20261101-00000001/pool/a+b.deb", "/current/pool/a%2bb.deb", "//current/pool/a+b.deb?x=1"],
)
def test_files_are_found(root: Path, target: str) -> None:
    assert locate(root, target) == root.resolve() / "20261101-00000001/pool/a+b.deb"


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/current",
        "/current/pool/",
        "/current/pool/a+b.deb/",
        "/absent",
        "/.gnupg/key",
        "/%2egnupg/key",
        "/current/.hidden",
        "/current/../.gnupg/key",
        "/../secret",
        "/..%2fsecret",
        "/out",
        "/key",
        "/current/pool/a+b.deb%00",
        "current/pool/a+b.deb",
        "/" + "a" * 5000,
        "//[",
    ],
)
def test_everything_else_is_absent(root: Path, target: str) -> None:
    assert locate(root, target) is None


def test_one_connection_serves_many_requests(client: http.client.HTTPSConnection) -> None:
    for method, target, status, body in (
        ("GET", "/current/pool/a+b.deb", 200, b"content"),
        ("HEAD", "/current/pool/a+b.deb", 200, b""),
        ("GET", "/.gnupg/key", 404, b"not found\n"),
        ("GET", "/current/pool/a+b.deb", 200, b"content"),
    ):
        client.request(method, target)
        response = client.getresponse()
        assert (response.status, response.read()) == (status, body)
        assert response.version == 11


def test_an_unchanged_file_is_not_sent_again(client: http.client.HTTPSConnection) -> None:
    client.request("GET", "/current/pool/a+b.deb")
    response = client.getresponse()
    response.read()
    for since, status in ((response.headers["Last-Modified"], 304), ("rubbish", 200)):
        client.request("GET", "/current/pool/a+b.deb", headers={"If-Modified-Since": since})
        response = client.getresponse()
        response.read()
        assert response.status == status


def test_other_methods_are_refused(client: http.client.HTTPSConnection) -> None:
    client.request("DELETE", "/current/pool/a+b.deb")
    assert client.getresponse().status == 501


def test_plain_http_is_refused(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.request("GET", "/current/pool/a+b.deb")
        connection.getresponse()


def test_old_tls_is_refused(certificate: tuple[Path, Path]) -> None:
    assert tls_context(*certificate).minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_client_without_the_authority_refuses_us(port: int) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/current/pool/a+b.deb")


def test_a_silent_client_delays_nobody(port: int, client: http.client.HTTPSConnection) -> None:
    silent = http.client.HTTPConnection("127.0.0.1", port)
    silent.connect()
    client.request("GET", "/current/pool/a+b.deb")
    assert client.getresponse().status == 200
    silent.close()


def test_an_unusable_certificate_is_told(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="cannot use the certificate"):
        tls_context(certificate[0], tmp_path / "absent.pem")
    with pytest.raises(RepositoryError, match="cannot use the certificate"):
        tls_context(certificate[1], certificate[1])
