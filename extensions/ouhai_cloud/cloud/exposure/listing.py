"""All lists of the audit at once, by a few threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from openstack.connection import Connection

from ouhai_cloud.cloud.exposure import holdings, identity, network
from ouhai_cloud.cloud.exposure.model import Exposure
from ouhai_cloud.cloud.exposure.pages import Row

THREADS = 8
"""Keystone and Neutron get no faster with more, and reset connections now and then."""

QUOTAS = ("limits", "network_quotas", "volume_quotas")
"""Three listings, one kind of thing."""


@dataclass(frozen=True)
class Field:
    """What of the cloud is the register's.

    :param domains: names of the bureaus' domains.
    :param directory: name of the domain that staff log in from.
    :param duty_groups: the groups of the centre's duties, whose members are listed.
    """

    domains: frozenset[str]
    directory: str
    duty_groups: tuple[str, ...]


def expose(connection: Connection, field: Field) -> Exposure:
    """List all that the static audit looks at.

    :raises keystoneauth1.exceptions.ClientException: an API refuses or does not answer; a list
        that is not whole would show a cloud cleaner than it is.
    """
    keystone, neutron = connection.identity, connection.network
    nova, glance, cinder = connection.compute, connection.image, connection.block_storage
    projects = identity.projects(keystone)
    domain_ids = {one.id for one in projects if one.is_domain and one.name in field.domains}
    ours = [one.id for one in projects if not one.is_domain and one.domain_id in domain_ids]
    listings: dict[str, Callable[[], Any]] = {
        "grants": partial(identity.grants, keystone),
        "implications": partial(identity.implications, keystone),
        "memberships": partial(identity.memberships, keystone, field.directory, field.duty_groups),
        "networks": partial(network.networks, neutron),
        "shares": partial(network.shares, neutron),
        "subnets": partial(network.subnets, neutron),
        "routers": partial(network.routers, neutron),
        "ports": partial(network.ports, neutron),
        "floating": partial(network.floating, neutron),
        "groups": partial(network.groups, neutron),
        "address_groups": partial(network.address_groups, neutron),
        "rules": partial(network.rules, neutron),
        "servers": partial(holdings.servers, nova),
        "images": partial(holdings.images, glance, _each),
        "limits": partial(holdings.limits, keystone),
        "network_quotas": partial(holdings.network_quotas, neutron),
        "volume_quotas": partial(holdings.volume_quotas, cinder, ours, _each),
    }
    found = _all(listings)
    quotas = tuple(quota for name in QUOTAS for quota in found.pop(name))
    return Exposure(projects=projects, quotas=quotas, **found)


def _all(listings: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        running: dict[str, Future[Any]] = {
            name: pool.submit(listing) for name, listing in listings.items()
        }
        return {name: future.result() for name, future in running.items()}


def _each(call: Callable[[str], Row], texts: Iterable[str]) -> list[Row]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, texts))
