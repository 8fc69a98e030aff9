"""The inventory that the lab writes for Ansible: the same files as a production inventory's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from deploy.hardware.addresses import Addresses
from deploy.hardware.layout import REPOSITORY_PORT, Layout
from deploy.hardware.state import write_whole
from deploy.hardware.topology import GROUPS, OPTIONAL_GROUPS, Host

VAULT_KEY_FILE = ".vault-password"
DIRECTORY = "dc=ouhai,dc=internal"
HEADER = "# Written by deploy/lab; changes here are lost with the next `deploy/lab up`.\n---\n"


def hosts_file(layout: Layout, hosts: Sequence[Host], addresses: Addresses) -> dict[str, Any]:
    """Return the contents of hosts.yml: groups, and the variables of each host."""
    everyone: dict[str, Any] = {}
    for host in hosts:
        everyone[host.name] = {
            "ansible_host": addresses.host(host.address),
            "tunnel_address": addresses.tunnel(host.address),
        }
        if host.storage_devices:
            everyone[host.name]["storage_devices"] = [dict(row) for row in host.storage_devices]
    members = {
        group: {host.name: None for host in hosts if group in host.groups}
        for group in (*GROUPS, *OPTIONAL_GROUPS)
    }
    groups = {
        group: {"hosts": inside} for group, inside in members.items() if inside or group in GROUPS
    }
    connection = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_control_path_dir": str(layout.connections),
        "ansible_control_path": "%(directory)s/%%h",
        "ansible_ssh_common_args": f"-F {layout.ssh_config}",
    }
    cloud = {"hosts": everyone, "children": groups, "vars": connection}
    return {"all": {"children": {"cloud": cloud}}}


def variables(layout: Layout, addresses: Addresses, snapshot: str) -> dict[str, Any]:
    """Return what differs from playbooks/group_vars/all."""
    extranet = addresses.extranet
    return {
        "api_address": addresses.api,
        "management_range": str(addresses.management),
        "tunnel_range": str(addresses.tunnels),
        "tunnel_interface": "tun0",
        "external_network": {
            "name": "extranet",
            "physical_network": "extranet",
            "range": str(extranet),
            "gateway": addresses.gateway,
            "pool_start": str(extranet[50]),
            "pool_end": str(extranet[-24]),
        },
        "repository_url": f"https://{addresses.deploy_host}:{REPOSITORY_PORT}/{snapshot}",
        "repository_key_file": str(layout.repository / "repository.asc"),
        "repository_ca_file": str(layout.inventory / "pki/ca.crt"),
    }


def tenancy(hosts: Sequence[Host], addresses: Addresses, register: Path) -> dict[str, Any]:
    """Return the variables of bureaus, their applications, and the directory with their people."""
    servers = [addresses.host(host.address) for host in hosts if "directory" in host.groups]
    people = {
        "domain": "district",
        "label": "区工作人员",
        "url": ",".join(f"ldaps://{server}" for server in servers),
        "suffix": DIRECTORY,
        "people": f"ou=people,{DIRECTORY}",
        "groups": f"ou=groups,{DIRECTORY}",
        "account": f"cn=keystone,{DIRECTORY}",
        "ca_file": "",
    }
    return {
        "bureau_register": str(register),
        "directory": people,
        "application_environment": "lab",
    }


def write(directory: Path, hosts: dict[str, Any], values: dict[str, Any]) -> None:
    """Write both files and, once, the vault's password; secrets and certificates are not touched.

    Ansible must be told of the password from its start, so secrets.yml would make it too late.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    password = directory / VAULT_KEY_FILE
    if not password.exists():
        write_whole(password, f"{token_hex(32)}\n", 0o600)
    write_whole(directory / "hosts.yml", HEADER + dump(hosts))
    write_whole(directory / "group_vars/all/lab.yml", HEADER + dump(values))


def dump(data: dict[str, Any]) -> str:
    """Return data as YAML in the order given."""
    import yaml  # in the lab's own environment

    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return text.replace(": null\n", ":\n")


def current_snapshot(layout: Layout) -> str:
    """Return the snapshot that the repository's ``current`` points to, itself without any yet."""
    return (layout.repository / "current").resolve().name
