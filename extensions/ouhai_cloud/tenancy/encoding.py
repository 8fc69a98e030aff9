"""JSON forms of values, resources and states, and the digests made from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State, Value

Json = dict[str, Any]


def value_to_json(value: Value) -> Any:
    """Return a value's JSON form: a reference is ``{"ref": key}``, a tuple a list."""
    if isinstance(value, Ref):
        return {"ref": value.key}
    if isinstance(value, tuple):
        return [value_to_json(one) for one in value]
    return value


def value_from_json(form: Any) -> Value:
    """Return the value of a JSON form.

    :raises ValueError: no value has this form.
    """
    if isinstance(form, list):
        return tuple(_scalar(one) for one in form)
    return _scalar(form)


def attributes_to_json(attributes: Mapping[str, Value]) -> Json:
    """Return attributes with their values' JSON forms."""
    return {name: value_to_json(value) for name, value in attributes.items()}


def attributes_from_json(form: Json) -> dict[str, Value]:
    """Return attributes of a JSON form.

    :raises ValueError: a value has none of the known forms.
    """
    return {name: value_from_json(value) for name, value in form.items()}


def resource_to_json(resource: Resource) -> Json:
    """Return a resource's JSON form; its kind is told by its key."""
    form: Json = {
        "key": resource.key,
        "bureau": resource.bureau,
        "attributes": attributes_to_json(resource.attributes),
    }
    more = {"reason": resource.reason, "id": resource.id, "owned": resource.owned}
    return form | {name: value for name, value in more.items() if value}


def resource_from_json(form: Json) -> Resource:
    """Return the resource of a JSON form.

    :raises KeyError: a field is missing.
    :raises ValueError: the key names no kind, or a value has no known form.
    """
    key = Key(form["key"])
    return Resource(
        kind=Kind(key.partition(":")[0]),
        key=key,
        bureau=form["bureau"],
        attributes=attributes_from_json(form["attributes"]),
        reason=form.get("reason", ""),
        id=form.get("id", ""),
        owned=form.get("owned", False),
    )


def state_digest(*states: State, also: Iterable[Json] = ()) -> str:
    """Return the SHA-256 of states, the order of their keys aside, in hexadecimal.

    The reasons are left out: they are words for people.

    :param also: JSON forms of what else the digest covers.
    """
    digest = hashlib.sha256()
    for state in states:
        for key in sorted(state):
            one = state[key]
            form = [key, attributes_to_json(one.attributes), one.id, one.owned]
            digest.update(_canonical(form))
        digest.update(b"\n")
    for more in also:
        digest.update(_canonical(more))
    return digest.hexdigest()


def in_words(attributes: Mapping[str, Value], called: Callable[[str], str] = str) -> str:
    """Return attributes as one line of text, such as ``role=admin subject=user:x``.

    :param called: returns what an attribute is called.
    """
    return " ".join(f"{called(name)}={value_text(attributes[name])}" for name in sorted(attributes))


def value_text(value: Value) -> str:
    """Return a value as people read it: references by key, sets with commas."""
    if isinstance(value, Ref):
        return value.key
    if isinstance(value, tuple):
        return ",".join(value_text(one) for one in value)
    return str(value)


def _scalar(form: Any) -> str | int | bool | Ref | None:
    if isinstance(form, dict) and list(form) == ["ref"] and isinstance(form["ref"], str):
        return Ref(Key(form["ref"]))
    if form is None or isinstance(form, (str, int)):
        return form
    raise ValueError(f"no attribute can be {json.dumps(form)}")


def _canonical(form: Any) -> bytes:
    return json.dumps(form, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
