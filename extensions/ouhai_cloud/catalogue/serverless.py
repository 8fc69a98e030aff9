"""A template without its servers: what keeps data, addresses and secrets while servers change.

Between two versions a copy has no servers. Otherwise Heat would attach a data volume to the new
server while the old one still holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ouhai_cloud.cloud.stacks import SERVER

NESTED = "nested/"
"""How the type of a nested template of an application begins; each of them makes servers."""
REFERENCES = ("get_resource", "get_attr")


def without_servers(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template without its servers, what depends on them, and outputs that tell of those.

    Parameters stay, with whatever values they have.

    :param template: a Heat template, which stays as it is.
    """
    gone = dependents(template)
    kept = {
        # Heat checks values that have not changed, too, and a server's flavor may be gone by now.
        "parameters": {
            name: {word: part for word, part in one.items() if word != "constraints"}
            for name, one in template["parameters"].items()
        },
        "resources": {name: one for name, one in template["resources"].items() if name not in gone},
        "outputs": {
            name: one
            for name, one in template.get("outputs", {}).items()
            if not gone.intersection(references(one))
        },
    }
    return {**template, **kept}


def dependents(template: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of servers, and of all that depends on one, directly or not."""
    resources: Mapping[str, Any] = template["resources"]
    gone: set[str] = {name for name, one in resources.items() if _makes_servers(one)}
    found = set(gone)
    while found:
        found = {
            name
            for name, one in resources.items()
            if name not in gone and gone.intersection(references(one))
        }
        gone |= found
    return frozenset(gone)


def references(part: Any) -> Iterator[str]:
    """Yield the names of the resources that a part of a template refers to."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key in REFERENCES:
                yield str(value[0] if isinstance(value, list) else value)
            elif key == "depends_on":
                yield from map(str, value if isinstance(value, list) else [value])
            yield from references(value)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)


def _makes_servers(part: Any) -> bool:
    """Tell whether a resource is a server, has some in it, or is a group of such."""
    if isinstance(part, Mapping):
        kind = str(part.get("type", ""))
        own = kind == SERVER or kind.startswith(NESTED)
        return own or any(map(_makes_servers, part.values()))
    return isinstance(part, list) and any(map(_makes_servers, part))
