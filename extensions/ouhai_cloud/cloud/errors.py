"""What can go wrong between us and the cloud's APIs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keystoneauth1.exceptions import (
    ClientException,
    ConnectFailure,
    HttpError,
    RetriableConnectionFailure,
    UnknownConnectionError,
)
from openstack.exceptions import HttpException, SDKException
from urllib3.exceptions import HTTPError, NewConnectionError

from ouhai_cloud.errors import OuhaiError

SDK_ERRORS = (ClientException, SDKException)
LONGEST_REASON = 400
PASSING = frozenset({429, 502, 503, 504})


class CloudUnreachable(OuhaiError):
    """The cloud did not answer, or answered that it cannot now, for as long as we tried."""


class Unanswered(CloudUnreachable):
    """A request that must not be repeated blindly got no answer: it may have been carried out."""


class Refused(OuhaiError):
    """The cloud understood a request and refused it.

    :param doing: the request, such as ``POST /networks of network``.
    :param status: HTTP status.
    :param reason: the service's own words.
    """

    def __init__(self, doing: str, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{doing}: refused with {status}: {reason}")


class Unresolved(OuhaiError):
    """Something that a resource refers to does not exist in the cloud."""


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error, 0 when there was no answer."""
    if isinstance(error, HttpError):
        return int(error.http_status or 0)
    if isinstance(error, HttpException):
        return int(error.status_code or 0)
    return 0


def reason_of(error: BaseException) -> str:
    """Return a service's own words out of an error's body, in one line."""
    response = getattr(error, "response", None)
    text = _words(getattr(response, "text", "") or "") or str(error)
    return re.sub(r"\s+", " ", text)[:LONGEST_REASON]


def passing(error: BaseException) -> bool:
    """Tell whether the same request may well succeed in a moment."""
    lost = (RetriableConnectionFailure, UnknownConnectionError)
    return isinstance(error, lost) or status_of(error) in PASSING


def never_sent(error: BaseException) -> bool:
    """Tell whether a request surely did not reach the service: no connection was made."""
    if not isinstance(error, ConnectFailure):
        return False
    cause = error.__context__ or error.__cause__
    inner = cause.args[0] if cause is not None and cause.args else None
    reason = getattr(inner, "reason", inner)
    return isinstance(reason, HTTPError) and isinstance(reason, NewConnectionError)


@contextmanager
def read_on(doing: str) -> Iterator[None]:
    """Name the error when an answer that is read piece by piece is cut off.

    :raises CloudUnreachable: it was.
    """
    try:
        yield
    except (HTTPError, OSError) as error:
        raise CloudUnreachable(f"{doing}: the answer was cut off ({error})") from error


def _words(body: str) -> str:
    """Return the message in a JSON error, whichever of the services' forms it has."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        return ""
    # Heat's says less beside that.
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        document = document["error"]
    while isinstance(document, dict) and document:
        for name in ("message", "faultstring", "detail", "title"):
            if isinstance(document.get(name), str) and document[name]:
                return str(document[name])
        document = next(iter(document.values()))
    if isinstance(document, list) and document:
        return _words(json.dumps(document[0]))
    return document if isinstance(document, str) else ""
