"""The catalogue is whole, each service once, and what stands behind it is up."""

from __future__ import annotations

from collections import Counter

from openstack.connection import Connection

TYPES = {
    "identity",
    "image",
    "placement",
    "compute",
    "network",
    "volumev3",
    "block-storage",
    "orchestration",
    "cloudformation",
}
# One of the two names of Cinder is enough.
ALTERNATIVES = {"volumev3", "block-storage"}
INTERFACES = {"public", "internal", "admin"}


def test_every_service_is_there_once(cloud: Connection) -> None:
    types = Counter(service.type for service in cloud.identity.services())
    assert max(types.values()) == 1, types
    assert set(types) >= TYPES - ALTERNATIVES
    assert ALTERNATIVES & set(types)


def test_every_service_has_its_endpoints_once(cloud: Connection) -> None:
    for service in cloud.identity.services():
        endpoints = cloud.identity.endpoints(service_id=service.id)
        interfaces = Counter((row.region_id, row.interface) for row in endpoints)
        assert max(interfaces.values()) == 1, service.type
        assert {"public", "internal"} <= {interface for _, interface in interfaces} <= INTERFACES


def test_compute_is_up(cloud: Connection) -> None:
    services = list(cloud.compute.services())
    assert {row.binary for row in services} >= {"nova-compute", "nova-conductor", "nova-scheduler"}
    assert [row.host for row in services if row.state != "up"] == []


def test_network_agents_are_alive(cloud: Connection) -> None:
    agents = list(cloud.network.agents())
    assert agents
    assert [agent.host for agent in agents if not agent.is_alive] == []


def test_volume_services_are_up(cloud: Connection) -> None:
    services = list(cloud.block_storage.services())
    assert {row.binary for row in services} >= {"cinder-scheduler", "cinder-volume"}
    assert [row.host for row in services if row.state != "up"] == []


def test_every_compute_host_offers_resources(cloud: Connection) -> None:
    hosts = {row.host for row in cloud.compute.services() if row.binary == "nova-compute"}
    providers = {provider.name for provider in cloud.placement.resource_providers()}
    assert hosts
    assert providers == hosts
