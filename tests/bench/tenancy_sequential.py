"""The other peer: the same objects by openstacksdk, one call after another, as scripts are written.

Each object is looked for first, so that a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openstack.connection import Connection

from tests.bench.tenancy_objects import Objects, differ, network_quota, volume_quota


def make(cloud: Connection, wanted: Objects, external_network: str, group_domain: str) -> None:
    """Make all objects; those that are there stay as they are."""
    domains = {one["name"]: _domain(cloud, one) for one in wanted["bureaus"]}
    projects = {
        one["project"]: _project(cloud, one, domains[one["bureau"]]) for one in wanted["systems"]
    }
    _grants(cloud, wanted, domains, group_domain)
    for one in wanted["systems"]:
        _quotas(cloud, one, projects[one["project"]])
    subnets = {
        one["name"]: _network(cloud, one, projects[one["project"]]) for one in wanted["systems"]
    }
    outside = cloud.network.find_network(external_network, ignore_missing=False)
    for one in wanted["bureaus"]:
        _router(cloud, one, outside.id, subnets)
    for one in wanted["exposed"]:
        _group(cloud, one, projects[one["project"]])


def remove(cloud: Connection, prefix: str) -> None:
    """Remove whatever has a name with the prefix."""
    network, identity = cloud.network, cloud.identity
    for router in _named(network.routers(), prefix):
        for port in network.ports(device_id=router.id, device_owner="network:router_interface"):
            network.remove_interface_from_router(router, port_id=port.id)
        network.delete_router(router)
    for group in _named(network.security_groups(), prefix):
        network.delete_security_group(group)
    for one in _named(network.networks(), prefix):
        network.delete_network(one)
    _remove_projects(cloud, _named(identity.projects(), prefix))
    for domain in _named(identity.domains(), prefix):
        identity.update_domain(domain, is_enabled=False)
        identity.delete_domain(domain)


def _remove_projects(cloud: Connection, projects: list[Any]) -> None:
    """Remove projects, then their default groups: Neutron would make them again before."""
    for project in projects:
        cloud.identity.delete_project(project)
    gone = {project.id for project in projects}
    for group in cloud.network.security_groups():
        if group.project_id in gone:
            cloud.network.delete_security_group(group)


def _named(objects: Any, prefix: str) -> list[Any]:
    return [one for one in objects if one.name.startswith(prefix)]


def _found(look: Callable[..., Any], name: str, make_it: Callable[[], Any], **search: Any) -> Any:
    return look(name, ignore_missing=True, **search) or make_it()


def _domain(cloud: Connection, one: dict[str, Any]) -> Any:
    create = cloud.identity.create_domain
    fields = {"name": one["name"], "description": one["description"]}
    return _found(cloud.identity.find_domain, one["name"], lambda: create(**fields))


def _project(cloud: Connection, one: dict[str, Any], domain: Any) -> Any:
    name = one["project"]
    fields = {"name": name, "domain_id": domain.id, "description": one["description"]}
    create = cloud.identity.create_project
    return _found(cloud.identity.find_project, name, lambda: create(**fields), domain_id=domain.id)


def _grants(cloud: Connection, wanted: Objects, domains: Any, group_domain: str) -> None:
    identity = cloud.identity
    home = identity.find_domain(group_domain, ignore_missing=False)
    for one in wanted["grants"]:
        group = identity.find_group(one["group"], ignore_missing=False, domain_id=home.id)
        role = identity.find_role(one["role"], ignore_missing=False)
        domain = domains[one["bureau"]]
        if not identity.validate_group_has_domain_role(domain, group, role):
            identity.assign_domain_role_to_group(domain, group, role)


def _quotas(cloud: Connection, one: dict[str, Any], project: Any) -> None:
    """Set quotas that differ; with unified limits Nova's own API takes none."""
    volume, network = volume_quota(one), network_quota(one)
    if differ(cloud.block_storage.get_quota_set(project.id), volume):
        cloud.block_storage.update_quota_set(project.id, **volume)
    if differ(cloud.network.get_quota(project.id), network):
        cloud.network.update_quota(project.id, **network)


def _network(cloud: Connection, one: dict[str, Any], project: Any) -> Any:
    api, name = cloud.network, one["name"]
    network = _found(
        api.find_network, name, lambda: api.create_network(name=name, project_id=project.id)
    )
    fields = {"name": name, "network_id": network.id, "ip_version": 4, "cidr": one["cidr"]}
    return _found(api.find_subnet, name, lambda: api.create_subnet(project_id=project.id, **fields))


def _router(cloud: Connection, one: dict[str, Any], outside: str, subnets: Any) -> None:
    api, name = cloud.network, one["name"]
    gateway = {"network_id": outside, "enable_snat": True}
    router = _found(
        api.find_router,
        name,
        lambda: api.create_router(name=name, external_gateway_info=gateway),
    )
    ports = api.ports(device_id=router.id, device_owner="network:router_interface")
    there = {address["subnet_id"] for port in ports for address in port.fixed_ips}
    for name in one["subnets"]:
        if subnets[name].id not in there:
            api.add_interface_to_router(router, subnet_id=subnets[name].id)


def _group(cloud: Connection, one: dict[str, Any], project: Any) -> None:
    api, name = cloud.network, one["name"]
    group = _found(
        api.find_security_group,
        name,
        lambda: api.create_security_group(name=name, project_id=project.id),
    )
    there = {rule["port_range_min"] for rule in api.get_security_group(group).security_group_rules}
    for rule in one["rules"]:
        if rule["port_range_min"] not in there:
            api.create_security_group_rule(security_group_id=group.id, **rule)
