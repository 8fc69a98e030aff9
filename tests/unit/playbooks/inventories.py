"""Inventories for tests: one that is good, and ways to spoil it."""

from __future__ import annotations

from typing import Any

from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Host, Inventory

GROUPS = {
    "control": ["control1"],
    "network": ["control1"],
    "storage": ["control1"],
    "compute": ["compute1", "compute2"],
}
ADDRESSES = {"control1": "10.118.0.11", "compute1": "10.118.0.21", "compute2": "10.118.0.22"}
VARIABLES: dict[str, Any] = {
    "api_address": "10.118.0.10",
    "api_name": "10.118.0.10",
    "management_range": "10.118.0.0/24",
    "tunnel_range": "10.118.0.0/24",
    "project_range": "172.20.0.0/16",
    "external_network": {
        "name": "extranet",
        "physical_network": "extranet",
        "range": "10.118.1.0/24",
        "gateway": "10.118.1.1",
        "pool_start": "10.118.1.50",
        "pool_end": "10.118.1.250",
    },
    "mtu": 1500,
    "repository_url": "https://10.118.0.1:8043/20260101-00000000",
    "repository_key_file": "/var/cache/ouhai/repository/repository.asc",
    "precheck_memory_gib": {"control": 6, "compute": 2, "storage": 2},
    "precheck_cpus": {"control": 2, "compute": 4},
}


def host(name: str, **changes: Any) -> Host:
    """Return a host of the good inventory with some of its variables changed."""
    values: dict[str, Any] = {
        "host_address": ADDRESSES[name],
        "tunnel_address": ADDRESSES[name],
        "management_interface": "host0",
        "external_interface": "ext0",
        "ovs_datapath": "auto",
        "virt_type": "auto",
    }
    groups = frozenset(group for group, members in GROUPS.items() if name in members)
    if "storage" in groups:
        values["storage_devices"] = [{"path": "/dev/sdb"}]
    return Host(name, groups | {"all"}, values | changes)


def inventory(*hosts: Host, **changes: Any) -> Inventory:
    """Return the good inventory with some hosts and variables of the cloud changed."""
    members = {name: host(name) for name in ADDRESSES} | {one.name: one for one in hosts}
    return Inventory(members, GROUPS, VARIABLES | changes)
