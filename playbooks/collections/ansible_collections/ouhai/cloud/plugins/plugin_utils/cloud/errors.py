"""The one error that operators read."""

from __future__ import annotations

import keystoneauth1.exceptions
import openstack.exceptions
import requests

# What a cloud, or the way to it, can do wrong. Anything else is a fault of our own code and keeps
# its traceback.
CLOUD_ERRORS: tuple[type[Exception], ...] = (
    openstack.exceptions.SDKException,
    keystoneauth1.exceptions.ClientException,
    requests.RequestException,
    OSError,
)


class CheckFailed(Exception):
    """A condition that does not hold: what, where, why, and what to do next."""

    def __init__(self, what: str, *, where: str, why: str, remedy: str) -> None:
        """Take four plain sentences; none may contain a secret."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        """Render the four parts, one per line."""
        return f"{self.what}\n  where: {self.where}\n  why:   {self.why}\n  do:    {self.remedy}"


def from_cloud(error: Exception, where: str) -> CheckFailed:
    """Turn an error of the client libraries into one that says what to do."""
    why = f"{type(error).__name__}: {error}"
    details = getattr(error, "details", None)
    if details and str(details) not in why:
        why += f" ({details})"
    return CheckFailed(
        f"{where} failed",
        where=getattr(error, "url", None) or where,
        why=why,
        remedy=_remedy(error),
    )


def _remedy(error: Exception) -> str:
    text = str(error)
    status = getattr(error, "http_status", None) or getattr(error, "status_code", None)
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSL" in type(error).__name__:
        return "Compare the CA in clouds.yaml with the one that signed the endpoint's certificate."
    if status == 401:
        return "Look at the service's own credentials ([keystone_authtoken]) and at Keystone's log."
    if status == 403:
        return "Look at the role assignments of the user and at the service's policy."
    if status in (500, 502, 503, 504):
        return "Look at the service's journal on the control hosts, and at haproxy's statistics."
    if isinstance(error, requests.ConnectionError | ConnectionError | TimeoutError) or (
        "connect" in text.lower() or "timed out" in text.lower()
    ):
        return "Look whether haproxy and the service behind this address run and answer."
    return "Read the reason above; the service's journal on the control hosts has the request id."
