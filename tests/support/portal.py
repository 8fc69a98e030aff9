"""A copy of `portal` as its editor uses it: over https, with the certificate that it reported."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from tests.support.applications import Key, Member

# A guest is emulated here, and others are at work beside it.
REQUEST_SECONDS = 120


class PortalUnfit(Exception):
    """The site did not do what it was asked to; with what it said."""


@dataclass(frozen=True)
class Portal:
    """A site and its editor.

    :param copy: as `openstack app status` shows it.
    :param folder: where its certificate is kept.
    """

    copy: Mapping[str, Any]
    folder: Path

    @property
    def address(self) -> str:
        """Where it is, without a slash at the end."""
        return str(self.copy["health"]).rstrip("/")

    @cached_property
    def certificate(self) -> Path:
        """The certificate that it shows, which must be the one that the guest reported."""
        pem = ssl.get_server_certificate((self.copy["address"], 443), timeout=REQUEST_SECONDS)
        seen = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        if seen != self.copy["certificate_sha256"]:
            raise PortalUnfit(f"{self.address} shows {seen}, another certificate than reported")
        path = self.folder / f"{seen}.pem"
        path.write_text(pem)
        return path

    @cached_property
    def reader(self) -> requests.Session:
        """Somebody who reads the site, and believes that certificate alone."""
        session = requests.Session()
        session.verify = str(self.certificate)
        return session

    @cached_property
    def editor(self) -> requests.Session:
        """The editor, logged in with the password that the copy shows."""
        session = requests.Session()
        session.verify = str(self.certificate)
        form = {"log": self.copy["editor"], "pwd": self.copy["editor_password"]}
        answer = session.post(
            f"{self.address}/wp-login.php",
            data=form,
            timeout=REQUEST_SECONDS,
            allow_redirects=False,
        )
        if answer.status_code != requests.codes.found:
            raise PortalUnfit(f"the editor cannot log in: {answer.status_code} {answer.text}")
        nonce = session.get(
            f"{self.address}/wp-admin/admin-ajax.php?action=rest-nonce", timeout=REQUEST_SECONDS
        )
        nonce.raise_for_status()
        session.headers["X-WP-Nonce"] = nonce.text
        return session

    def read(self, path: str = "/") -> requests.Response:
        """Return a page as everybody sees it."""
        return self.reader.get(f"{self.address}{path}", timeout=REQUEST_SECONDS)

    def publish(self, title: str, content: str) -> str:
        """Publish an article and return the path of its page.

        :raises PortalUnfit: the site refuses.
        """
        answer = self.editor.post(
            f"{self.address}/wp-json/wp/v2/posts",
            json={"title": title, "content": content, "status": "publish"},
            timeout=REQUEST_SECONDS,
        )
        if answer.status_code != requests.codes.created:
            raise PortalUnfit(f"no article: {answer.status_code} {answer.text}")
        return str(answer.json()["link"]).removeprefix(self.address)

    def upload(self, name: str, data: bytes, kind: str) -> str:
        """Upload a file and return the path at which it can be read.

        :raises PortalUnfit: the site refuses.
        """
        answer = self.editor.post(
            f"{self.address}/wp-json/wp/v2/media",
            data=data,
            headers={"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'},
            timeout=REQUEST_SECONDS,
        )
        if answer.status_code != requests.codes.created:
            raise PortalUnfit(f"no upload: {answer.status_code} {answer.text}")
        return str(answer.json()["source_url"]).removeprefix(self.address)


def deploy(member: Member, name: str, key: Key, *parameters: str) -> dict[str, Any]:
    """Deploy a copy and return what its project's members may see of it, secrets included."""
    words = [word for one in (key.parameter, *parameters) for word in ("--parameter", one)]
    member.answer("deploy", "portal", name, *words)
    shown: dict[str, Any] = member.answer("status", name, "--secrets")
    return shown
