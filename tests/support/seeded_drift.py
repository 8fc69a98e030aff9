"""Things that somebody may do to the cloud past the register, each with what must be named."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from ouhai_cloud.cloud.api import Api, Service
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.register.model import Bureau, Register, System
from ouhai_cloud.tenancy.resources import Kind

Named = tuple[str, str]
"""Kind of drift and key, as the command prints them."""

DIRECTORY = "district"
NOTE = "changed by hand"


class Seeding:
    """Changes the cloud as its administrator; the stack puts back what a failing test leaves."""

    def __init__(self, api: Api, register: Register, undo: ExitStack) -> None:
        self.api = api
        self.undo = undo
        units = [one for one in register.bureaus if one.parent is None and one.kind == "bureau"]
        self.a, self.b = units[:2]
        self.domains = {row["name"]: row["id"] for row in api.list("identity", "/domains")}

    def project_id(self, unit: Bureau, system: System) -> str:
        """Return the id of a system's project."""
        rows = self.api.list("identity", "/projects", domain_id=self.domains[unit.short])
        return str(next(row["id"] for row in rows if row["name"] == system.name))

    def of(self, path: str, **query: Any) -> dict[str, Any]:
        """Return the one object of Neutron's that fits."""
        (row,) = self.api.list("network", path, **query)
        return dict(row)

    def network(self, unit: Bureau, system: System) -> dict[str, Any]:
        """Return a system's network."""
        return self.of("/networks", name=f"{unit.short}-{system.code}")

    def put(self, service: Service, path: str, body: dict[str, Any], back: Any) -> None:
        """Change something, and change it back at the end."""
        self.api.put(service, path, body)
        self.undo.callback(self.api.put, service, path, back)


def _raised_network_quota(seeding: Seeding) -> Named:
    system = seeding.a.systems[0]
    path = f"/quotas/{seeding.project_id(seeding.a, system)}"
    was = seeding.api.get("network", path)["quota"]["floatingip"]
    seeding.put("network", path, {"quota": {"floatingip": was + 7}}, {"quota": {"floatingip": was}})
    return "changed", keys.network_quota(keys.project(seeding.a.code, system.code))


def _raised_volume_quota(seeding: Seeding) -> Named:
    system = seeding.a.systems[0]
    path = f"/os-quota-sets/{seeding.project_id(seeding.a, system)}"
    was = seeding.api.get("block_storage", path)["quota_set"]["gigabytes"]
    bodies = ({"quota_set": {"gigabytes": value}} for value in (was + 500, was))
    seeding.put("block_storage", path, *bodies)
    return "changed", keys.volume_quota(keys.project(seeding.a.code, system.code))


def _raised_limit(seeding: Seeding) -> Named:
    system = seeding.b.systems[0]
    project = seeding.project_id(seeding.b, system)
    limit = next(
        row
        for row in seeding.api.list("identity", "/limits", system=True)
        if (row["project_id"], row["resource_name"]) == (project, "class:VCPU")
    )
    path, was = f"/limits/{limit['id']}", limit["resource_limit"]
    seeding.api.patch("identity", path, {"limit": {"resource_limit": was + 100}})
    seeding.undo.callback(seeding.api.patch, "identity", path, {"limit": {"resource_limit": was}})
    return "changed", keys.limit(keys.project(seeding.b.code, system.code), "compute", "class:VCPU")


def _disabled_router(seeding: Seeding) -> Named:
    path = f"/routers/{seeding.of('/routers', name=seeding.b.short)['id']}"
    bodies = ({"router": {"admin_state_up": value}} for value in (False, True))
    seeding.put("network", path, *bodies)
    return "changed", keys.router(seeding.b.code)


def _renamed_network(seeding: Seeding) -> Named:
    system = seeding.a.systems[1]
    network = seeding.network(seeding.a, system)
    path = f"/networks/{network['id']}"
    bodies = ({"network": {"name": name}} for name in ("x-drift", network["name"]))
    seeding.put("network", path, *bodies)
    return "changed", keys.network(seeding.a.code, system.code)


def _opened_rule(seeding: Seeding) -> Named:
    unit, system = next(
        (unit, system)
        for unit in (seeding.a, seeding.b)
        for system in unit.systems
        if system.exposes
    )
    key = keys.security_group(unit.code, system.code)
    group = next(
        row
        for row in seeding.api.list(
            "network", "/security-groups", project_id=seeding.project_id(unit, system)
        )
        if row["name"] == "exposed"
    )
    rule = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4"}
    rule |= {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    made = seeding.api.post("network", "/security-group-rules", {"security_group_rule": rule})
    made = made["security_group_rule"]
    seeding.undo.callback(seeding.api.delete, "network", f"/security-group-rules/{made['id']}")
    return "unexpected", keys.rule(key, "ingress", "tcp", 22, "0.0.0.0/0")


def _shared_network(seeding: Seeding) -> Named:
    system, consumer = seeding.a.systems[0], seeding.b.systems[0]
    policy = {
        "object_type": "network",
        "object_id": seeding.network(seeding.a, system)["id"],
        "action": "access_as_shared",
        "target_tenant": seeding.project_id(seeding.b, consumer),
    }
    made = seeding.api.post("network", "/rbac-policies", {"rbac_policy": policy})["rbac_policy"]
    seeding.undo.callback(seeding.api.delete, "network", f"/rbac-policies/{made['id']}")
    place = f"{seeding.b.code}/{consumer.code}"
    return "unexpected", keys.share(keys.network(seeding.a.code, system.code), place)


def _told_route(seeding: Seeding) -> Named:
    system = seeding.b.systems[0]
    subnet = seeding.of("/subnets", name=f"{seeding.b.short}-{system.code}")
    route = {"destination": "198.51.100.0/24", "nexthop": subnet["gateway_ip"]}
    bodies = ({"subnet": {"host_routes": routes}} for routes in ([route], []))
    seeding.put("network", f"/subnets/{subnet['id']}", *bodies)
    return "changed", keys.subnet(seeding.b.code, system.code)


def _retagged_domain(seeding: Seeding) -> Named:
    path = f"/domains/{seeding.domains[seeding.a.short]}"

    def tag(code: str) -> None:
        seeding.api.patch("identity", path, {"domain": {"options": {"immutable": False}}})
        body = {"tags": [f"bureau={code}", "ouhai"], "options": {"immutable": True}}
        seeding.api.patch("identity", path, {"domain": body})

    tag(seeding.b.code)
    seeding.undo.callback(tag, seeding.a.code)
    return "changed", keys.domain(seeding.a.code)


def _foreign_grant(seeding: Seeding) -> Named:
    system = seeding.a.systems[0]
    group = seeding.b.staff.member[0]
    project_id = seeding.project_id(seeding.a, system)
    path = f"/projects/{project_id}{_grant(seeding, group, 'member')}"
    seeding.api.put("identity", path)
    seeding.undo.callback(seeding.api.delete, "identity", path)
    scope = keys.project(seeding.a.code, system.code)
    return "unexpected", keys.grant(scope, "member", f"group:{group}", inherited=False)


def _removed_grant(seeding: Seeding) -> Named:
    group = seeding.a.staff.reader[0]
    path = f"/OS-INHERIT/domains/{seeding.domains[seeding.a.short]}"
    path += f"{_grant(seeding, group, 'reader')}/inherited_to_projects"
    seeding.api.delete("identity", path)
    seeding.undo.callback(seeding.api.put, "identity", path)
    scope = keys.domain(seeding.a.code)
    return "missing", keys.grant(scope, "reader", f"group:{group}", inherited=True)


def _grant(seeding: Seeding, group: str, role: str) -> str:
    """Return how the path of a grant to a group of the directory goes on behind its scope."""
    directory = seeding.domains[DIRECTORY]
    groups = seeding.api.list("identity", "/groups", domain_id=directory, name=group)
    roles = seeding.api.list("identity", "/roles", name=role)
    return f"/groups/{groups[0]['id']}/roles/{roles[0]['id']}"


def _foreign_project(seeding: Seeding) -> Named:
    project = {
        "name": f"x-drift-{secrets.token_hex(3)}",
        "domain_id": seeding.domains[seeding.b.short],
        "description": NOTE,
    }
    made = seeding.api.post("identity", "/projects", {"project": project})["project"]
    seeding.undo.callback(seeding.api.delete, "identity", f"/projects/{made['id']}")
    return "unexpected", keys.foreign(Kind.PROJECT, made["id"])


SEEDS: Mapping[str, Callable[[Seeding], Named]] = {
    "raised network quota": _raised_network_quota,
    "raised volume quota": _raised_volume_quota,
    "raised limit": _raised_limit,
    "disabled router": _disabled_router,
    "renamed network": _renamed_network,
    "opened rule": _opened_rule,
    "shared network": _shared_network,
    "told route": _told_route,
    "retagged domain": _retagged_domain,
    "foreign grant": _foreign_grant,
    "removed grant": _removed_grant,
    "foreign project": _foreign_project,
}
