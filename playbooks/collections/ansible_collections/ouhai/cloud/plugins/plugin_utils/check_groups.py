"""Checks of the groups: enough hosts in each, and no host outside of all."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Failure, Inventory


def check_groups(inventory: Inventory, sizes: Mapping[str, Mapping[str, int]]) -> list[Failure]:
    """Check the size of each group, and that every host is in one of them.

    :param sizes: for each group `least` and perhaps `most`.
    """
    failures = [
        failure
        for group, size in sizes.items()
        for failure in _check_size(group, size, len(inventory.groups.get(group, ())))
    ]
    for host in inventory.hosts.values():
        if not host.groups & set(sizes):
            failures.append(_without_group(host.name, host.groups, sizes))
    for name in inventory.groups.get("storage", ()):
        if name in inventory.hosts and not inventory.hosts[name].variables.get("storage_devices"):
            failures.append(
                Failure(
                    name,
                    "the host is in the group storage, but storage_devices is empty",
                    "it would give no storage to the cloud",
                    "Set storage_devices for the host, or take it out of the group.",
                )
            )
    return failures


def _check_size(group: str, size: Mapping[str, int], count: int) -> list[Failure]:
    least, most = size.get("least", 0), size.get("most")
    if count < least:
        what = "the group is empty" if count == 0 else f"the group has {count} hosts"
        return [
            Failure(
                f"group {group}",
                f"{what}, at least {least} needed",
                f"nothing would run what belongs to {group}",
                f"Add hosts to the group {group} in the inventory (hosts.yml).",
            )
        ]
    if most is not None and count > most:
        return [
            Failure(
                f"group {group}",
                f"the group has {count} hosts, this release takes at most {most}",
                "services of the surplus hosts would not know of each other",
                f"Leave {most} in the group {group} in the inventory (hosts.yml).",
            )
        ]
    return []


def _without_group(
    name: str, groups: frozenset[str], sizes: Mapping[str, Mapping[str, int]]
) -> Failure:
    others = sorted(groups - {"all", "ungrouped"})
    near = [match for group in others for match in difflib.get_close_matches(group, sizes, n=1)]
    hint = f" Did you mean {near[0]} by {others[0]}?" if near else ""
    return Failure(
        name,
        f"the host is in none of the groups {', '.join(sizes)}",
        "nothing would be deployed on it",
        f"Add it to a group in the inventory (hosts.yml), or remove it.{hint}",
    )
