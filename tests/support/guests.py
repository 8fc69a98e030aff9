"""Guests of the image `probe`, with a way to them, removed when the test or benchmark ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from openstack.connection import Connection

IMAGE = "probe"
FLAVOR = "probe"
RANGE = "192.168.251.0/24"
TIMEOUT_SECONDS = 180
POLL_SECONDS = 0.2


class GuestUnusable(Exception):
    """A guest did not start or does not answer."""


@dataclass(frozen=True)
class Surroundings:
    """What guests need around them."""

    name: str
    network_id: str
    security_group_id: str
    external_network_id: str


@dataclass(frozen=True)
class Guest:
    """A running guest. Both times count from the moment the request was sent."""

    server_id: str
    address: str
    fixed_address: str
    active_seconds: float
    page_seconds: float

    def page(self, path: str) -> str:
        """Return a page of the guest as text."""
        answer = requests.get(f"http://{self.address}/{path}", timeout=30)
        answer.raise_for_status()
        return answer.text


@contextmanager
def surroundings(cloud: Connection, name: str, external: str) -> Iterator[Surroundings]:
    """Make a network with a router and a security group; remove them at the end."""
    api = cloud.network
    outside = api.find_network(external, ignore_missing=False)
    with ExitStack() as undo:
        network = api.create_network(name=name)
        undo.callback(api.delete_network, network.id)
        subnet = api.create_subnet(name=name, network_id=network.id, ip_version=4, cidr=RANGE)
        router = api.create_router(name=name, external_gateway_info={"network_id": outside.id})
        undo.callback(api.delete_router, router.id)
        api.add_interface_to_router(router.id, subnet_id=subnet.id)
        undo.callback(api.remove_interface_from_router, router.id, subnet_id=subnet.id)
        group = api.create_security_group(name=name)
        undo.callback(api.delete_security_group, group.id)
        for protocol in ("tcp", "icmp"):
            api.create_security_group_rule(
                security_group_id=group.id,
                direction="ingress",
                ethertype="IPv4",
                protocol=protocol,
            )
        yield Surroundings(name, network.id, group.id, outside.id)


@contextmanager
def guest(cloud: Connection, around: Surroundings, host: str = "") -> Iterator[Guest]:
    """Boot a guest from the image and wait for its page; remove it at the end.

    :param host: the compute host that it must start on; without one, the scheduler decides.
    :raises GuestUnusable: it ends in ERROR, or does not answer in time.
    """
    image = cloud.image.find_image(IMAGE, ignore_missing=False)
    flavor = cloud.compute.find_flavor(FLAVOR, ignore_missing=False)
    start = time.monotonic()
    asked = {
        "name": around.name,
        "image_id": image.id,
        "flavor_id": flavor.id,
        "networks": [{"uuid": around.network_id}],
        "security_groups": [{"name": around.security_group_id}],
    }
    if host:
        asked["availability_zone"] = f"nova:{host}"
    with ExitStack() as undo:
        server_id = undo.enter_context(booted(cloud, asked))
        active_seconds = time.monotonic() - start
        port = next(iter(cloud.network.ports(device_id=server_id)))
        floating = cloud.network.create_ip(
            floating_network_id=around.external_network_id, port_id=port.id
        )
        undo.callback(cloud.network.delete_ip, floating.id)
        address = floating.floating_ip_address
        _wait(lambda: _answers(address), f"http://{address}/ does not answer")
        fixed = port.fixed_ips[0]["ip_address"]
        yield Guest(server_id, address, fixed, active_seconds, time.monotonic() - start)


@contextmanager
def booted(cloud: Connection, asked: dict[str, Any]) -> Iterator[str]:
    """Boot a server and wait until it is ACTIVE; remove it at the end.

    :param asked: what Nova is asked for.
    :return: its id.
    :raises GuestUnusable: it ends in ERROR, or is not ACTIVE in time.
    """
    server = cloud.compute.create_server(**asked)
    try:
        _wait(lambda: _active(cloud, server.id), f"server {server.id} is not ACTIVE")
        yield str(server.id)
    finally:
        _remove(cloud, server.id)


def _active(cloud: Connection, server_id: str) -> bool:
    server = cloud.compute.get_server(server_id)
    if server.status == "ERROR":
        raise GuestUnusable(f"server {server_id}: {(server.fault or {}).get('message')}")
    return bool(server.status == "ACTIVE")


def _answers(address: str) -> bool:
    try:
        return requests.get(f"http://{address}/", timeout=1).ok
    except requests.RequestException:
        return False


def _remove(cloud: Connection, server_id: str) -> None:
    cloud.compute.delete_server(server_id)
    _wait(
        lambda: cloud.compute.find_server(server_id, ignore_missing=True) is None,
        f"server {server_id} is not removed",
    )


def _wait(done: Any, complaint: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise GuestUnusable(f"{complaint} within {TIMEOUT_SECONDS} s")
        time.sleep(POLL_SECONDS)
