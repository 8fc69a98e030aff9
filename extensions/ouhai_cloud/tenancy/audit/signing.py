"""A report's detached signature, by a key that stays on the deploy host (Ed25519)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ouhai_cloud.errors import OuhaiError

KEY_NAME = "audit.key"
PUBLIC_NAME = "audit.pub"
SUFFIX = ".sig"
OWNER_ONLY = 0o600
FINGERPRINT_DIGITS = 32


class SignatureInvalid(OuhaiError):
    """A report is not what was signed, or the signature or key cannot be read."""


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """Return the key of this deploy host, made at first use.

    :param folder: the state folder.
    :raises SignatureInvalid: the file is there but holds no such key, or others can read it.
    """
    path = folder / KEY_NAME
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            file.write(text)
        return key
    if path.stat().st_mode & ~OWNER_ONLY & 0o777:
        raise SignatureInvalid(
            f"{path}: others can read the signing key, so its signatures prove nothing; move it "
            "away (the next audit makes a new one) and tell the auditor"
        )
    try:
        found = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureInvalid(f"{path}: no private key: {error}; restore it or move it") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise SignatureInvalid(f"{path}: not an Ed25519 key; restore it or move it away")
    return found


def sign(path: Path, key: Ed25519PrivateKey) -> Path:
    """Write the signature of a file beside it, and the public key; return the signature's path."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (path.parent / PUBLIC_NAME).write_bytes(public)
    signature = path.with_name(path.name + SUFFIX)
    signature.write_bytes(base64.b64encode(key.sign(path.read_bytes())) + b"\n")
    return signature


def verify(path: Path, public: Path) -> str:
    """Check a report against its signature and return the key's fingerprint.

    :param public: the auditor's own copy of the public key, or the one beside the report.
    :raises SignatureInvalid: the report was changed, or a file is missing or damaged.
    """
    try:
        key = load_pem_public_key(public.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SignatureInvalid(f"{public}: no public key can be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureInvalid(
            f"{public}: not an Ed25519 public key; use the audit's {PUBLIC_NAME}"
        )
    return _verify(path, key, str(public))


def verify_own(path: Path, folder: Path) -> str:
    """Check a report against the key of this deploy host; return the key's fingerprint.

    :param folder: the state folder.
    :raises SignatureInvalid: see `verify`.
    """
    return _verify(path, signing_key(folder).public_key(), f"{folder / KEY_NAME}")


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return what people compare a public key by."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:FINGERPRINT_DIGITS]


def _verify(path: Path, key: Ed25519PublicKey, key_name: str) -> str:
    try:
        text = path.with_name(path.name + SUFFIX).read_bytes().strip()
        key.verify(base64.b64decode(text, validate=True), path.read_bytes())
    except (OSError, binascii.Error) as error:
        raise SignatureInvalid(f"{path}: its signature cannot be read: {error}") from error
    except InvalidSignature as error:
        raise SignatureInvalid(
            f"{path}: is not what {key_name} signed; do not trust it, audit again"
        ) from error
    return fingerprint(key)
