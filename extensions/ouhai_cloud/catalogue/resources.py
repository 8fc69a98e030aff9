"""The resources of a template: those that it names, and those that its groups are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ouhai_cloud.catalogue.yaml_lines import Path

GROUP = "OS::Heat::ResourceGroup"

Resource = Mapping[str, Any]


def each(template: Mapping[str, Any]) -> Iterator[tuple[Path, Resource]]:
    """Yield every resource with its path; after a group what that is a group of."""
    for name, one in template["resources"].items():
        yield from within(one, ("resources", name))


def within(one: Resource, path: Path) -> Iterator[tuple[Path, Resource]]:
    """Yield a resource and what it is a group of, however deep."""
    yield path, one
    if one.get("type") == GROUP and isinstance(properties(one), Mapping):
        definition = properties(one).get("resource_def")
        if isinstance(definition, Mapping):
            yield from within(definition, (*path, "properties", "resource_def"))


def properties(one: Resource) -> Any:
    """Return the properties of a resource, a mapping in what ``lint`` has checked."""
    return one.get("properties", {})


def types(one: Resource) -> list[str]:
    """Return the type of a resource, and of those that it is a group of."""
    return [str(inner.get("type")) for _, inner in within(one, ())]


def walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield every plain value with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from walk(item, (*path, number))
    else:
        yield path, value
