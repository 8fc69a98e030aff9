"""Security groups and their rules, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.creating import create_marked
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.marks import mark
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, key, place_of


def add_security_groups(site: Site, wanted: Sequence[Resource]) -> Mapping[Key, str]:
    """Make security groups by one request; return their ids."""
    bodies = {
        one.key: {
            "name": one.attributes["name"],
            "description": mark(one.key, str(one.attributes.get("description") or "")),
            "project_id": site.id_of(one.attributes["project"]),
        }
        for one in wanted
    }
    return create_marked(site.api, "/security-groups", bodies, bulk=True)


def change_security_group(site: Site, wanted: Resource) -> str:
    """Write name or description of a security group."""
    body = {name: wanted.attributes[name] for name in ("name",) if name in wanted.attributes}
    if "description" in wanted.attributes:
        body["description"] = mark(wanted.key, str(wanted.attributes["description"]))
    site.api.put("network", f"/security-groups/{wanted.id}", {"security_group": body})
    return wanted.id


def add_rules(site: Site, wanted: Sequence[Resource]) -> Mapping[Key, str]:
    """Make rules of one group by one request; return their ids."""
    bodies = {one.key: _rule(site, one) for one in wanted}
    try:
        return create_marked(site.api, "/security-group-rules", bodies, bulk=True)
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return {key_: _add_or_find(site, key_, body) for key_, body in bodies.items()}


def by_group(rules: Sequence[Resource]) -> list[list[Resource]]:
    """Return rules by group, since Neutron takes those of one group in a request."""
    groups: dict[str, list[Resource]] = {}
    for one in rules:
        groups.setdefault(str(one.attributes["group"]), []).append(one)
    return list(groups.values())


def _add_or_find(site: Site, rule: Key, body: Json) -> str:
    """Make a rule, or return the id of the same rule, which somebody else made before."""
    search = {name: value for name, value in body.items() if name != "description" and value}
    for one in site.api.list("network", "/security-group-rules", **search):
        return str(one["id"])
    return create_marked(site.api, "/security-group-rules", {rule: body}, bulk=False)[rule]


def _rule(site: Site, wanted: Resource) -> Json:
    attributes = wanted.attributes
    group = attributes["group"]
    place = place_of(group.key) if isinstance(group, Ref) else ""
    first, last = _ports(attributes["port"])
    return {
        "security_group_id": site.id_of(group),
        "project_id": site.id_of(key(Kind.PROJECT, place)),
        "direction": attributes["direction"],
        "ethertype": "IPv6" if ":" in str(attributes["remote"]) else "IPv4",
        "protocol": None if attributes["protocol"] == "*" else attributes["protocol"],
        "port_range_min": first,
        "port_range_max": last,
        "remote_ip_prefix": attributes["remote"],
        "description": mark(wanted.key),
    }


def _ports(port: object) -> tuple[int | None, int | None]:
    """Return first and last port; None for all."""
    if port == "*":
        return None, None
    first, _, last = str(port).partition("-")
    return int(first), int(last or first)
