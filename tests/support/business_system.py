"""A copy of `business-system` as those use it whom its bureau serves."""

from __future__ import annotations

import re
import ssl
from urllib.parse import quote
from urllib.request import Request, urlopen

from tests.support.website_copy import SiteUnfit


class Reader:
    """Somebody who uses the application, over a connection of its own each time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._context = ssl.create_default_context()
        # `verify` compares the certificate with the one that the balancer reported.
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE

    def page(self) -> str:
        """Return the front page."""
        return self._ask(None)

    def write(self, words: str) -> str:
        """Write a message and return the page that follows."""
        return self._ask(f"words={quote(words)}".encode())

    def _ask(self, sent: bytes | None) -> str:
        asked = Request(self._address, sent)  # noqa: S310 (it is https, which the copy says)
        with urlopen(asked, timeout=30, context=self._context) as answer:  # noqa: S310 (likewise)
            return str(answer.read().decode())

    def member(self) -> str:
        """Return which web server answers.

        :raises SiteUnfit: the page does not say.
        """
        found = re.search(r"应答节点：<b>([^<]+)</b>", self.page())
        if not found:
            raise SiteUnfit("the page does not name a web server")
        return found[1]
