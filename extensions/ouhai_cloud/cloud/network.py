"""Address scope, pools, networks, subnets, routers and their interfaces as Neutron shows them."""

from __future__ import annotations

from collections.abc import Sequence

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.cloud.marks import unmark
from ouhai_cloud.cloud.view import View
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Value, place_of


def see_pools(listing: Listing, view: View) -> None:
    """Note the address scope and the subnet pools."""
    for one in view.in_order(Kind.ADDRESS_SCOPE, listing.address_scopes):
        known = view.recorded(Kind.ADDRESS_SCOPE, one["id"])
        # A scope has no description to mark; the name says whose it is, unless a bureau took it.
        named = one["name"] == keys.DISTRICT and not _in_bureau(view, one)
        ours = keys.address_scope() if named else None
        key = view.pick(Kind.ADDRESS_SCOPE, one["id"], known, ours)
        view.note_marked(key, one["id"], {"name": one["name"]}, ours)
    for one in view.in_order(Kind.SUBNET_POOL, listing.subnet_pools):
        description, marked = unmark(one["description"])
        attributes = {
            "name": one["name"],
            "description": description,
            "scope": view.ref(Kind.ADDRESS_SCOPE, one["address_scope_id"]),
            "prefixes": tuple(sorted(one["prefixes"])),
        }
        _note_marked(view, Kind.SUBNET_POOL, one, attributes, marked)


def see_networks(listing: Listing, view: View) -> None:
    """Note the networks in our projects."""
    for one in view.in_order(Kind.NETWORK, listing.networks):
        description, marked = unmark(one["description"])
        project = view.key_of(Kind.PROJECT, one["project_id"])
        if project is None:
            continue
        attributes = {
            "name": one["name"],
            "description": description,
            "project": Ref(project),
            "enabled": one["admin_state_up"],
            "port_security": one.get("port_security_enabled", True),
        }
        _note_marked(view, Kind.NETWORK, one, attributes, marked, Ref(project))


def see_subnets(listing: Listing, view: View) -> None:
    """Note the subnets of our networks."""
    for one in view.in_order(Kind.SUBNET, listing.subnets):
        network = view.key_of(Kind.NETWORK, one["network_id"])
        if network is None:
            continue
        attributes = {
            "name": one["name"],
            "network": Ref(network),
            "pool": view.ref(Kind.SUBNET_POOL, one["subnetpool_id"]),
            "cidr": one["cidr"],
            "gateway": one["gateway_ip"],
            "resolvers": tuple(one["dns_nameservers"]),
            "dhcp": one["enable_dhcp"],
            "host_routes": _routes(one["host_routes"]),
        }
        _note_marked(
            view, Kind.SUBNET, one, attributes, unmark(one["description"])[1], Ref(network)
        )


def see_routers(listing: Listing, view: View) -> None:
    """Note our routers, and those whose names are in the way."""
    names = {one["id"]: one["name"] for one in listing.networks}
    for one in view.in_order(Kind.ROUTER, listing.routers):
        description, marked = unmark(one["description"])
        gateway = one["external_gateway_info"] or {}
        attributes = {
            "name": one["name"],
            "description": description,
            "external_network": names.get(gateway.get("network_id", ""), ""),
            "snat": bool(gateway.get("enable_snat", False)),
            "enabled": one["admin_state_up"],
            "routes": _routes(one["routes"]),
        }
        _note_marked(view, Kind.ROUTER, one, attributes, marked)


def see_interfaces(listing: Listing, view: View) -> None:
    """Note what is attached to our routers, and our subnets attached to any router."""
    for one in listing.interfaces:
        router = view.ref(Kind.ROUTER, one["device_id"])
        for address in one["fixed_ips"]:
            subnet = view.ref(Kind.SUBNET, address["subnet_id"])
            if router and subnet and (_known(view, router) or _known(view, subnet)):
                key = keys.interface(router.key, subnet.key)
                view.note(key, one["id"], {"router": router, "subnet": subnet})


def see_shares(listing: Listing, view: View) -> None:
    """Note to whom our networks are shared."""
    for one in listing.shares:
        network = view.key_of(Kind.NETWORK, one["object_id"])
        if network is None or one["action"] not in ("access_as_shared", "access_as_external"):
            continue
        consumer = view.key_of(Kind.PROJECT, one["target_tenant"])
        place = place_of(consumer) if consumer else one["target_tenant"]
        project = Ref(consumer) if consumer else view.ref(Kind.PROJECT, one["target_tenant"])
        attributes: dict[str, Value] = {"network": Ref(network), "project": project}
        if one["action"] == "access_as_external":
            # No agreement asks for this; under a key of its own it hides none that one asks for.
            place, attributes["action"] = f"{place}/external", one["action"]
        view.note(keys.share(network, place), one["id"], attributes)


def _routes(rows: Sequence[Json]) -> tuple[str, ...]:
    return tuple(sorted(f"{one['destination']} via {one['nexthop']}" for one in rows))


def _known(view: View, ref: Ref) -> bool:
    """Tell whether something is ours or in one of our projects."""
    return ref.key in view.found and not place_of(ref.key).startswith("?")


def _note_marked(
    view: View,
    kind: Kind,
    one: Json,
    attributes: dict[str, Value],
    marked: Key | None,
    within: Ref | None = None,
) -> None:
    """Note an object under its recorded, marked or wished-for key.

    A mark counts only where it belongs: a member may copy one onto an object of their own.
    """
    recorded = view.recorded(kind, one["id"])
    belongs = _fits(marked, within) if within else not _in_bureau(view, one)
    genuine = marked if marked and marked.startswith(f"{kind}:") and belongs else None
    named = view.named(kind, one["name"], within)
    key = view.pick(kind, one["id"], recorded, genuine, named)
    view.note_marked(key, one["id"], attributes, genuine)


def _fits(marked: Key | None, within: Ref) -> bool:
    """Tell whether a mark names the project or network that the object lies in."""
    return marked is not None and place_of(within.key) == place_of(marked)


def _in_bureau(view: View, one: Json) -> bool:
    """Tell whether something that only the centre makes lies in a bureau's project."""
    return view.key_of(Kind.PROJECT, one["project_id"]) is not None
