"""What each host has to be like by the inventory: arguments of ouhai.cloud.precheck_host."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Host, Inventory

_MTU_DEFAULT = 1500

# Units that the roles write themselves, where Debian has none.
_OWN_UNITS = "ouhai-*"


def expectations(
    inventory: Inventory,
    ports: Iterable[Mapping[str, Any]],
    repository: Mapping[str, str | None],
    ceph_fsid: str,
) -> dict[str, dict[str, Any]]:
    """Return for each host the argument `expected` of the module.

    Tolerates variables that are missing or wrong: they have been reported, and the rest is still
    checked.

    :param repository: `repository_url`, `repository_key` (base64) and `repository_authority` (PEM).
    """
    variables = inventory.variables
    mtu = variables.get("mtu")
    names = _names(inventory)
    return {
        host.name: {
            "name": host.name,
            "os_release_file": variables.get("precheck_os_release_file", "/etc/os-release"),
            "memory_gib": sum(_floors(variables, "precheck_memory_gib", host)),
            "disk_gib": sum(_floors(variables, "precheck_disk_gib", host)),
            "cpus": max((int(n) for n in _floors(variables, "precheck_cpus", host)), default=0),
            "features": _features(host),
            "names": names,
            "interfaces": _interfaces(host),
            "peers": _peers(inventory, host),
            "mtu": mtu if isinstance(mtu, int) else _MTU_DEFAULT,
            "ports": [_port(port) for port in ports if host.groups & set(port["groups"])],
            "storage_devices": _devices(host),
            "ceph_fsid": ceph_fsid,
            **repository,
        }
        for host in inventory.hosts.values()
    }


def record_ports(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the ports in a service's record (deploy/services/) in the form of `precheck_ports`."""
    name = str(record["name"])
    daemons = list(record.get("daemons", []))
    ports = [(api["port"], [api["unit"]]) for api in record.get("apis", [])]
    for proxied in record.get("proxied", []):
        units = [*daemons, proxied["name"], "apache2", "uwsgi*"]
        ports += [(proxied[key], units) for key in ("port", "public_port") if key in proxied]
    return [
        {
            "port": port,
            "protocol": "tcp",
            "service": name,
            "groups": ["control"],
            "units": ["haproxy", _OWN_UNITS, f"{name}*", *units],
        }
        for port, units in ports
    ]


def _floors(variables: Mapping[str, Any], name: str, host: Host) -> list[float]:
    floors = variables.get(name)
    if not isinstance(floors, Mapping):
        return []
    values = [floors.get(group, 0) for group in sorted(host.groups)]
    return [value for value in values if isinstance(value, int | float)]


def _features(host: Host) -> list[str]:
    features = ["nf_tables"]
    if host.groups & {"network", "compute"}:
        features.append("tun")
        if host.variables.get("ovs_datapath") == "system":
            features += ["openvswitch", "geneve"]
    if "compute" in host.groups and host.variables.get("virt_type") == "kvm":
        features.append("kvm")
    return features


def _interfaces(host: Host) -> dict[str, str]:
    """Return the interfaces that must exist. Only network hosts are plugged into the extranet."""
    wanted = ["management_interface"]
    if host.groups & {"network", "compute"}:
        wanted.append("tunnel_interface")
    if "network" in host.groups:
        wanted.append("external_interface")
    values = {name: host.variables.get(name) for name in wanted}
    return {name: value for name, value in values.items() if isinstance(value, str) and value}


def _names(inventory: Inventory) -> dict[str, str]:
    names = {host.name: host.variables.get("host_address") for host in inventory.hosts.values()}
    names[str(inventory.variables.get("api_name"))] = inventory.variables.get("api_address")
    return {
        name: address
        for name, address in names.items()
        if isinstance(address, str) and _valid(address) and not _valid(name)
    }


def _peers(inventory: Inventory, host: Host) -> dict[str, str]:
    """Return the addresses to ping. Those on br-tun are made by site.yml, so none answers yet."""
    peers: dict[str, str] = {}
    for other in inventory.hosts.values():
        made_later = {"tunnel_address"} if other.variables.get("tunnel_interface") else set()
        for variable in sorted({"host_address", "tunnel_address"} - made_later):
            address = other.variables.get(variable)
            if other.name != host.name and isinstance(address, str) and _valid(address):
                peers.setdefault(address, other.name)
    for variable in ("host_address", "tunnel_address"):
        # An address that is also this host's own is a duplicate, and reported as such.
        peers.pop(str(host.variables.get(variable)), None)
    return peers


def _port(port: Mapping[str, Any]) -> dict[str, Any]:
    return {name: port[name] for name in ("port", "protocol", "service", "units")}


def _devices(host: Host) -> list[dict[str, Any]]:
    devices = host.variables.get("storage_devices")
    if "storage" not in host.groups or not isinstance(devices, list):
        return []
    return [device for device in devices if isinstance(device, dict) and "path" in device]


def _valid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ipaddress.IPv4Address(value))
    except ValueError:
        return False
