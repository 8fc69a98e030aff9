"""Filters that read a bureau register: a lab's test persons, and the range of addresses."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

try:
    from ouhai_cloud.errors import OuhaiError
    from ouhai_cloud.tenancy.register.load import load
    from ouhai_cloud.tenancy.register.model import Register
    from ouhai_cloud.tenancy.register.people import ldif

    HAS_OUHAI_CLOUD = True
except ImportError:  # reported by _register(), with what to do
    HAS_OUHAI_CLOUD = False

DOCUMENTATION = """
name: register
short_description: Read a bureau register for a lab's directory and for checks
description: See the docstring of each function.
author: ouhai-cloud
"""

ITERATIONS = 20_000
"""Rounds of PBKDF2. slapd computes them at every login; the password itself has 190 bits."""


def directory_password_hash(password: str, user: str) -> str:
    """Return what slapd's module pw-pbkdf2 keeps of a password, the same at every call.

    The salt is taken from user and password, so that the file of entries does not change from run
    to run, and yet no two users have the same.
    """
    salt = hashlib.sha256(f"ouhai-cloud\0{user}\0{password}".encode()).digest()[:16]
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"{{PBKDF2-SHA512}}{ITERATIONS}${_adapted_base64(salt)}${_adapted_base64(derived)}"


def directory_people(register_file: str, suffix: str, password_hash: str) -> str:
    """Return the LDIF of groups and test persons that a register names, below a suffix.

    :raises AnsibleFilterError: the extension is not installed, or the register breaks its rules.
    """
    return str(ldif(_register(register_file), suffix, password_hash))


def register_range_fits(register_file: str, outer: str) -> bool:
    """Tell whether the addresses that a register gives to bureaus lie within a range.

    :raises AnsibleFilterError: the extension is not installed, or the register breaks its rules.
    """
    inner = _register(register_file).district.address_range
    return inner.subnet_of(ipaddress.IPv4Network(outer))


def _register(file: str) -> Register:
    if not HAS_OUHAI_CLOUD:
        raise AnsibleFilterError(
            "the package ouhai-cloud is not in Ansible's Python environment; install it there: "
            "pip install --no-deps <top folder of the tree>"
        )
    try:
        return load(Path(file))
    except (OuhaiError, OSError) as error:
        raise AnsibleFilterError(f"the register cannot be used:\n{error}") from error


def _adapted_base64(value: bytes) -> str:
    """Encode as passlib's and slapd's adapted base64 do: no padding, a dot for the plus."""
    return base64.b64encode(value, altchars=b"./").decode().rstrip("=")


class FilterModule:
    """The filters, as Ansible looks for them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return each filter under its name."""
        return {
            "directory_password_hash": directory_password_hash,
            "directory_people": directory_people,
            "register_range_fits": register_range_fits,
        }
