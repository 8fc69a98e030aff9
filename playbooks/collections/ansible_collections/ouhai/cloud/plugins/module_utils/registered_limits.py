"""Keystone's registered limits: what a project may use that has no limit of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def missing_limits(
    present: Iterable[Any],
    wanted: Mapping[str, Mapping[str, int]],
    service_ids: Mapping[str, str],
    region: str,
) -> list[dict[str, Any]]:
    """Return the limits to create, in the form of Keystone's API.

    :param present: registered limits that there are.
    :param wanted: for each service the limits by resource.
    :param service_ids: the services' ids by name; one that is missing does not exist yet.
    """
    known = _by_resource(present, region)
    return [
        {
            "service_id": service_ids.get(name),
            "region_id": region,
            "resource_name": resource,
            "default_limit": value,
        }
        for name, resource, value in _flat(wanted)
        if (service_ids.get(name), resource) not in known
    ]


def differing_limits(
    present: Iterable[Any],
    wanted: Mapping[str, Mapping[str, int]],
    service_ids: Mapping[str, str],
    region: str,
) -> list[tuple[Any, int]]:
    """Return the limits whose value is another than the wanted one, and that.

    Limits that nobody asks for are left alone: projects may have limits of their own under them.
    """
    known = _by_resource(present, region)
    found = [(known.get((service_ids.get(name), res)), value) for name, res, value in _flat(wanted)]
    return [(limit, value) for limit, value in found if limit and limit.default_limit != value]


def _by_resource(present: Iterable[Any], region: str) -> dict[tuple[str | None, str], Any]:
    return {
        (limit.service_id, limit.resource_name): limit
        for limit in present
        if limit.region_id == region
    }


def _flat(wanted: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str, int]]:
    for name, limits in wanted.items():
        for resource, value in limits.items():
            yield name, resource, value
