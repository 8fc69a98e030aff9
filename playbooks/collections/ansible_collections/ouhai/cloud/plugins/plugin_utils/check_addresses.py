"""Checks of addresses and ranges: none twice, no overlap, each where it belongs."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Failure, Inventory

_RESERVED = {
    "link-local addresses (guests ask for their metadata at 169.254.169.254)": "169.254.0.0/16",
    "loopback addresses": "127.0.0.0/8",
    "multicast addresses": "224.0.0.0/4",
}


def check_addresses(inventory: Inventory) -> list[Failure]:
    """Check every address and range that is valid by itself; others are the types' business."""
    return [
        *_duplicates(inventory),
        *_overlaps(inventory),
        *_outside(inventory),
        *_tunnels(inventory),
        *_external(inventory),
        *_inside_projects(inventory),
    ]


def _duplicates(inventory: Inventory) -> Iterator[Failure]:
    owners: dict[ipaddress.IPv4Address, list[str]] = {}
    for address, owner in (*_hosts_addresses(inventory), *_other_addresses(inventory)):
        owners.setdefault(address, []).append(owner)
    for address, found in owners.items():
        if len(found) > 1:
            yield Failure(
                " and ".join(found),
                f"the address {address} is used {len(found)} times",
                "two machines with one address take turns in answering",
                "Give each its own address in the inventory.",
            )


def _hosts_addresses(inventory: Inventory) -> Iterator[tuple[ipaddress.IPv4Address, str]]:
    """Yield the addresses of hosts and what each is. A host's own may be one and the same."""
    for host in inventory.hosts.values():
        names: dict[ipaddress.IPv4Address, str] = {}
        for variable in ("host_address", "tunnel_address"):
            if address := _address(host.variables.get(variable)):
                names.setdefault(address, f"{variable} of {host.name}")
        yield from names.items()


def _other_addresses(inventory: Inventory) -> Iterator[tuple[ipaddress.IPv4Address, str]]:
    external = inventory.variables.get("external_network")
    values = {
        "api_address": inventory.variables.get("api_address"),
        "the deploy host (repository_url)": _repository_host(inventory),
        "external_network.gateway": external.get("gateway") if isinstance(external, dict) else None,
    }
    for name, value in values.items():
        if address := _address(value):
            yield address, name


def _overlaps(inventory: Inventory) -> Iterator[Failure]:
    for (one, first), (two, second) in itertools.combinations(_ranges(inventory).items(), 2):
        if first.overlaps(second):
            yield Failure(
                f"{inventory.place(one)} and {inventory.place(two)}",
                f"the ranges {first} and {second} overlap",
                "packets for the one would be sent to the other",
                "Choose ranges that have no address in common.",
            )
    for name, network in _ranges(inventory).items():
        for purpose, text in _RESERVED.items():
            if network.overlaps(ipaddress.IPv4Network(text)):
                yield Failure(
                    inventory.place(name),
                    f"the range {network} overlaps {text}",
                    f"those are {purpose}",
                    "Choose a range of private addresses, such as 172.20.0.0/16.",
                )


def _outside(inventory: Inventory) -> Iterator[Failure]:
    ranges = {name: _range(inventory.variables.get(name)) for name in _HOST_RANGES}
    for host in inventory.hosts.values():
        for name, variable in _HOST_RANGES.items():
            address, network = _address(host.variables.get(variable)), ranges[name]
            if address and network and not _is_host_address(address, network):
                yield Failure(
                    f"{variable} of {host.name}",
                    f"{address} is not an address for a host in {name} {network}",
                    "firewall rules and services' access lists are made from that range",
                    f"Correct {variable}, or {inventory.place(name)}.",
                )


_HOST_RANGES = {"management_range": "host_address", "tunnel_range": "tunnel_address"}


def _tunnels(inventory: Inventory) -> Iterator[Failure]:
    """Check that what moves to br-tun is not what the host itself is reached by."""
    shared = inventory.variables.get("tunnel_range") == inventory.variables.get("management_range")
    for host in inventory.hosts.values():
        interface = host.variables.get("tunnel_interface")
        others = ("management_interface", "external_interface")
        taken = [name for name in others if host.variables.get(name) == interface]
        if interface and taken:
            yield Failure(
                f"tunnel_interface of {host.name}",
                f"{interface} is its {taken[0]} too",
                "an interface can be a port of one bridge only, and carries no address then",
                "Name an interface of its own, or leave tunnel_interface empty.",
            )
        if interface and shared:
            yield Failure(
                f"tunnel_interface of {host.name}",
                f"it is {interface}, but tunnel_range is the management_range",
                "the tunnels' address moves to br-tun: the host would have two ways to one range",
                "Give tunnels a tunnel_range of their own, or leave tunnel_interface empty.",
            )


def _external(inventory: Inventory) -> Iterator[Failure]:
    external = inventory.variables.get("external_network")
    if not isinstance(external, dict):
        return
    where = inventory.place("external_network")
    remedy = (
        "Correct it in the inventory; ask the extranet's administrators which addresses are yours."
    )
    network = _range(external.get("range"))
    parts = {name: _address(external.get(name)) for name in ("gateway", "pool_start", "pool_end")}
    for name, address in parts.items():
        if network and address and not _is_host_address(address, network):
            why = "floating addresses would not be reachable from the extranet"
            what = f"{name} {address} is not an address for a host in the range {network}"
            yield Failure(where, what, why, remedy)
    gateway, start, end = parts.values()
    if start and end and start > end:
        what = f"pool_start {start} comes after pool_end {end}"
        yield Failure(where, what, "there would be no floating address", remedy)
    elif gateway and start and end and start <= gateway <= end:
        what = f"the gateway {gateway} is in the pool of floating addresses {start} to {end}"
        yield Failure(where, what, "a guest could take the gateway's address", remedy)


def _inside_projects(inventory: Inventory) -> Iterator[Failure]:
    network = _range(inventory.variables.get("project_range"))
    values: dict[str, Any] = {
        "api_address": inventory.variables.get("api_address"),
        "the deploy host (repository_url)": _repository_host(inventory),
    }
    for name in ("time_servers", "project_resolvers"):
        for value in inventory.variables.get(name) or []:
            values[f"{name} {value}"] = value
    for name, value in values.items():
        address = _address(value)
        if network and address and address in network:
            yield Failure(
                f"{name} and {inventory.place('project_range')}",
                f"{address} is in {network}",
                "guests with an address of that range could not reach it",
                "Choose a project_range that the district uses nowhere else.",
            )


def _ranges(inventory: Inventory) -> dict[str, ipaddress.IPv4Network]:
    """Return the ranges that must be apart. Tunnels may share the management range."""
    values = dict(inventory.variables)
    external = values.get("external_network")
    values["external_network"] = external.get("range") if isinstance(external, dict) else None
    if values.get("tunnel_range") == values.get("management_range"):
        values["tunnel_range"] = None
    names = ("management_range", "tunnel_range", "external_network", "project_range")
    found = {name: _range(values.get(name)) for name in names}
    return {name: network for name, network in found.items() if network}


def _is_host_address(address: ipaddress.IPv4Address, network: ipaddress.IPv4Network) -> bool:
    return address in network and address not in (network[0], network[-1])


def _repository_host(inventory: Inventory) -> str | None:
    url = inventory.variables.get("repository_url")
    return urlsplit(url).hostname if isinstance(url, str) else None


def _address(value: object) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _range(value: object) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(value) if isinstance(value, str) else None
    except ValueError:
        return None
