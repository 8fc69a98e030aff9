"""Reaching a copy from outside, over TLS with the certificate that its guest reported.

Trust comes from that report, not from an authority: the certificate may be the guest's own.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from ouhai_cloud.errors import OuhaiError

CONNECT_SECONDS = 30
# A busy guest, and an emulated one all the more, takes its time.
ANSWER_SECONDS = 120


class Unfit(OuhaiError):
    """A copy is not what it was reported to be, or does not do what it is there for."""


class CertificateUnfit(OuhaiError):
    """A connection is shown another certificate than the one that was reported."""


class PinnedContext(ssl.SSLContext):
    """TLS with one certificate and no other, by whatever name or address it is reached."""

    fingerprint: str

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Return the encrypted connection, before anything is said.

        :raises CertificateUnfit: it is shown another certificate.
        """
        wrapped = super().wrap_socket(*args, **kwargs)
        shown = wrapped.getpeercert(binary_form=True) or b""
        if hashlib.sha256(shown).hexdigest() != self.fingerprint:
            wrapped.close()
            raise CertificateUnfit("shows another certificate than the guest reported")
        return wrapped


def pinned(fingerprint: str) -> PinnedContext:
    """Return TLS that takes one certificate.

    :param fingerprint: its SHA-256, in hexadecimal.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.fingerprint = fingerprint
    return context


class _PinnedAdapter(HTTPAdapter):
    """Asks over such connections, and waits for answers no longer than it should."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        # The context looks before anything is said; the fingerprint tells urllib3 that one does.
        kwargs |= {
            "ssl_context": pinned(self._fingerprint),
            "assert_fingerprint": self._fingerprint,
        }
        super().init_poolmanager(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().send(*args, **kwargs | {"timeout": (CONNECT_SECONDS, ANSWER_SECONDS)})


def session(fingerprint: str) -> requests.Session:
    """Return a visitor of websites that show one certificate; it goes nowhere else.

    :param fingerprint: its SHA-256, in hexadecimal.
    """
    made = requests.Session()
    # Neither a proxy, nor passwords or authorities of who runs this.
    made.trust_env = False
    # No authority has signed what a guest makes itself: the adapter takes that certificate alone.
    made.verify = False
    made.adapters.clear()
    made.mount("https://", _PinnedAdapter(fingerprint))
    return made


@contextmanager
def told(where: str, let_in_by: str) -> Iterator[None]:
    """Turn what goes wrong between here and there into what people can act on.

    :param let_in_by: the parameter that says who is let in there.
    :raises Unfit: what it was.
    """
    try:
        yield
    except CertificateUnfit as error:
        raise Unfit(f"{where} {error}") from error
    except (OSError, HTTPException) as error:
        raise Unfit(
            f"{where} does not answer ({error}), or there is no way from here to there (is "
            f"{let_in_by} right, has the copy a floating address?)"
        ) from error
