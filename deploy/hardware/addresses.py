"""The lab's address plan, and whether the machine has room for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Any

from deploy.hardware.errors import LabError

DEFAULT_PREFIX = "10.118"
CANDIDATES = tuple(f"10.{second}" for second in range(118, 128))


@dataclass(frozen=True)
class Addresses:
    """Addresses below a prefix of two parts.

    Management is in .0.0/24, tunnels between hosts are in .2.0/24, the extranet is in .4.0/22: it
    has a floating address or two for each of the 230 systems of ouhai.yaml.
    """

    prefix: str

    @property
    def management(self) -> IPv4Network:
        """The management network."""
        return IPv4Network(f"{self.prefix}.0.0/24")

    @property
    def extranet(self) -> IPv4Network:
        """The network of floating addresses."""
        return IPv4Network(f"{self.prefix}.4.0/22")

    @property
    def tunnels(self) -> IPv4Network:
        """The network of the tunnels between hosts; the machine itself has no address there."""
        return IPv4Network(f"{self.prefix}.2.0/24")

    @property
    def networks(self) -> tuple[IPv4Network, ...]:
        """All networks."""
        return self.management, self.extranet, self.tunnels

    @property
    def deploy_host(self) -> str:
        """The machine itself on the management network."""
        return f"{self.prefix}.0.1"

    @property
    def api(self) -> str:
        """Where the cloud's API and dashboard answer."""
        return f"{self.prefix}.0.10"

    @property
    def gateway(self) -> str:
        """The machine itself on the extranet."""
        return f"{self.prefix}.4.1"

    def host(self, number: int) -> str:
        """Address of a host on the management network."""
        return f"{self.prefix}.0.{number}"

    def tunnel(self, number: int) -> str:
        """Address of a host on the network of the tunnels."""
        return f"{self.prefix}.2.{number}"


def parse_prefix(prefix: str) -> Addresses:
    """Check a prefix such as ``10.119``; raise LabError if it is no private one of two parts."""
    try:
        addresses = Addresses(prefix)
        private = addresses.management.is_private and prefix.count(".") == 1
    except ValueError:
        private = False
    if not private:
        raise LabError(
            f"--network-prefix {prefix}: give the first two parts of a private range, e.g. 10.119"
        )
    return addresses


def overlaps(addresses: Addresses, used: list[tuple[str, str]]) -> list[str]:
    """Return what of the machine's (network, where) overlaps the plan, as text."""
    return [
        f"{network} ({where})"
        for network, where in used
        for ours in addresses.networks
        if ip_network(network, strict=False).overlaps(ours)
    ]


def used_networks(
    links: list[dict[str, Any]], routes: list[dict[str, Any]], ours: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Read IPv4 networks out of ``ip -j address`` and ``ip -j route``, but not our bridges'."""
    used = []
    for link in links:
        for address in link.get("addr_info", ()):
            if address["family"] == "inet" and link["ifname"] not in ours:
                network = f"{address['local']}/{address['prefixlen']}"
                used.append((network, f"address of interface {link['ifname']}"))
    for route in routes:
        if route["dst"] != "default" and route.get("dev") not in ours:
            used.append((route["dst"], f"route through {route.get('dev', 'no interface')}"))
    return used


def read_used(address_json: str, route_json: str, ours: tuple[str, ...]) -> list[tuple[str, str]]:
    """Parse the output of ``ip`` and hand it to used_networks."""
    return used_networks(json.loads(address_json), json.loads(route_json), ours)


def choose(wanted: str | None, used: list[tuple[str, str]]) -> Addresses:
    """Take the wanted prefix or the first free candidate; raise LabError if there is none."""
    if wanted is not None:
        addresses = parse_prefix(wanted)
        if found := overlaps(addresses, used):
            raise LabError(
                f"addresses of {' '.join(map(str, addresses.networks))} are in use here: "
                f"{', '.join(sorted(set(found)))}; choose others with --network-prefix"
            )
        return addresses
    for prefix in CANDIDATES:
        if not overlaps(Addresses(prefix), used):
            return Addresses(prefix)
    raise LabError(
        f"no free range from {CANDIDATES[0]} to {CANDIDATES[-1]}; give one with --network-prefix"
    )
