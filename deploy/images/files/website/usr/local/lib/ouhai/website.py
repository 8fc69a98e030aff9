"""Somebody who visits this server's website over TLS: what programs `check` share."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import ssl
from collections.abc import Mapping
from html import unescape
from http.cookies import SimpleCookie
from typing import Any

SITE = "localhost"
TIMEOUT_SECONDS = 120
CERTIFICATE = "/etc/ssl/website/certificate.pem"
END = "-----END CERTIFICATE-----"


class Unfit(Exception):
    """The application does something else than is expected; the message says what."""


def own_certificate() -> bytes:
    """Return the certificate that prepare left, in DER."""
    with open(CERTIFICATE, encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read().partition(END)[0] + END)


def shown(connection: Any) -> bytes:
    """Return the certificate that a connection over TLS was shown, in DER."""
    certificate: bytes | None = connection.getpeercert(binary_form=True)
    return certificate or b""


def unchecked() -> ssl.SSLContext:
    """Return TLS that takes any certificate: this one was made for those who come from outside."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Visitor:
    """One visitor of the site, with cookies, over one connection.

    :raises Unfit: it shows another certificate than the one that prepare left.
    """

    def __init__(self) -> None:
        self._connection = http.client.HTTPSConnection(
            SITE, timeout=TIMEOUT_SECONDS, context=unchecked()
        )
        self._connection.connect()
        certificate = shown(self._connection.sock)
        if certificate != own_certificate():
            raise Unfit(f"nginx shows another certificate than {CERTIFICATE}")
        self.fingerprint = hashlib.sha256(certificate).hexdigest()
        self.headers: dict[str, str] = {}
        self._cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Return status and text of an answer.

        :raises OSError: there is none.
        """
        sent = {**self.headers, **(headers or {})}
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body.encode() or None, sent)
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {one.key: one.value for one in SimpleCookie(line).values()}
        return answer.status, answer.read().decode(errors="replace")


def words(page: str) -> str:
    """Return what a person reads on a page, or in an answer to a program."""
    try:
        return str(json.loads(page)["message"])
    except (ValueError, KeyError, TypeError):
        text = re.sub(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]*>", " ", page)
        return " ".join(unescape(text).split())[:300]
