"""A copy of an application that is used in the browser: where it is, and its certificate."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# A guest is emulated here, and others are at work beside it.
REQUEST_SECONDS = 120


class SiteUnfit(Exception):
    """The site did not do what it was asked to; with what it said."""


@dataclass(frozen=True)
class WebsiteCopy:
    """A copy that a member deployed.

    :param copy: as `openstack app status --secrets` shows it.
    :param folder: where its certificate is kept.
    """

    copy: Mapping[str, Any]
    folder: Path

    @property
    def address(self) -> str:
        """Where it is, without a slash at the end."""
        health = urlsplit(self.copy["health"])
        return f"{health.scheme}://{health.netloc}"

    @cached_property
    def certificate(self) -> Path:
        """The certificate that it shows, which must be the one that the guest reported."""
        pem = ssl.get_server_certificate((self.copy["address"], 443), timeout=REQUEST_SECONDS)
        seen = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        if seen != self.copy["certificate_sha256"]:
            raise SiteUnfit(f"{self.address} shows {seen}, another certificate than reported")
        path = self.folder / f"{seen}.pem"
        path.write_text(pem)
        return path
