"""Which variables an inventory's files set: Ansible merges them and forgets where each is from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

_FOLDERS = ("group_vars", "host_vars")


def declared_names(loader: DataLoader, folder: Path) -> set[str]:
    """Return the variables that the files directly in a folder set.

    :raises AnsibleError: a file is not valid YAML.
    """
    names: set[str] = set()
    for path in sorted(folder.glob("*.yml")):
        names.update(_names(loader, path))
    return names


def variable_sources(loader: DataLoader, inventory_sources: Iterable[str]) -> dict[str, list[str]]:
    """Return for each variable of an inventory the files that set it.

    Looks at group_vars and host_vars beside the inventory, at it itself and at --extra-vars.

    :raises AnsibleError: a file is not valid YAML.
    """
    sources: dict[str, list[str]] = {}
    inventory_sources = list(inventory_sources)
    for source in inventory_sources:
        folder = Path(source) if Path(source).is_dir() else Path(source).parent
        for path in _files(folder):
            for name in _names(loader, path):
                sources.setdefault(name, []).append(os.path.relpath(path, folder))
    for name in _names_in_inventory(loader, inventory_sources):
        sources.setdefault(name, []).append("hosts.yml")
    for name in load_extra_vars(loader):
        sources.setdefault(str(name), []).append("--extra-vars")
    return sources


def _files(folder: Path) -> list[Path]:
    found = [path for name in _FOLDERS for path in sorted((folder / name).rglob("*"))]
    # As Ansible does: hidden files and backups are none of it.
    return [
        path
        for path in found
        if path.is_file()
        and not path.name.startswith(".")
        and path.suffix in ("", ".yml", ".yaml", ".json")
    ]


def _names(loader: DataLoader, path: Path) -> list[str]:
    content = loader.load_from_file(str(path), cache="all", unsafe=True)
    if not isinstance(content, dict | None):
        raise AnsibleError(f"{path} does not hold `name: value` pairs.")
    return [str(name) for name in content or {}]


def _names_in_inventory(loader: DataLoader, inventory_sources: list[str]) -> set[str]:
    inventory = InventoryManager(loader=loader, sources=inventory_sources)
    names = {str(name) for group in inventory.groups.values() for name in group.vars}
    for host in inventory.get_hosts("all"):
        names.update(str(name) for name in host.vars)
    # Ansible's own, on every host.
    return names - {"inventory_file", "inventory_dir"}
