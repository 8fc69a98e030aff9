"""Address scope, pools, networks, subnets, routers, interfaces and shares, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.creating import create_marked
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.listing import list_interfaces
from ouhai_cloud.cloud.marks import mark
from ouhai_cloud.cloud.site import Site
from ouhai_cloud.tenancy.resources import Key, Kind, Resource, Value, key, place_of

SHORTEST_PREFIX_LENGTH = 28


def add_address_scope(site: Site, wanted: Resource) -> str:
    """Make the address scope, or find it by its name; return its id."""
    name = wanted.attributes["name"]
    own = site.api.own_project_id
    for one in site.api.list("network", "/address-scopes", name=name, project_id=own):
        return str(one["id"])
    body = {"name": name, "ip_version": 4, "shared": False}
    answer = site.api.post("network", "/address-scopes", {"address_scope": body})
    return str(answer["address_scope"]["id"])


def add_subnet_pool(site: Site, wanted: Resource) -> str:
    """Make a bureau's pool of addresses; return its id."""
    body = {
        **_subnet_pool(wanted),
        "name": wanted.attributes["name"],
        "address_scope_id": site.id_of(wanted.attributes["scope"]),
        "default_prefixlen": SHORTEST_PREFIX_LENGTH,
        "description": _description(wanted),
    }
    return _one(site, "/subnetpools", wanted, body)


def add_networks(site: Site, wanted: Sequence[Resource]) -> Mapping[Key, str]:
    """Make networks by one request; return their ids."""
    bodies = {
        one.key: {
            "name": one.attributes["name"],
            "description": _description(one),
            "project_id": site.id_of(one.attributes["project"]),
            "admin_state_up": one.attributes["enabled"],
            "port_security_enabled": one.attributes["port_security"],
        }
        for one in wanted
    }
    return create_marked(site.api, "/networks", bodies, bulk=True)


def add_subnets(site: Site, wanted: Sequence[Resource]) -> Mapping[Key, str]:
    """Make subnets by one request; return their ids."""
    bodies = {
        one.key: {
            **_subnet(one.attributes),
            "ip_version": 4,
            "network_id": site.id_of(one.attributes["network"]),
            "subnetpool_id": site.id_of(one.attributes["pool"]),
            "cidr": one.attributes["cidr"],
            "project_id": site.id_of(key(Kind.PROJECT, place_of(one.key))),
            "description": mark(one.key),
        }
        for one in wanted
    }
    return create_marked(site.api, "/subnets", bodies, bulk=True)


def make_room_for_routers(site: Site) -> None:
    """Let our own project have a router for each bureau; Neutron's default is ten."""
    path = f"/quotas/{site.api.own_project_id}"
    site.api.put("network", path, {"quota": {"router": -1, "force": True}})


def add_router(site: Site, wanted: Resource) -> str:
    """Make a bureau's router to the extranet; return its id."""
    body = {**_router(site, wanted), "description": _description(wanted)}
    return _one(site, "/routers", wanted, body)


def add_interface(site: Site, wanted: Resource) -> str:
    """Attach a subnet to its router; return the id of the port between them."""
    router_id = site.id_of(wanted.attributes["router"])
    subnet_id = site.id_of(wanted.attributes["subnet"])
    path = f"/routers/{router_id}/add_router_interface"
    try:
        return str(site.api.put("network", path, {"subnet_id": subnet_id})["port_id"])
    except Refused:
        for one in list_interfaces(site.api, device_id=router_id):
            if any(address["subnet_id"] == subnet_id for address in one["fixed_ips"]):
                return str(one["id"])
        raise


def remove_interface(site: Site, gone: Resource) -> str:
    """Detach a subnet from a router."""
    router_id = site.id_of(gone.attributes["router"])
    path = f"/routers/{router_id}/remove_router_interface"
    body = {"subnet_id": site.id_of(gone.attributes["subnet"])}
    try:
        site.api.put("network", path, body)
    except Refused as refusal:
        if refusal.status != 404:
            raise
    return ""


def add_share(site: Site, wanted: Resource) -> str:
    """Let another bureau's project attach to a network; return the policy's id."""
    body: Json = {
        "object_type": "network",
        "object_id": site.id_of(wanted.attributes["network"]),
        "action": "access_as_shared",
        "target_tenant": site.id_of(wanted.attributes["project"]),
    }
    try:
        answer = site.api.post("network", "/rbac-policies", {"rbac_policy": body}, again=True)
    except Refused as refusal:
        found = site.api.list("network", "/rbac-policies", **body)
        if refusal.status != 409 or not found:
            raise
        return str(found[0]["id"])
    return str(answer["rbac_policy"]["id"])


def change_subnet_pool(site: Site, wanted: Resource) -> str:
    """Write attributes of a pool; what is there beyond its prefixes is removed."""
    try:
        return _put(site, "/subnetpools", wanted, _subnet_pool(wanted))
    except Refused as refusal:
        # Neutron takes no prefixes that leave out some of those that are there.
        if refusal.status != 400 or "prefixes" not in wanted.attributes:
            raise
        _remove_surplus(site, wanted)
        return _put(site, "/subnetpools", wanted, _subnet_pool(wanted))


def _remove_surplus(site: Site, wanted: Resource) -> None:
    path = f"/subnetpools/{wanted.id}"
    keep = [IPv4Network(str(one)) for one in _listed(wanted.attributes["prefixes"])]
    there = site.api.get("network", path)["subnetpool"]["prefixes"]
    surplus = [one for one in there if not any(IPv4Network(one).subnet_of(each) for each in keep)]
    site.api.put("network", f"{path}/remove_prefixes", {"prefixes": surplus})


def change_network(site: Site, wanted: Resource) -> str:
    """Write attributes of a network."""
    names = {"enabled": "admin_state_up", "port_security": "port_security_enabled"}
    body = {names[name]: wanted.attributes[name] for name in names if name in wanted.attributes}
    return _put(site, "/networks", wanted, body)


def change_subnet(site: Site, wanted: Resource) -> str:
    """Write attributes of a subnet; its addresses never move."""
    return _put(site, "/subnets", wanted, _subnet(wanted.attributes))


def change_router(site: Site, wanted: Resource) -> str:
    """Write attributes of a router."""
    body = _router(site, wanted)
    # Neutron takes none when a router is made.
    if "routes" in wanted.attributes:
        body["routes"] = _routes(wanted.attributes["routes"])
    return _put(site, "/routers", wanted, body)


def change_address_scope(site: Site, wanted: Resource) -> str:
    """Write the name of the address scope."""
    body = {"address_scope": dict(wanted.attributes)}
    site.api.put("network", f"/address-scopes/{wanted.id}", body)
    return wanted.id


def _one(site: Site, path: str, wanted: Resource, body: Json) -> str:
    return create_marked(site.api, path, {wanted.key: body}, bulk=False)[wanted.key]


def _put(site: Site, path: str, wanted: Resource, body: Json) -> str:
    """Write what the kinds have in common, and the kind's own part."""
    noun = path.strip("/").removesuffix("s")
    if "name" in wanted.attributes:
        body["name"] = wanted.attributes["name"]
    if "description" in wanted.attributes:
        body["description"] = _description(wanted)
    site.api.put("network", f"{path}/{wanted.id}", {noun: body})
    return wanted.id


def _description(wanted: Resource) -> str:
    return mark(wanted.key, str(wanted.attributes.get("description") or ""))


def _subnet_pool(wanted: Resource) -> Json:
    prefixes = wanted.attributes.get("prefixes")
    return {"prefixes": _listed(prefixes)} if prefixes is not None else {}


def _subnet(attributes: Mapping[str, Value]) -> Json:
    names = {"name": "name", "gateway": "gateway_ip", "dhcp": "enable_dhcp"}
    body: Json = {names[name]: attributes[name] for name in names if name in attributes}
    if "resolvers" in attributes:
        body["dns_nameservers"] = _listed(attributes["resolvers"])
    if "host_routes" in attributes:
        body["host_routes"] = _routes(attributes["host_routes"])
    return body


def _router(site: Site, wanted: Resource) -> Json:
    """Return a router's attributes; the gateway's two are written together."""
    attributes = wanted.attributes
    body: Json = {}
    if "name" in attributes:
        body["name"] = attributes["name"]
    if "enabled" in attributes:
        body["admin_state_up"] = attributes["enabled"]
    gateway: Json = {}
    if "snat" in attributes:
        gateway["enable_snat"] = attributes["snat"]
    if "external_network" in attributes:
        gateway["network_id"] = site.external_network(str(attributes["external_network"]))
    elif gateway:
        gateway["network_id"] = _gateway_of(site, wanted.id)
    if gateway:
        body["external_gateway_info"] = gateway
    return body


def _gateway_of(site: Site, router_id: str) -> str:
    router = site.api.get("network", f"/routers/{router_id}")["router"]
    return str((router["external_gateway_info"] or {}).get("network_id", ""))


def _routes(value: Value) -> list[Json]:
    parts = (str(one).partition(" via ") for one in _listed(value))
    return [{"destination": destination, "nexthop": nexthop} for destination, _, nexthop in parts]


def _listed(value: Value) -> list[Value]:
    return list(value) if isinstance(value, tuple) else [value]
