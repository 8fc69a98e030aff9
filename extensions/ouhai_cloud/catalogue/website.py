"""A website from outside: the certificate that its guest reported, and a page with its title."""

from __future__ import annotations

import hashlib
import html
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import FOUND, MOVED_PERMANENTLY, OK, HTTPConnection, HTTPException, HTTPSConnection

from ouhai_cloud.errors import OuhaiError

TIMEOUT_SECONDS = 60
HTTP_PORT = 80
SHOWN = 200
_NO_TEXT = re.compile(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]*>")


class WebsiteUnfit(OuhaiError):
    """A website is not what it was reported to be, or does not answer."""


def look(host: str, port: int, path: str, fingerprint: str, title: str) -> str:
    """Look at a website, and return in one line what was seen.

    :param path: of the page that everybody may see.
    :param fingerprint: SHA-256 of the certificate that it must show, in hexadecimal.
    :param title: what that page must show.
    :raises WebsiteUnfit: with what is not as it should be.
    """
    where = f"https://{host}:{port}{path}"
    if not fingerprint or not title:
        raise WebsiteUnfit(
            f"{where}: the copy has not said which certificate and title it has (outputs "
            "certificate_sha256 and title)"
        )
    # Trust comes from the guest's report, not from an authority: its certificate may be its own.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with _told(where):
        connection = HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True) or b""
        if hashlib.sha256(shown).hexdigest() != fingerprint:
            connection.close()
            raise WebsiteUnfit(f"{where} shows another certificate than the guest reported")
        status, text, _ = _get(connection, path)
    page = html.unescape(text)
    if status != OK or title not in page:
        raise WebsiteUnfit(
            f"{where} answers {status} without the title {title!r}: {_words(page)[:SHOWN]}"
        )
    with _told(f"http://{host}"):
        status, _, place = _get(HTTPConnection(host, HTTP_PORT, timeout=TIMEOUT_SECONDS), path)
    if status not in (MOVED_PERMANENTLY, FOUND) or not place.startswith("https://"):
        raise WebsiteUnfit(f"http://{host} answers {status} and does not lead to https")
    return f"{where} shows the certificate that the guest reported, and {title}"


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what goes wrong between here and there into what people can act on."""
    try:
        yield
    except (OSError, HTTPException) as error:
        raise WebsiteUnfit(
            f"{where} does not answer ({error}), or there is no way from here to there (is "
            "web_from right, has the copy a floating address?)"
        ) from error


def _get(connection: HTTPConnection, path: str) -> tuple[int, str, str]:
    """Ask for a page; return status, text and where else it is."""
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return answer.status, text, answer.headers.get("Location", "")
    finally:
        connection.close()


def _words(page: str) -> str:
    """Return what a person reads on a page."""
    return " ".join(_NO_TEXT.sub(" ", page).split())
