"""The aggregate of hosts for security class 3, written."""

from __future__ import annotations

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.compute import FILTER, metadata_name
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.tenancy.resources import Ref, Resource


def add_aggregate(site: Site, wanted: Resource) -> str:
    """Make the aggregate, or find it by its name, and write it; return its id."""
    name = wanted.attributes["name"]
    try:
        answer = site.api.post(
            "compute", "/os-aggregates", {"aggregate": {"name": name}}, again=True
        )
        found = answer["aggregate"]
    except Refused as refusal:
        if refusal.status != 409:
            raise
        found = _by_name(site, str(name))
    return _write(site, found, wanted)


def change_aggregate(site: Site, wanted: Resource) -> str:
    """Write the aggregate's projects and hosts."""
    found = site.api.get("compute", f"/os-aggregates/{wanted.id}")["aggregate"]
    return _write(site, found, wanted)


def remove_aggregate(site: Site, gone: Resource) -> str:
    """Remove the aggregate, after its hosts."""
    found = site.api.get("compute", f"/os-aggregates/{gone.id}")["aggregate"]
    _set_hosts(site, gone.id, set(found["hosts"]), set())
    site.api.delete("compute", f"/os-aggregates/{gone.id}")
    return ""


def _write(site: Site, found: Json, wanted: Resource) -> str:
    id_ = str(found["id"])
    if "projects" in wanted.attributes:
        projects = _several(wanted.attributes["projects"])
        names = {
            metadata_name(one.key): site.id_of(one) for one in projects if isinstance(one, Ref)
        }
        old = (name for name in found.get("metadata", {}) if name.startswith(FILTER))
        metadata = {name: None for name in old if name not in names} | names
        _act(site, id_, {"set_metadata": {"metadata": metadata}})
    if "hosts" in wanted.attributes:
        hosts = {str(one) for one in _several(wanted.attributes["hosts"])}
        _set_hosts(site, id_, set(found.get("hosts", ())), hosts)
    return id_


def _set_hosts(site: Site, id_: str, there: set[str], wanted: set[str]) -> None:
    for host in sorted(wanted - there):
        _act(site, id_, {"add_host": {"host": host}})
    for host in sorted(there - wanted):
        _act(site, id_, {"remove_host": {"host": host}})


def _act(site: Site, id_: str, action: Json) -> None:
    site.api.post("compute", f"/os-aggregates/{id_}/action", action, again=True)


def _by_name(site: Site, name: str) -> Json:
    for one in site.api.list("compute", "/os-aggregates", collection="aggregates"):
        if one["name"] == name:
            return one
    raise Refused(f"Making aggregate {name}", 409, "it exists, yet is not listed")


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
