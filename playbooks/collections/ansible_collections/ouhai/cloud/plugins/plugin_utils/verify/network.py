"""A network of the project's own, with a way out and an address from outside."""

from __future__ import annotations

from ..cloud.errors import CheckFailed
from .scene import Scene


def create_network(scene: Scene) -> str:
    """Create a network with one subnet."""
    network = scene.member.network
    scene.network_id = network.create_network(name=scene.name).id
    scene.subnet_id = network.create_subnet(
        name=scene.name,
        network_id=scene.network_id,
        ip_version=4,
        cidr=scene.settings.project_range,
    ).id
    return scene.settings.project_range


def create_router(scene: Scene) -> str:
    """Create a router between the subnet and the external network."""
    network, name = scene.member.network, scene.settings.external_network
    external = network.find_network(name)
    if external is None or not external.is_router_external:
        raise CheckFailed(
            f"No external network {name!r}",
            where="Neutron, seen as a member",
            why="It is missing or not external." if external is None else "It is not external.",
            remedy="Run site.yml with --tags neutron; compare `external_network` with "
            "`openstack network list --external`.",
        )
    scene.external_network_id = external.id
    scene.router_id = network.create_router(
        name=scene.name, external_gateway_info={"network_id": external.id}
    ).id
    network.add_interface_to_router(scene.router_id, subnet_id=scene.subnet_id)
    return ""


def create_security_group(scene: Scene) -> str:
    """Create a security group that lets ping and HTTP in."""
    network = scene.member.network
    scene.security_group_id = network.create_security_group(name=scene.name).id
    rule = {"security_group_id": scene.security_group_id, "direction": "ingress"}
    network.create_security_group_rule(**rule, ethertype="IPv4", protocol="icmp")
    network.create_security_group_rule(
        **rule, ethertype="IPv4", protocol="tcp", port_range_min=80, port_range_max=80
    )
    return ""


def create_port(scene: Scene) -> str:
    """Create the guest's port."""
    port = scene.member.network.create_port(
        name=scene.name,
        network_id=scene.network_id,
        security_groups=[scene.security_group_id],
    )
    scene.port_id = port.id
    return str(port.fixed_ips[0]["ip_address"])


def create_floating_ip(scene: Scene) -> str:
    """Give the port an address on the external network."""
    floating = scene.member.network.create_ip(
        floating_network_id=scene.external_network_id,
        port_id=scene.port_id,
        description=scene.name,
    )
    scene.address = floating.floating_ip_address
    return scene.address
