"""Security groups and their rules as Neutron shows them."""

from __future__ import annotations

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.listing import Listing
from ouhai_cloud.cloud.marks import unmark
from ouhai_cloud.cloud.view import View
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Kind, Ref, place_of
from ouhai_cloud.tenancy.resources import key as key_of

ANYWHERE = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def see_security_groups(listing: Listing, view: View) -> None:
    """Note our security groups; members may have others of their own, which are theirs."""
    for one in view.in_order(Kind.SECURITY_GROUP, listing.security_groups):
        description, marked = unmark(one["description"])
        project = view.key_of(Kind.PROJECT, one["project_id"])
        if project is None:
            continue
        kind = Kind.SECURITY_GROUP
        ours = marked if marked == key_of(kind, place_of(project)) else None
        recorded = view.recorded(kind, one["id"])
        key = view.pick(
            kind, one["id"], recorded, ours, view.named(kind, one["name"], Ref(project))
        )
        attributes = {"name": one["name"], "description": description, "project": Ref(project)}
        view.note_marked(key, one["id"], attributes, ours)


def see_rules(listing: Listing, view: View) -> None:
    """Note what our groups let in; what they let out is Neutron's default, which is everything."""
    for one in listing.security_group_rules:
        group = view.key_of(Kind.SECURITY_GROUP, one["security_group_id"])
        if group is None or place_of(group).startswith("?"):
            continue
        protocol, port, remote = one["protocol"] or "*", _ports(one), _remote(one)
        key = keys.rule(group, one["direction"], protocol, port, remote)
        attributes = {
            "group": Ref(group),
            "direction": one["direction"],
            "protocol": protocol,
            "port": port,
            "remote": remote,
        }
        owned = unmark(one.get("description"))[1] == key
        view.note(key, one["id"], attributes, owned=owned)


def _ports(rule: Json) -> str | int:
    first, last = rule["port_range_min"], rule["port_range_max"]
    if first is None:
        return "*"
    return int(first) if first == last else f"{first}-{last}"


def _remote(rule: Json) -> str:
    if rule["remote_group_id"]:
        return f"group:{rule['remote_group_id']}"
    if rule.get("remote_address_group_id"):
        return f"address-group:{rule['remote_address_group_id']}"
    return str(rule["remote_ip_prefix"] or ANYWHERE[rule["ethertype"]])
