"""Checks that the host reaches the district's directory and that Keystone's account may log in.

There is no LDAP library on a host that has nothing installed yet, and a login is one short message
each way (RFC 4511, 4.2).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure

_TIMEOUT_SECONDS = 5
_PORT = 636
_SUCCESS = 0
_WRONG_PASSWORD = 49


def check_directory(
    where: str, urls: str, authority: str, account: str, password: str
) -> list[Failure]:
    """Log in at each server of the directory.

    :param urls: ldaps://host[:port], several separated by commas.
    :param authority: PEM of the authority of the servers' certificates.
    """
    return [
        failure
        for url in filter(None, urls.split(","))
        for failure in _check_server(where, url, authority, account, password)
    ]


def _check_server(
    where: str, url: str, authority: str, account: str, password: str
) -> Iterator[Failure]:
    try:
        result = login(url, authority, account, password)
    except (OSError, ValueError) as error:
        yield Failure(
            where,
            f"the directory does not answer at {url}: {error}",
            "nobody whose account is there could log in",
            "Check directory.url and directory.ca_file in the inventory, and that the directory's "
            "network lets this host in.",
        )
        return
    if result != _SUCCESS:
        reason = "wrong account or password" if result == _WRONG_PASSWORD else f"code {result}"
        yield Failure(
            where,
            f"the directory at {url} refuses the account {account}: {reason}",
            "Keystone could not read users and groups",
            "Check directory.account in the inventory and secret_directory_bind_password in its "
            "vault (ansible-vault edit).",
        )


def login(url: str, authority: str, account: str, password: str) -> int:
    """Send a simple bind over TLS and return the result code.

    :raises OSError: no connection, or a certificate of another authority or name.
    :raises ValueError: what answers does not speak LDAP.
    """
    parts = urlsplit(url)
    context = ssl.create_default_context(cadata=authority)
    address = (str(parts.hostname), parts.port or _PORT)
    with (
        contextlib.closing(socket.create_connection(address, _TIMEOUT_SECONDS)) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as connection,
    ):
        connection.sendall(bind_request(account, password))
        return result_code(connection.recv(4096))


def bind_request(account: str, password: str) -> bytes:
    """Return the message that logs in with a name and a password."""
    version = _element(0x02, b"\x03")
    name, secret = _element(0x04, account.encode()), _element(0x80, password.encode())
    return _element(0x30, _element(0x02, b"\x01") + _element(0x60, version + name + secret))


def result_code(answer: bytes) -> int:
    """Return the result code of an answer to that message; ValueError when it is none."""
    message = _content(answer, 0x30)
    number = _content(message, 0x02)
    response = _content(message[2 + len(number) :], 0x61)
    return int.from_bytes(_content(response, 0x0A), "big")


def _element(tag: int, content: bytes) -> bytes:
    """Encode one element of BER."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _content(data: bytes, tag: int) -> bytes:
    """Return the content of the element that data begins with."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("the answer is not LDAP")
    size, begin = data[1], 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(data[2:begin], "big")
    return data[begin : begin + size]
