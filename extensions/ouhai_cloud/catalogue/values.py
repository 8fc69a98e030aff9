"""Values for an application's parameters: checked before anything is asked of the cloud."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ouhai_cloud.catalogue import certificates
from ouhai_cloud.catalogue.certificates import CERTIFICATE, KEY
from ouhai_cloud.catalogue.entry import Entry
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import ValuesInvalid

NAME = re.compile(r"[A-Za-z][A-Za-z0-9.-]*\Z")
LONGEST_NAME = 50
TRUE = frozenset({"true", "yes", "1", "on"})
FALSE = frozenset({"false", "no", "0", "off"})
SHOWN = 60


def check_name(name: str) -> None:
    """Refuse a name that Heat or a guest's host name cannot have.

    :raises ValuesInvalid: with what is allowed.
    """
    if NAME.match(name) and len(name) <= LONGEST_NAME:
        return
    shown = name if len(name) <= SHOWN else f"{name[:SHOWN]}… ({len(name)} characters)"
    fault = (
        f"name {shown!r}: a copy's name becomes the server's host name, so it begins with a "
        f"letter A-Z, has letters, digits, dots and hyphens only, and at most {LONGEST_NAME} of "
        "them; such as oa-web-1 (Chinese names belong to systems in the register)"
    )
    raise ValuesInvalid("the copy cannot be called that", (fault,))


def check(entry: Entry, given: Mapping[str, str], held: Collection[str] = ()) -> dict[str, Any]:
    """Return the values for Heat, of their parameters' types.

    :param given: by parameter, as people write them.
    :param held: parameters whose values Heat has already.
    :raises ValuesInvalid: with every value that is unknown, missing or not allowed.
    """
    parameters: Mapping[str, Any] = entry.template["parameters"]
    faults = [*_unknown(parameters, given), *_missing(parameters, entry, {*given, *held})]
    values = {}
    for name, text in given.items():
        if name in parameters:
            values[name], wrong = _value(parameters[name], text)
            if wrong:
                hidden = parameters[name].get("hidden")
                shown = "(hidden)" if hidden else repr(text[:SHOWN])
                faults.append(f"  {name} = {shown}: {wrong}")
    faults += _unfit_certificate(parameters, values, held)
    if faults:
        raise ValuesInvalid(f"{entry.application} {entry.version}", tuple(faults))
    return values


def missing(entry: Entry, given: Collection[str]) -> list[str]:
    """Return the parameters that have neither a value nor a default."""
    defaults = entry.environment.get("parameter_defaults", {})
    return [
        name
        for name, one in entry.template["parameters"].items()
        if "default" not in one and name not in given and name not in defaults
    ]


def written(value: Any) -> str:
    """Return a value for Heat as people write it; ``check`` makes the same value of it again."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def heeded(entry: Entry) -> Iterator[None]:
    """Tell people what Heat refuses as they are told what we refuse.

    :raises ValuesInvalid: Heat refuses values.
    """
    try:
        yield
    except Refused as refusal:
        if refusal.status != 400:
            raise
        title = f"{entry.application} {entry.version}"
        raise ValuesInvalid(title, (f"  {refusal.reason}",)) from refusal


def effective(entry: Entry, checked: Mapping[str, Any], constraint: str) -> dict[str, Any]:
    """Return the values, given or by default, of parameters with a custom constraint.

    :param checked: what ``check`` returned.
    :param constraint: such as ``nova.flavor``.
    """
    defaults = entry.environment.get("parameter_defaults", {})
    return {
        name: checked.get(name, defaults.get(name, one.get("default")))
        for name, one in entry.template["parameters"].items()
        if any(each.get("custom_constraint") == constraint for each in one.get("constraints") or ())
    }


def _unknown(parameters: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[str]:
    for name in given:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(parameters)}"
            yield f"  {name}: no such parameter; {hint}"


def _missing(parameters: Mapping[str, Any], entry: Entry, given: Collection[str]) -> Iterator[str]:
    for name in missing(entry, given):
        one = parameters[name]
        yield f"  {name} ({one['label']}): has no value; give --parameter {name}=…: " + str(
            one["description"]
        )


def _unfit_certificate(
    parameters: Mapping[str, Any], values: Mapping[str, Any], held: Collection[str]
) -> Iterator[str]:
    """Look at certificate and key together; a key that Heat has already cannot be seen."""
    if not {CERTIFICATE, KEY} <= set(parameters):
        return
    certificate, key = values.get(CERTIFICATE), values.get(KEY)
    if key or (certificate and KEY not in held):
        fault = certificates.wrong(certificate or "", key or "")
        if fault:
            yield f"  {CERTIFICATE}, {KEY}: {fault}"


def _value(parameter: Mapping[str, Any], text: str) -> tuple[Any, str]:
    """Return a text as a value of the parameter's type, and what is wrong with it."""
    kind = parameter["type"]
    value: Any = text
    if kind == "number":
        try:
            value = int(text)
        except ValueError:
            return None, "a whole number is needed"
    elif kind == "boolean":
        word = text.lower()
        if word not in TRUE | FALSE:
            return None, "true or false is needed"
        value = word in TRUE
    for constraint in parameter.get("constraints") or ():
        for form, holds in CONSTRAINTS.items():
            if form in constraint and not holds(constraint[form], value):
                return value, f"not allowed; it must be {_meaning(constraint, form)}"
    return value, ""


def _meaning(constraint: Mapping[str, Any], form: str) -> str:
    return str(constraint.get("description") or f"{form} {constraint[form]}")


def _range(bounds: Mapping[str, int], value: int) -> bool:
    low, high = bounds.get("min"), bounds.get("max")
    return (low is None or value >= low) and (high is None or value <= high)


def _length(bounds: Mapping[str, int], value: str) -> bool:
    return _range(bounds, len(value))


def _pattern(pattern: str, value: str) -> bool:
    """Match the way Heat does."""
    found = re.match(pattern, value)
    return found is not None and found.end() == len(value)


def _one_of(allowed: list[Any], value: Any) -> bool:
    return value in allowed


CONSTRAINTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "range": _range,
    "length": _length,
    "allowed_pattern": _pattern,
    "allowed_values": _one_of,
}
