"""A website from outside: the certificate that its guest reported, and a page with its title."""

from __future__ import annotations

import html
import re
from http.client import FOUND, MOVED_PERMANENTLY, OK, HTTPConnection, HTTPSConnection

import requests

from ouhai_cloud.catalogue.reaching import Unfit, pinned, told

TIMEOUT_SECONDS = 60
HTTP_PORT = 80
SHOWN = 200
_NO_TEXT = re.compile(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]*>")


def look(host: str, port: int, path: str, fingerprint: str, title: str) -> str:
    """Look at a website, and return in one line what was seen.

    :param path: of the page that everybody may see.
    :param fingerprint: SHA-256 of the certificate that it must show, in hexadecimal.
    :param title: what that page must show.
    :raises Unfit: with what is not as it should be.
    """
    where = f"https://{host}:{port}{path}"
    if not fingerprint or not title:
        raise Unfit(
            f"{where}: the copy has not said which certificate and title it has (outputs "
            "certificate_sha256 and title)"
        )
    context = pinned(fingerprint)
    with told(where, "web_from"):
        connection = HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
        status, page, _ = _get(connection, path)
    if status != OK or title not in html.unescape(page):
        raise Unfit(f"{where} answers {status} without the title {title!r}: {words(page)}")
    with told(f"http://{host}", "web_from"):
        status, _, place = _get(HTTPConnection(host, HTTP_PORT, timeout=TIMEOUT_SECONDS), path)
    if status not in (MOVED_PERMANENTLY, FOUND) or not place.startswith("https://"):
        raise Unfit(f"http://{host} answers {status} and does not lead to https")
    return f"{where} shows the certificate that the guest reported, and {title}"


def _get(connection: HTTPConnection, path: str) -> tuple[int, str, str]:
    """Ask for a page; return status, text and where else it is."""
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return answer.status, text, answer.headers.get("Location", "")
    finally:
        connection.close()


def words(page: str) -> str:
    """Return the first that a person reads on a page, in one line."""
    return " ".join(html.unescape(_NO_TEXT.sub(" ", page)).split())[:SHOWN]


def answered(answer: requests.Response) -> str:
    """Return status and words of an answer, to a program or to people."""
    try:
        said = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        said = answer.content.decode(errors="replace")
    return f"{answer.status_code} {words(said)}".strip()
