"""A certificate and its key as values for an application; a guest sees only after its boot."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

CERTIFICATE, KEY = "certificate", "private_key"
"""What the parameters for them are called in templates."""


def wrong(certificate: str, key: str) -> str:
    """Return what is wrong with a certificate and its key, both in PEM; empty for nothing.

    :param certificate: that of the application, then those above it.
    """
    if not certificate or not key:
        return f"{CERTIFICATE if key else KEY} is missing; the one is of no use without the other"
    try:
        own = x509.load_pem_x509_certificates(certificate.encode())[0]
        fits = own.public_key() == load_pem_private_key(key.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        return f"cannot be read ({error})"
    if not fits:
        return "the key does not belong to the certificate 私钥与证书不匹配"
    if own.not_valid_after_utc < datetime.now(UTC):
        return f"the certificate ended on {own.not_valid_after_utc:%Y-%m-%d} 证书已过期"
    return ""
