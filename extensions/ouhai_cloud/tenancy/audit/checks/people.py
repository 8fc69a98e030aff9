"""Roles and groups that the register speaks of."""

from __future__ import annotations

from collections.abc import Mapping

from ouhai_cloud.tenancy.register.model import Register

ADMIN = "admin"
SERVICE = "service"
"""What accounts of services hold in the platform's own project."""

DUTIES = ("system_administrator", "security_administrator", "auditor")
"""三员分立: roles of these names, given to the groups that the register lists under them."""

BRINGS: Mapping[str, frozenset[str]] = {
    "manager": frozenset({"member", "reader"}),
    "member": frozenset({"reader"}),
    "reader": frozenset(),
    **dict.fromkeys(DUTIES, frozenset[str]()),
}
"""What each role of staff, and of a duty, may bring with it."""


def duty_groups(register: Register) -> Mapping[str, str]:
    """Return the duty of each directory group that has one."""
    return {group: duty for duty in DUTIES for group in getattr(register.district.duties, duty)}
