"""A login at the directory, spoken without a library."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import pytest
from ansible_collections.ouhai.cloud.plugins.module_utils.host_directory import (
    bind_request,
    check_directory,
    result_code,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils import certificates

ACCOUNT, PASSWORD = "cn=keystone,dc=ouhai", "a password"


@pytest.fixture(scope="module")
def authority() -> certificates.Authority:
    return certificates.create_authority("test")


@pytest.fixture
def pair(authority: certificates.Authority, tmp_path: Path) -> Path:
    """Return a file with the server's certificate and key."""
    key = certificates.new_key()
    signed = certificates.sign(authority, key.public_key(), ["127.0.0.1"])
    path = tmp_path / "server.pem"
    path.write_bytes(signed + certificates.key_pem(key))
    return path


def answer(code: int) -> bytes:
    """Return a bindResponse to message 1 with a result code and two empty texts."""
    return bytes.fromhex(f"300c02010161070a01{code:02x}04000400")


@contextmanager
def server(pair: Path, says: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer one login over TLS; yield the URL and what was asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    asked: list[bytes] = []

    def serve() -> None:
        plain, _ = listener.accept()
        try:
            with plain, context.wrap_socket(plain, server_side=True) as connection:
                asked.append(connection.recv(4096))
                connection.sendall(says)
        except OSError:
            return  # the client did not like our certificate

    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"ldaps://127.0.0.1:{listener.getsockname()[1]}", asked
        thread.join(10)


def pem(authority: certificates.Authority) -> str:
    return authority.certificate_pem.decode()


def test_a_good_login_is_no_failure(authority: certificates.Authority, pair: Path) -> None:
    with server(pair, answer(0)) as (url, asked):
        assert check_directory("h", url, pem(authority), ACCOUNT, PASSWORD) == []
    assert asked == [bind_request(ACCOUNT, PASSWORD)]


def test_a_refused_account_is_named_and_its_password_is_not(
    authority: certificates.Authority, pair: Path
) -> None:
    with server(pair, answer(49)) as (url, _):
        (failure,) = check_directory("h", url, pem(authority), ACCOUNT, PASSWORD)
    assert f"refuses the account {ACCOUNT}: wrong account or password" in failure.what
    assert PASSWORD not in str(failure)


def test_a_certificate_of_another_authority_is_refused(pair: Path) -> None:
    other = certificates.create_authority("other")
    with server(pair, answer(0)) as (url, asked):
        (failure,) = check_directory("h", url, pem(other), ACCOUNT, PASSWORD)
    assert "certificate" in failure.what
    assert asked == []


def test_nobody_there_is_said_for_each_server(authority: certificates.Authority) -> None:
    urls = "ldaps://127.0.0.1:1,ldaps://127.0.0.1:2"
    failures = check_directory("h", urls, pem(authority), ACCOUNT, PASSWORD)
    assert [":1:" in failures[0].what, ":2:" in failures[1].what] == [True, True]


def test_a_long_password_is_encoded_as_well() -> None:
    request = bind_request(ACCOUNT, "x" * 300)
    assert request[:2] == b"\x30\x82"
    assert int.from_bytes(request[2:4], "big") == len(request) - 4


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 400", answer(0)[:5]])
def test_what_is_not_ldap_is_not_taken_for_success(data: bytes) -> None:
    with pytest.raises(ValueError, match="not LDAP"):
        result_code(data)
