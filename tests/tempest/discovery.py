"""What a cloud offers, asked of the cloud."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

import openstack
from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from tests.support.access import CloudAccess

# The image with systemd, ssh and sudo: tempest logs in to guests.
IMAGE = "debian"
FLAVOR = "small"
OTHER_FLAVOR = "medium"


@dataclass(frozen=True)
class ExternalNetwork:
    """The network of floating addresses, and an address on it that nobody else gets."""

    id: str
    name: str
    range: IPv4Network
    free_address: IPv4Address


@dataclass(frozen=True)
class Cloud:
    """What the configuration of tempest depends on."""

    service_types: frozenset[str]
    image_id: str
    image_user: str
    image_disk_gib: int
    flavor_id: str
    other_flavor_id: str
    external_network: ExternalNetwork
    network_extensions: tuple[str, ...]
    compute_hosts: int
    volume_services: frozenset[str]

    @property
    def volume_type_in_catalogue(self) -> str:
        """Cinder's service type: `block-storage` officially, `volumev3` of old."""
        return "block-storage" if "block-storage" in self.service_types else "volumev3"


class CloudIncomplete(Exception):
    """The cloud lacks something that tempest needs, or does not answer."""


def discover(access: CloudAccess) -> Cloud:
    """Ask the cloud what it offers.

    Raises CloudIncomplete when it lacks what tempest needs, or does not answer.
    """
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(access.clouds_file)
    try:
        return _discover(openstack.connect(cloud=access.name))
    except (SDKException, ClientException, LookupError) as error:
        raise CloudIncomplete(
            f"the cloud at {access.auth_url} cannot be tested: {error}; next: "
            "playbooks/verify.yml, which says what is wrong with it"
        ) from error


def _discover(connection: Connection) -> Cloud:
    image = connection.image.find_image(IMAGE, ignore_missing=False)
    compute = connection.compute
    nova_compute = compute.services(binary="nova-compute")
    return Cloud(
        service_types=frozenset(str(entry["type"]) for entry in connection.service_catalog),
        image_id=str(image.id),
        image_user=str(image.os_admin_user or IMAGE),
        image_disk_gib=max(1, int(image.min_disk)),
        flavor_id=str(compute.find_flavor(FLAVOR, ignore_missing=False).id),
        other_flavor_id=str(compute.find_flavor(OTHER_FLAVOR, ignore_missing=False).id),
        external_network=_external_network(connection),
        network_extensions=tuple(sorted(str(e.alias) for e in connection.network.extensions())),
        compute_hosts=sum(1 for s in nova_compute if s.state == "up" and s.status == "enabled"),
        volume_services=frozenset(str(s.binary) for s in connection.block_storage.services()),
    )


def _external_network(connection: Connection) -> ExternalNetwork:
    network = _first("external network", connection.network.networks(is_router_external=True))
    subnet = _first("IPv4 subnet", connection.network.subnets(network_id=network.id, ip_version=4))
    pools = [
        (IPv4Address(pool["start"]), IPv4Address(pool["end"])) for pool in subnet.allocation_pools
    ]
    network_range = ip_network(subnet.cidr)
    if not isinstance(network_range, IPv4Network):
        raise TypeError(f"{subnet.cidr} of the external network is not IPv4")
    taken = {IPv4Address(subnet.gateway_ip)} if subnet.gateway_ip else set()
    return ExternalNetwork(
        str(network.id), str(network.name), network_range, free_address(network_range, pools, taken)
    )


def _first(what: str, found: Iterable[Any]) -> Any:
    for one in found:
        return one
    raise LookupError(f"there is no {what}")


def free_address(
    network: IPv4Network,
    pools: list[tuple[IPv4Address, IPv4Address]],
    taken: set[IPv4Address],
) -> IPv4Address:
    """The last address of a network that is in no pool and not taken.

    Raises LookupError when the pools leave none.
    """
    for address in reversed(list(network.hosts())):
        if address not in taken and not any(start <= address <= end for start, end in pools):
            return address
    raise LookupError(f"every address of {network} is in a pool; leave one out for the tests")
