"""What Neutron lets through."""

from __future__ import annotations

from ipaddress import ip_network

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.exposure.model import (
    AddressGroup,
    FloatingAddress,
    Net,
    Port,
    Router,
    Rule,
    SecurityGroup,
    Share,
    Subnet,
)


def networks(api: Api) -> tuple[Net, ...]:
    """Return all networks."""
    return tuple(
        Net(
            row["id"],
            row["name"],
            row["project_id"],
            bool(row["shared"]),
            bool(row.get("router:external")),
            bool(row.get("port_security_enabled", True)),
        )
        for row in api.list("network", "/networks", collection="networks")
    )


def shares(api: Api) -> tuple[Share, ...]:
    """Return all entries of RBAC."""
    return tuple(
        Share(
            row["id"],
            row["object_type"],
            row["object_id"],
            row["action"],
            row["project_id"],
            row.get("target_tenant") or row.get("target_project") or "",
        )
        for row in api.list("network", "/rbac-policies", collection="rbac_policies")
    )


def subnets(api: Api) -> tuple[Subnet, ...]:
    """Return all subnets."""
    return tuple(
        Subnet(
            row["id"], row["name"], row["network_id"], row["project_id"], ip_network(row["cidr"])
        )
        for row in api.list("network", "/subnets", collection="subnets")
    )


def routers(api: Api) -> tuple[Router, ...]:
    """Return all routers."""
    return tuple(
        Router(
            row["id"],
            row["name"],
            row["project_id"],
            (row.get("external_gateway_info") or {}).get("network_id") or "",
            tuple((route["destination"], route["nexthop"]) for route in row.get("routes") or ()),
        )
        for row in api.list("network", "/routers", collection="routers")
    )


def ports(api: Api) -> tuple[Port, ...]:
    """Return all ports."""
    return tuple(map(_port, api.list("network", "/ports", collection="ports")))


def _port(row: Json) -> Port:
    return Port(
        id=row["id"],
        name=row["name"],
        network_id=row["network_id"],
        project_id=row["project_id"],
        device_owner=row["device_owner"],
        device_id=row["device_id"],
        fixed=tuple((one["subnet_id"], one["ip_address"]) for one in row["fixed_ips"]),
        security_groups=tuple(row.get("security_groups") or ()),
        port_security=bool(row.get("port_security_enabled", True)),
        pairs=tuple(
            ip_network(one["ip_address"], strict=False)
            for one in row.get("allowed_address_pairs") or ()
        ),
        host=row.get("binding:host_id") or "",
    )


def floating(api: Api) -> tuple[FloatingAddress, ...]:
    """Return all floating addresses."""
    return tuple(
        FloatingAddress(
            row["id"], row["floating_ip_address"], row["project_id"], row.get("port_id") or ""
        )
        for row in api.list("network", "/floatingips", collection="floatingips")
    )


def groups(api: Api) -> tuple[SecurityGroup, ...]:
    """Return all security groups."""
    rows = api.list("network", "/security-groups", fields=["id", "name", "project_id"])
    return tuple(SecurityGroup(row["id"], row["name"], row["project_id"]) for row in rows)


def address_groups(api: Api) -> tuple[AddressGroup, ...]:
    """Return all groups of addresses that rules can name."""
    return tuple(
        AddressGroup(row["id"], tuple(ip_network(one, strict=False) for one in row["addresses"]))
        for row in api.list("network", "/address-groups", collection="address_groups")
    )


def rules(api: Api) -> tuple[Rule, ...]:
    """Return all rules, by their groups: for a list of rules Neutron takes ten times as long."""
    groups_ = api.list("network", "/security-groups", fields=["security_group_rules"])
    return tuple(_rule(rule) for group in groups_ for rule in group["security_group_rules"])


def _rule(row: Json) -> Rule:
    first, last = row.get("port_range_min"), row.get("port_range_max")
    prefix = row.get("remote_ip_prefix")
    return Rule(
        id=row["id"],
        group_id=row["security_group_id"],
        direction=row["direction"],
        protocol=str(row.get("protocol") or ""),
        ports=None if first is None or last is None else (int(first), int(last)),
        remote=ip_network(prefix, strict=False) if prefix else None,
        remote_group_id=row.get("remote_group_id") or "",
        remote_address_group_id=row.get("remote_address_group_id") or "",
    )
