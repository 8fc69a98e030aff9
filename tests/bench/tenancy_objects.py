"""The objects of a register as plain data, for the peers that make them by other means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Kind, Ref, Resource, State, place_of

Objects = Mapping[str, list[dict[str, Any]]]


def objects(register: Register, wanted: State, prefix: str) -> Objects:
    """Return bureaus, systems, grants and exposed groups with names of their own.

    :param wanted: the wanted state of the register, whose addresses and limits are taken.
    :param prefix: before every name, so that peers do not meet one another.
    """
    systems = [_system(one, wanted, prefix) for one in wanted.values() if _is_system(one)]
    bureaus = [
        {
            "name": f"{prefix}{one.short}",
            "description": one.name,
            "subnets": [has["name"] for has in systems if has["top"] == one.code],
        }
        for one in register.bureaus
        if one.parent is None
    ]
    return {
        "bureaus": bureaus,
        "systems": systems,
        "grants": [
            {
                "bureau": f"{prefix}{one.short}",
                "group": group,
                "role": role,
            }
            for one in register.bureaus
            if one.parent is None
            for role in ("manager", "member", "reader")
            for group in getattr(one.staff, role)
        ],
        "exposed": [_exposed(one, prefix) for one in systems if one["open"]],
    }


def network_quota(system: Mapping[str, Any]) -> dict[str, int]:
    """Return Neutron's quota of a system, by openstacksdk's names."""
    return {"networks": 1, "subnets": 1, "ports": system["ports"]}


def volume_quota(system: Mapping[str, Any]) -> dict[str, int]:
    """Return Cinder's quota of a system, by openstacksdk's names; disk in GiB."""
    return {"volumes": system["volumes"], "gigabytes": system["disk_gib"]}


def differ(there: object, quota: Mapping[str, int]) -> bool:
    """Tell whether a quota that is there, if any, has other figures."""
    return any(getattr(there, name, None) != value for name, value in quota.items())


def _is_system(one: Resource) -> bool:
    return one.kind is Kind.NETWORK


def _system(network: Resource, wanted: State, prefix: str) -> dict[str, Any]:
    place = place_of(network.key)
    project = wanted[_key("project", place)]
    domain = project.attributes["domain"]
    top = place_of(domain.key) if isinstance(domain, Ref) else ""
    subnet = wanted[_key("subnet", place)]
    ports = wanted[_key("network_quota", place)].attributes["port"]
    volume = wanted[_key("volume_quota", place)].attributes
    rules = [one for one in wanted if one.startswith(f"rule:{place}/")]
    return {
        "top": top,
        "bureau": f"{prefix}{wanted[_key('domain', top)].attributes['name']}",
        # The collection looks projects up by name in every domain.
        "project": f"{prefix}{place.replace('/', '-')}",
        "description": project.attributes["description"],
        "name": f"{prefix}{network.attributes['name']}",
        "cidr": subnet.attributes["cidr"],
        "ports": ports,
        "volumes": volume["volumes"],
        "disk_gib": volume["gigabytes"],
        "cores": _limit(wanted, place, "class:VCPU"),
        "memory_mib": _limit(wanted, place, "class:MEMORY_MB"),
        "servers": _limit(wanted, place, "servers"),
        "open": [int(str(wanted[one].attributes["port"])) for one in rules],
    }


def _exposed(system: dict[str, Any], prefix: str) -> dict[str, Any]:
    rules = [
        {
            "direction": "ingress",
            "protocol": "tcp",
            "port_range_min": port,
            "port_range_max": port,
            "remote_ip_prefix": "0.0.0.0/0",
        }
        for port in system["open"]
    ]
    name = f"{system['name']}-exposed"
    return {"name": name, "project": system["project"], "rules": rules}


def _limit(wanted: State, place: str, resource: str) -> Any:
    return wanted[_key("limit", f"{place}/compute/{resource}")].attributes["limit"]


def _key(kind: str, place: str) -> Any:
    return f"{kind}:{place}"
