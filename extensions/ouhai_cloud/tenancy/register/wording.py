"""What a person is told about a breach of the schema: what is there, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ouhai_cloud.tenancy.register.document import Path, Problem

_TYPES = {
    "object": "a mapping (key: value)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
}
_SHOWN = 60


@dataclass(frozen=True)
class Breach:
    """What jsonschema found.

    :param keyword: of the schema: ``enum``.
    :param allowed: what the schema has under that keyword.
    :param schema: the part of the schema that was broken.
    :param message: jsonschema's own words.
    """

    path: Path
    keyword: str
    allowed: Any
    schema: Mapping[str, Any]
    instance: Any
    message: str


def problems(breach: Breach) -> Iterator[Problem]:
    """Turn one breach into what people are told; surplus keys one by one."""
    if breach.keyword == "required":
        yield from _missing(breach)
    elif breach.keyword == "additionalProperties":
        yield from _surplus(breach)
    else:
        say = _SAYINGS.get(breach.keyword, _as_described)
        yield breach.path, say(breach)


def shown(value: object) -> str:
    """Return a value as it is quoted in a message, shortened, Chinese left readable."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _missing(breach: Breach) -> Iterator[Problem]:
    # jsonschema raises one error for each missing key, but names it in its English message alone.
    for key in breach.allowed:
        if key not in breach.instance and breach.message.startswith(repr(key)):
            described = breach.schema["properties"][key].get("description")
            needed = f"needed are {described}" if described else "it is needed here"
            yield (*breach.path, key), f"is missing; {needed}"


def _surplus(breach: Breach) -> Iterator[Problem]:
    known = sorted(breach.schema["properties"])
    for key in breach.instance:
        if key not in known:
            yield (*breach.path, key), f"there is no such entry; allowed are {', '.join(known)}"


def _type(breach: Breach) -> str:
    wanted = _TYPES[str(breach.allowed)]
    said = f"{shown(breach.instance)} is not {wanted}"
    quote = breach.allowed == "string" and isinstance(breach.instance, int | None)
    return f"{said}; write it in quotes" if quote else said


def _enum(breach: Breach) -> str:
    allowed = ", ".join(map(str, breach.allowed))
    return f"{shown(breach.instance)} is not allowed; allowed are {allowed}"


def _length(breach: Breach) -> str:
    count = len(breach.instance)
    return f"has {count} characters; {_description(breach)}"


def _range(breach: Breach) -> str:
    schema = breach.schema
    return f"{breach.instance} is not allowed; from {schema['minimum']} to {schema['maximum']} is"


def _repeated(breach: Breach) -> str:
    return f"{shown(breach.instance)} has an item twice; keep one of the two"


def _few(breach: Breach) -> str:
    return f"the list is empty; at least {breach.allowed} must be there"


def _many(breach: Breach) -> str:
    return f"the list has {len(breach.instance)} items; at most {breach.allowed} may be there"


def _as_described(breach: Breach) -> str:
    return f"{shown(breach.instance)} is not allowed; {_description(breach)}"


def _description(breach: Breach) -> str:
    return f"allowed is {breach.schema.get('description', breach.allowed)}"


_SAYINGS: dict[str, Callable[[Breach], str]] = {
    "type": _type,
    "enum": _enum,
    "minLength": _length,
    "maxLength": _length,
    "minimum": _range,
    "maximum": _range,
    "uniqueItems": _repeated,
    "minItems": _few,
    "maxItems": _many,
}
