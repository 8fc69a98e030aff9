"""Everything that tenancy looks at, listed in bulk and at once, as the services say it.

A list a kind, whatever the number of bureaus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address
from typing import Any

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.marks import TAG
from ouhai_cloud.cloud.threads import together
from ouhai_cloud.cloud.volume_quotas import volume_quotas

# What a look at an object needs; the rest would be most of the traffic.
FIELDS = {
    "address-scopes": "id name project_id",
    "subnetpools": "id name description prefixes address_scope_id project_id",
    "networks": "id name description project_id admin_state_up port_security_enabled "
    "router:external",
    "subnets": "id name description network_id subnetpool_id cidr gateway_ip dns_nameservers "
    "allocation_pools enable_dhcp host_routes project_id",
    "routers": "id name description external_gateway_info admin_state_up routes project_id",
    # With their rules: for a list of rules Neutron takes ten times as long.
    "security-groups": "id name description project_id security_group_rules",
}
ROUTER_INTERFACE = "network:router_interface"


@dataclass(frozen=True)
class Listing:
    """Raw answers of the services. ``volume_quotas`` are by project."""

    domains: list[Json] = field(default_factory=list)
    projects: list[Json] = field(default_factory=list)
    roles: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    role_assignments: list[Json] = field(default_factory=list)
    services: list[Json] = field(default_factory=list)
    limits: list[Json] = field(default_factory=list)
    volume_quotas: dict[str, Json] = field(default_factory=dict)
    network_quotas: list[Json] = field(default_factory=list)
    address_scopes: list[Json] = field(default_factory=list)
    subnet_pools: list[Json] = field(default_factory=list)
    networks: list[Json] = field(default_factory=list)
    subnets: list[Json] = field(default_factory=list)
    routers: list[Json] = field(default_factory=list)
    interfaces: list[Json] = field(default_factory=list)
    security_groups: list[Json] = field(default_factory=list)
    security_group_rules: list[Json] = field(default_factory=list)
    shares: list[Json] = field(default_factory=list)
    aggregates: list[Json] = field(default_factory=list)
    directory_domain_id: str = ""

    def pool_size(self, network: str) -> int:
        """Return how many IPv4 addresses an external network gives out."""
        ids = {
            one["id"]
            for one in self.networks
            if one["name"] == network and one.get("router:external")
        }
        pools = (
            (IPv4Address(pool["start"]), IPv4Address(pool["end"]))
            for one in self.subnets
            if one["network_id"] in ids and ":" not in one["cidr"]
            for pool in one["allocation_pools"]
        )
        return sum(int(end) - int(start) + 1 for start, end in pools)


def list_all(api: Api, directory_domain: str) -> Listing:
    """List everything.

    :param directory_domain: name of the domain whose groups are the directory's.
    :raises CloudUnreachable: a service does not answer.
    :raises Refused: we lack a right.
    """
    api.warm("identity", "network", "block_storage", "compute")
    jobs = {"people": lambda: _domains_and_groups(api, directory_domain)}
    jobs["projects"] = lambda: _projects_and_quotas(api)
    for name, ask in (_identity_lists(api) | _network_lists(api)).items():
        jobs[name] = partial(_part, name, ask)
    parts: Json = {}
    for part in together(jobs).values():
        parts |= part
    return Listing(**parts, security_group_rules=_ingress(parts["security_groups"]))


def _part(name: str, ask: Callable[[], list[Json]]) -> Json:
    return {name: ask()}


def _ingress(groups: list[Json]) -> list[Json]:
    """Return what groups let in; most of their rules are Neutron's own, of what they let out."""
    rules = (rule for group in groups for rule in group["security_group_rules"])
    return [rule for rule in rules if rule["direction"] == "ingress"]


def _identity_lists(api: Api) -> dict[str, Callable[[], list[Json]]]:
    return {
        "roles": lambda: api.list("identity", "/roles"),
        "role_assignments": lambda: api.list("identity", "/role_assignments"),
        "services": lambda: api.list("identity", "/services"),
        # A token for a project would list that project's limits only.
        "limits": lambda: api.list("identity", "/limits", system=True),
        "aggregates": lambda: api.list("compute", "/os-aggregates", collection="aggregates"),
    }


def _network_lists(api: Api) -> dict[str, Callable[[], list[Json]]]:
    def of(path: str, **search: Any) -> Callable[[], list[Json]]:
        fields = FIELDS.get(path, "").split()
        return lambda: api.list("network", f"/{path}", fields=fields or None, **search)

    return {
        "network_quotas": of("quotas"),
        "address_scopes": of("address-scopes"),
        "subnet_pools": of("subnetpools"),
        "networks": of("networks"),
        "subnets": of("subnets"),
        "routers": of("routers"),
        "interfaces": partial(list_interfaces, api),
        "security_groups": of("security-groups"),
        "shares": lambda: api.list("network", "/rbac-policies", object_type="network"),
    }


def list_interfaces(api: Api, **search: Any) -> list[Json]:
    """List the ports by which routers are attached to subnets."""
    fields = ["id", "device_id", "fixed_ips", "status"]
    return api.list("network", "/ports", device_owner=ROUTER_INTERFACE, fields=fields, **search)


def _domains_and_groups(api: Api, directory_domain: str) -> Json:
    domains = api.list("identity", "/projects", is_domain="true")
    found = [one["id"] for one in domains if one["name"] == directory_domain]
    groups = api.list("identity", "/groups", domain_id=found[0]) if found else []
    return {
        "domains": domains,
        "groups": groups,
        "directory_domain_id": found[0] if found else "",
    }


def _projects_and_quotas(api: Api) -> Json:
    projects = api.list("identity", "/projects")
    ours = [one["id"] for one in projects if TAG in one.get("tags", ())]
    return {"projects": projects, "volume_quotas": volume_quotas(api, ours)}
