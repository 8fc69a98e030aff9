"""Groups that follow the district's naming are not written down for every unit.

``district.staff_pattern: "{short}-{role}"`` fills each role that a unit leaves out; an empty list
says that nobody has the role.
"""

from __future__ import annotations

import re

from ouhai_cloud.tenancy.register.facts import ROLES

_SHORT = re.compile(r"[a-z][a-z0-9-]{0,15}\Z")


def filled(data: object) -> object:
    """Return a document's data with every role filled that the pattern can fill."""
    pattern = _pattern(data)
    if not pattern or not isinstance(data, dict) or not isinstance(data.get("bureaus"), list):
        return data
    return {**data, "bureaus": [_with_staff(unit, pattern) for unit in data["bureaus"]]}


def _pattern(data: object) -> str:
    district = data.get("district") if isinstance(data, dict) else None
    pattern = district.get("staff_pattern") if isinstance(district, dict) else None
    if pattern is None:
        return ""
    # A wrong pattern is a fault already; groups named by it would be many more.
    fit = isinstance(pattern, str) and all(f"{{{part}}}" in pattern for part in ("short", "role"))
    return pattern if fit else "{short}-{role}"


def _with_staff(unit: object, pattern: str) -> object:
    if not isinstance(unit, dict) or not isinstance(given := unit.get("staff", {}), dict):
        return unit
    short = unit.get("short")
    if not isinstance(short, str) or not _SHORT.match(short):
        # That is a fault already; groups named after it would be three more.
        short = "unit"
    names = {role: [pattern.replace("{short}", short).replace("{role}", role)] for role in ROLES}
    return {**unit, "staff": {**names, **given}}
