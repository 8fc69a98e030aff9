"""The kinds of secret: how one is generated, and what is wrong with one that is too weak."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
import struct
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PASSWORD_LENGTH = 32
"""Characters in a generated password: about 190 bits."""

PASSWORD_LENGTH_MIN = 16
"""Characters below which a password put there by hand is called weak."""

PASSWORD_DISTINCT_MIN = 8
"""Different characters below which a password is called weak (`aaaaaaaaaaaaaaaa`, `1212…`)."""

_ALPHABET = string.ascii_letters + string.digits
_SAFE = re.compile(r"[A-Za-z0-9._~-]+")
_CEPH_HEADER = struct.Struct("<hiih")
_CEPH_KEY_BYTES = 16
_FERNET_BYTES = 32


@dataclass(frozen=True)
class Kind:
    """How to make a secret and how to find fault with one (None: no fault)."""

    generate: Callable[[], str]
    fault: Callable[[str], str | None]


def _password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))


def _password_fault(value: str) -> str | None:
    if len(value) < PASSWORD_LENGTH_MIN:
        return f"it has {len(value)} characters, at least {PASSWORD_LENGTH_MIN} are needed"
    if len(set(value)) < PASSWORD_DISTINCT_MIN:
        return f"it has fewer than {PASSWORD_DISTINCT_MIN} different characters"
    if not _SAFE.fullmatch(value):
        # Secrets end up in URLs and ini files, where other characters change the meaning.
        return "it has characters other than letters, digits and . _ ~ -"
    return None


def _foreign_fault(value: str) -> str | None:
    return None if value.isprintable() else "it is not one line of printable text"


def _hex32_fault(value: str) -> str | None:
    return None if re.fullmatch(r"[0-9a-f]{32}", value) else "it is not 32 hexadecimal digits"


def _uuid_fault(value: str) -> str | None:
    try:
        return None if str(uuid.UUID(value)) == value else "it is not a UUID in lower case"
    except ValueError:
        return "it is not a UUID"


def _fernet() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_FERNET_BYTES)).decode()


def _fernet_fault(value: str) -> str | None:
    try:
        raw = base64.b64decode(value.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return "it is not base64"
    return None if len(raw) == _FERNET_BYTES else f"it is not {_FERNET_BYTES} bytes long"


def _ceph_key() -> str:
    header = _CEPH_HEADER.pack(1, int(time.time()), 0, _CEPH_KEY_BYTES)
    return base64.b64encode(header + secrets.token_bytes(_CEPH_KEY_BYTES)).decode()


def _ceph_key_fault(value: str) -> str | None:
    try:
        raw = base64.b64decode(value.encode(), validate=True)
    except (binascii.Error, ValueError):
        return "it is not base64"
    if len(raw) != _CEPH_HEADER.size + _CEPH_KEY_BYTES or raw[:2] != b"\x01\x00":
        return "it is not a cephx key"
    return None


KINDS: Mapping[str, Kind] = {
    "password": Kind(_password, _password_fault),
    "foreign": Kind(_password, _foreign_fault),
    "hex32": Kind(lambda: secrets.token_hex(16), _hex32_fault),
    "uuid": Kind(lambda: str(uuid.uuid4()), _uuid_fault),
    "fernet": Kind(_fernet, _fernet_fault),
    "ceph_key": Kind(_ceph_key, _ceph_key_fault),
}


def unknown_kinds(required: Mapping[str, str]) -> dict[str, str]:
    """Return the entries of a list of required secrets whose kind does not exist."""
    return {name: kind for name, kind in required.items() if kind not in KINDS}


def generate_missing(present: Mapping[str, object], required: Mapping[str, str]) -> dict[str, str]:
    """Return a new value for each required secret that is absent or empty.

    :raises KeyError: a kind does not exist (see :func:`unknown_kinds`).
    """
    return {
        name: KINDS[kind].generate() for name, kind in required.items() if not present.get(name)
    }
