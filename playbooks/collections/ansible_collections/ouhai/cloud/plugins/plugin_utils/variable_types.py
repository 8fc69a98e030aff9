"""Checks of variables: each known, each of the right type."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import jsonschema
from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Failure, Inventory

_FORMATS = {
    "address": "an IPv4 address such as 10.118.0.10",
    "range": "a range such as 10.118.0.0/24: its first address and the length of the prefix",
    "host": "a DNS name or an IPv4 address",
    "interface": "the name of a network interface (at most 15 characters, no spaces or slashes)",
}
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

# Ansible's own; and secrets: a mistyped one shows up as a missing one, and one that an earlier
# release needed does no harm.
_NOT_OURS_TO_JUDGE = ("ansible_", "secret_")

_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("address", raises=ValueError)
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(ipaddress.IPv4Address(value))


@_formats.checks("range", raises=ValueError)
def _is_range(value: object) -> bool:
    return not isinstance(value, str) or ("/" in value and bool(ipaddress.IPv4Network(value)))


@_formats.checks("host")
def _is_host(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(rf"{_LABEL}(\.{_LABEL})*\.?", value))


@_formats.checks("interface")
def _is_interface(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"[^\s/]{1,15}", value))


def check_names(inventory: Inventory, declared: Collection[str]) -> list[Failure]:
    """Check that every variable that the inventory sets exists."""
    failures = []
    for name in inventory.sources:
        if name in declared or name.startswith(_NOT_OURS_TO_JUDGE):
            continue
        near = difflib.get_close_matches(name, sorted(declared), n=1, cutoff=0.6)
        hint = f"Did you mean {near[0]}? " if near else ""
        failures.append(
            Failure(
                inventory.place(name),
                "there is no such variable",
                "it would be ignored, and the default used without a word",
                f"{hint}All variables are in playbooks/group_vars/all/.",
            )
        )
    return failures


def check_types(inventory: Inventory, schemas: Mapping[str, Mapping[str, Any]]) -> list[Failure]:
    """Check the values of the cloud's variables and of every host's.

    :param schemas: a JSON schema for `cloud` and one for `host`.
    """
    failures = list(_faults(inventory, None, inventory.variables, schemas["cloud"]))
    for host in inventory.hosts.values():
        failures += _faults(inventory, host.name, host.variables, schemas["host"])
    return failures


def _faults(
    inventory: Inventory, host: str | None, values: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterable[Failure]:
    validator = jsonschema.Draft202012Validator(schema, format_checker=_formats)
    for error in validator.iter_errors(dict(values)):
        if error.validator == "required" and not error.absolute_path:
            for name in error.validator_value:
                if name not in values and repr(name) in error.message:
                    yield _missing(name, host)
            continue
        variable = str(error.absolute_path[0])
        yield Failure(
            inventory.place(variable) + (f" of {host}" if host else ""),
            _explain(error),
            "the value cannot be used",
            f"Correct it in the inventory; playbooks/group_vars/all/ says what {variable} means.",
        )


def _missing(name: str, host: str | None) -> Failure:
    return Failure(
        name + (f" of {host}" if host else ""),
        "the variable is not set, or its value cannot be evaluated",
        "it differs from one district to the next, so there is no default",
        "Set it in the inventory; playbooks/group_vars/all/ says what it means.",
    )


def _explain(error: jsonschema.ValidationError) -> str:
    path = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in list(error.absolute_path)[1:]
    )
    prefix = f"{path.lstrip('.')}: " if path else ""
    if error.validator == "format":
        return f"{prefix}{error.instance!r} is not {_FORMATS[str(error.validator_value)]}"
    return prefix + error.message
