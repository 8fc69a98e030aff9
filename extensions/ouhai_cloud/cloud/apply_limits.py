"""Unified limits and the quotas of Cinder and Neutron, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.marks import mark
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.tenancy.resources import Key, Resource


def add_limits(site: Site, wanted: Sequence[Resource]) -> Mapping[Key, str]:
    """Make limits by one request; return their ids."""
    bodies = {one.key: _limit(site, one) for one in wanted}
    try:
        limits = list(bodies.values())
        answer = site.api.post("identity", "/limits", {"limits": limits}, again=True)
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return _add_missing(site, bodies)
    return _match(bodies, answer["limits"])


def change_limit(site: Site, wanted: Resource) -> str:
    """Set a limit."""
    body = {"limit": {"resource_limit": wanted.attributes["limit"]}}
    site.api.patch("identity", f"/limits/{wanted.id}", body)
    return wanted.id


def remove_limit(site: Site, gone: Resource) -> str:
    """Remove a limit; the registered one holds again."""
    site.api.delete("identity", f"/limits/{gone.id}")
    return ""


def set_volume_quota(site: Site, wanted: Resource) -> str:
    """Set Cinder's quotas that are given; return the project's id, which is that of its quotas."""
    id_ = _project_id(site, wanted)
    site.api.put("block_storage", f"/os-quota-sets/{id_}", {"quota_set": _numbers(wanted)})
    return id_


def remove_volume_quota(site: Site, gone: Resource) -> str:
    """Let Cinder's defaults hold again."""
    site.api.delete("block_storage", f"/os-quota-sets/{gone.id}")
    return ""


def set_network_quota(site: Site, wanted: Resource) -> str:
    """Set Neutron's quotas that are given; a first setting need not be compared with use."""
    id_ = _project_id(site, wanted)
    force = {} if wanted.id else {"force": True}
    site.api.put("network", f"/quotas/{id_}", {"quota": {**_numbers(wanted), **force}})
    if force and not wanted.attributes["network"]:
        # The quota of who works nowhere has room for Neutron's default group alone. Neutron makes
        # that at the first look, and two looks at once are beyond the quota: so we look first.
        site.api.list("network", "/security-groups", project_id=id_, fields=["id"])
    return id_


def remove_network_quota(site: Site, gone: Resource) -> str:
    """Let Neutron's defaults hold again."""
    site.api.delete("network", f"/quotas/{gone.id}")
    return ""


def _limit(site: Site, wanted: Resource) -> Json:
    attributes = wanted.attributes
    return {
        "service_id": site.service(str(attributes["service"])),
        "region_id": site.api.region,
        "project_id": site.id_of(attributes["project"]),
        "resource_name": attributes["resource"],
        "resource_limit": attributes["limit"],
        "description": mark(wanted.key),
    }


def _add_missing(site: Site, bodies: Mapping[Key, Json]) -> Mapping[Key, str]:
    """Make those limits that are not there yet, and set those that are."""
    found = site.api.list("identity", "/limits", system=True)
    there = _match(bodies, found)
    values = {one["id"]: one["resource_limit"] for one in found}
    for key, id_ in there.items():
        limit = bodies[key]["resource_limit"]
        if values[id_] != limit:
            site.api.patch("identity", f"/limits/{id_}", {"limit": {"resource_limit": limit}})
    missing = {key: body for key, body in bodies.items() if key not in there}
    if not missing:
        return there
    answer = site.api.post("identity", "/limits", {"limits": list(missing.values())})
    return {**there, **_match(missing, answer["limits"])}


def _match(bodies: Mapping[Key, Json], limits: Sequence[Json]) -> dict[Key, str]:
    """Return the ids of limits by key, told by what each is a limit of."""
    ids = {_what(one): str(one["id"]) for one in limits}
    return {key: ids[_what(body)] for key, body in bodies.items() if _what(body) in ids}


def _what(limit: Json) -> tuple[str, ...]:
    names = ("service_id", "region_id", "project_id", "resource_name")
    return tuple(limit[name] or "" for name in names)


def _project_id(site: Site, wanted: Resource) -> str:
    return wanted.id or site.id_of(wanted.attributes["project"])


def _numbers(wanted: Resource) -> Json:
    return {name: value for name, value in wanted.attributes.items() if name != "project"}
