"""Light hosts: names in an inventory that all stand for one host of the lab.

Each has a connection and a process of its own, as a host has, and takes the compute part in check
mode, so nothing changes. The targets share one machine's two cores with Ansible itself, where real
hosts have their own: what is measured is an upper bound.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.support.lab import ROOT

PREFIX = "light"
INVENTORY_PARTS = ("group_vars", "pki")
PLAYBOOK_PARTS = ("group_vars", "roles", "collections", "schemas")


@dataclass(frozen=True)
class Surroundings:
    """A folder with an inventory and a playbook for light hosts."""

    folder: Path
    address: str

    @property
    def hosts_file(self) -> Path:
        """The inventory: the lab's with light hosts beside its own."""
        return self.folder / "inventory" / "hosts.yml"

    @property
    def playbook(self) -> Path:
        """site.yml without the precheck."""
        return self.folder / "playbooks" / "light.yml"

    def socket(self, name: str) -> Path:
        """Where a light host's connection is kept."""
        return self.folder / name


def names(count: int) -> list[str]:
    """Return the names of this many light hosts."""
    return [f"{PREFIX}{number:02}" for number in range(1, count + 1)]


@contextmanager
def surroundings(inventory: Path, count: int) -> Iterator[Surroundings]:
    """Make the folder, from the lab's inventory and the source tree; it is removed afterwards."""
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text())
    host, address = one_compute_host(hosts)
    with TemporaryDirectory(prefix="ouhai-light-") as name:
        folder = Path(name)
        found = Surroundings(folder, address)
        for part in ("inventory", "playbooks"):
            (folder / part).mkdir()
        # Secrets, certificates, roles and records stay where they are.
        for part in INVENTORY_PARTS:
            (folder / "inventory" / part).symlink_to(inventory / part)
        for part in PLAYBOOK_PARTS:
            (folder / "playbooks" / part).symlink_to(ROOT / "playbooks" / part)
        (folder / "deploy").symlink_to(ROOT / "deploy")
        more = with_light_hosts(hosts, host, {one: found.socket(one) for one in names(count)})
        found.hosts_file.write_text(yaml.safe_dump(more))
        site = yaml.safe_load((ROOT / "playbooks" / "site.yml").read_text())
        found.playbook.write_text(yaml.safe_dump(without_imports(site), sort_keys=False))
        yield found


def one_compute_host(hosts: dict[str, Any]) -> tuple[str, str]:
    """Return the name and the address of the first compute host of the lab's inventory."""
    cloud = hosts["all"]["children"]["cloud"]
    name = next(iter(cloud["children"]["compute"]["hosts"]))
    return name, cloud["hosts"][name]["ansible_host"]


def with_light_hosts(hosts: dict[str, Any], host: str, sockets: dict[str, Path]) -> dict[str, Any]:
    """Return the inventory with further compute hosts, each with a connection of its own."""
    more = copy.deepcopy(hosts)
    cloud = more["all"]["children"]["cloud"]
    variables = {k: v for k, v in cloud["hosts"][host].items() if k != "storage_devices"}
    for name, socket in sockets.items():
        cloud["hosts"][name] = {**variables, "ansible_control_path": str(socket)}
        cloud["children"]["compute"]["hosts"][name] = None
    return more


def without_imports(site: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the plays of site.yml but not the precheck, which refuses two hosts at one address."""
    return [play for play in site if "hosts" in play]
