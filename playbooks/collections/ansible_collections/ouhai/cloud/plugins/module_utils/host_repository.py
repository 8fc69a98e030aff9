"""Checks that the host gets packages, signed by whom we expect. Nothing is changed."""

from __future__ import annotations

import base64
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure

_RELEASE = "trixie"
_TIMEOUT_SECONDS = 10


def check_repository(
    where: str, url: str, key: str, authority: str | None, workspace: Path
) -> list[Failure]:
    """Fetch the index's signed head, and verify it with the program that apt uses.

    :param key: the repository's public key, base64.
    :param authority: PEM of the authority of the server's certificate; None for the system's own.
    :param workspace: a folder of our own that is removed afterwards.
    """
    address = f"{url.rstrip('/')}/dists/{_RELEASE}/InRelease"
    try:
        signed = _fetch(address, authority)
    except (OSError, ValueError) as error:
        return [
            Failure(
                where,
                f"the package repository does not answer at {address}: {_reason(error)}",
                "every package comes from there",
                "Check that the deploy host serves the repository (deploy/repository/serve), and "
                "repository_url and repository_ca_file in the inventory.",
            )
        ]
    fault = signature_fault(signed, base64.b64decode(key), workspace)
    if fault is None:
        return []
    return [
        Failure(
            where,
            f"the signature of {address} is not good: {fault}",
            "the packages may not be those that were made for this cloud",
            "Check that repository_key_file is the key of this repository. If it is, make the "
            "snapshot anew with deploy/repository/make and find out who changed it.",
        )
    ]


def signature_fault(signed: bytes, key: bytes, workspace: Path) -> str | None:
    """Verify a signed head with sqv, as apt in Debian 13 does; return what is wrong with it.

    :raises OSError: sqv cannot be run.
    """
    keyring, message = workspace / "repository.key", workspace / "InRelease"
    keyring.write_bytes(key)
    message.write_bytes(signed)
    command = ["sqv", "--keyring", str(keyring), "--output", str(workspace / "verified")]
    done = subprocess.run(
        [*command, "--cleartext", str(message)],
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if done.returncode == 0:
        return None
    return " ".join(done.stderr.split()) or "it was not made with the expected key"


def _fetch(address: str, authority: str | None) -> bytes:
    context = ssl.create_default_context(cadata=authority)
    # The environment's proxies are for the internet; the repository is beside us.
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({})
    )
    with opener.open(address, timeout=_TIMEOUT_SECONDS) as answer:
        return bytes(answer.read())


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error)
