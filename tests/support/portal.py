"""A copy of `portal` as its editor uses it: over https, with the certificate that it reported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import requests

from tests.support.website_copy import REQUEST_SECONDS, SiteUnfit, WebsiteCopy


@dataclass(frozen=True)
class Portal(WebsiteCopy):
    """A site and its editor."""

    @cached_property
    def reader(self) -> requests.Session:
        """Somebody who reads the site, and believes that certificate alone."""
        return self._session()

    @cached_property
    def editor(self) -> requests.Session:
        """The editor, logged in with the password that the copy shows."""
        session = self._session()
        form = {"log": self.copy["editor"], "pwd": self.copy["editor_password"]}
        answer = session.post(
            f"{self.address}/wp-login.php",
            data=form,
            timeout=REQUEST_SECONDS,
            allow_redirects=False,
        )
        if answer.status_code != requests.codes.found:
            raise SiteUnfit(f"the editor cannot log in: {answer.status_code} {answer.text}")
        nonce = session.get(
            f"{self.address}/wp-admin/admin-ajax.php?action=rest-nonce", timeout=REQUEST_SECONDS
        )
        nonce.raise_for_status()
        session.headers["X-WP-Nonce"] = nonce.text
        return session

    def _session(self) -> requests.Session:
        session = requests.Session()
        # Or the environment's REQUESTS_CA_BUNDLE would count, and not the certificate.
        session.trust_env = False
        session.verify = str(self.certificate)
        return session

    def read(self, path: str = "/") -> requests.Response:
        """Return a page as everybody sees it."""
        return self.reader.get(f"{self.address}{path}", timeout=REQUEST_SECONDS)

    def publish(self, title: str, content: str) -> str:
        """Publish an article and return the path of its page.

        :raises SiteUnfit: the site refuses.
        """
        answer = self.editor.post(
            f"{self.address}/wp-json/wp/v2/posts",
            json={"title": title, "content": content, "status": "publish"},
            timeout=REQUEST_SECONDS,
        )
        if answer.status_code != requests.codes.created:
            raise SiteUnfit(f"no article: {answer.status_code} {answer.text}")
        return str(answer.json()["link"]).removeprefix(self.address)

    def upload(self, name: str, data: bytes, kind: str) -> str:
        """Upload a file and return the path at which it can be read.

        :raises SiteUnfit: the site refuses.
        """
        answer = self.editor.post(
            f"{self.address}/wp-json/wp/v2/media",
            files={"file": (name, data, kind)},
            timeout=REQUEST_SECONDS,
        )
        if answer.status_code != requests.codes.created:
            raise SiteUnfit(f"no upload: {answer.status_code} {answer.text}")
        return str(answer.json()["source_url"]).removeprefix(self.address)
