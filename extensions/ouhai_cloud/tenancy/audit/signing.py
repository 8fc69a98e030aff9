"""A file's detached signature, by a key that stays on the deploy host (Ed25519)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from pathlib import Path
from typing import NamedTuple

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
from ouhai_cloud.tenancy.files import write_whole

KEY_NAME = "audit.key"
PUBLIC_NAME = "audit.pub"
SUFFIX = ".sig"
OWNER_ONLY = 0o600
READABLE = 0o644
FINGERPRINT_DIGITS = 32


class SignatureInvalid(OuhaiError):
    """A report is not what was signed, or the signature or key cannot be read."""


class Trusted(NamedTuple):
    """A key by which signatures are believed.

    :param path: the file that it came from, so that people are told whom they believe.
    """

    key: Ed25519PublicKey
    path: Path

    @property
    def fingerprint(self) -> str:
        """Return what people compare the key by."""
        return fingerprint(self.key)


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """Return the key of this deploy host, made at first use.

    :param folder: the state folder.
    :raises SignatureInvalid: the file holds no such key, others can read it, or we cannot.
    """
    path = folder / KEY_NAME
    try:
        if not path.exists():
            _make(path)
    except OSError as error:
        raise SignatureInvalid(_unusable(path, "made", error)) from error
    return _private(path)


def own(folder: Path) -> Trusted:
    """Return the public key of this deploy host.

    :param folder: the state folder.
    :raises SignatureInvalid: there is none, or `signing_key` could not use it.
    """
    path = folder / KEY_NAME
    try:
        there = path.exists()
    except OSError as error:
        raise SignatureInvalid(_unusable(path, "read", error)) from error
    if not there:
        raise SignatureInvalid(
            f"{path}: this host has no signing key, so it cannot tell whose report this is; give "
            f"--key a copy of {PUBLIC_NAME} that you got from the deploy host, not the one beside "
            "the report: whoever forges a report writes that, too"
        )
    return Trusted(_private(path).public_key(), path)


def given(path: Path) -> Trusted:
    """Return the public key in a file.

    :raises SignatureInvalid: it cannot be read, or is of another kind.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SignatureInvalid(f"{path}: no public key can be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureInvalid(f"{path}: not an Ed25519 public key; use the audit's {PUBLIC_NAME}")
    return Trusted(key, path)


def sign(path: Path, text: str, key: Ed25519PrivateKey) -> None:
    """Write the signature of a file's text beside it, and the public key.

    :param path: the file, which need not be there yet.
    :raises OSError: they cannot be written.
    """
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_whole(path.parent / PUBLIC_NAME, public.decode("ascii"), READABLE)
    signature = base64.b64encode(key.sign(text.encode())).decode("ascii")
    write_whole(_signature(path), f"{signature}\n", READABLE)


def verify(path: Path, trusted: Trusted) -> bytes:
    """Check a file against its signature; return the content that was signed.

    :raises SignatureInvalid: it was changed, another key signed it, or a file is missing.
    """
    try:
        content = path.read_bytes()
        text = _signature(path).read_bytes().strip()
        trusted.key.verify(base64.b64decode(text, validate=True), content)
    except (OSError, binascii.Error) as error:
        raise SignatureInvalid(f"{path}: its signature cannot be read: {error}") from error
    except InvalidSignature as error:
        raise SignatureInvalid(
            f"{path}: is not what the key of {trusted.path} ({trusted.fingerprint}) signed; do not "
            "trust it, audit again"
        ) from error
    return content


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return what people compare a public key by."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:FINGERPRINT_DIGITS]


def _signature(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _make(path: Path) -> None:
    """Make a key, unless another first audit makes one at the same time."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    whole = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_whole(whole, text, OWNER_ONLY)
    try:
        # unlike a rename it leaves a key that is there, which may have signed by now
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        if path.stat().st_mode & ~OWNER_ONLY & 0o777:
            raise SignatureInvalid(
                f"{path}: others can read the signing key, so its signatures prove nothing; move "
                "it away (the next audit makes a new one) and tell the auditor"
            )
        found = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise SignatureInvalid(_unusable(path, "read", error)) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureInvalid(f"{path}: no private key: {error}; restore it or move it") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise SignatureInvalid(f"{path}: not an Ed25519 key; restore it or move it away")
    return found


def _unusable(path: Path, doing: str, error: OSError) -> str:
    return (
        f"{path}: the signing key cannot be {doing}: {error.strerror}; audit as the owner of the "
        "state folder (sudo, perhaps), and to check a report give --key a copy of the public key"
    )
