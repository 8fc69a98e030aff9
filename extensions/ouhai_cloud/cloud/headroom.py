"""What a project may still take, as its own members can see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.threads import together

UNLIMITED = -1
COMPUTE = {
    "cores": "class:VCPU",
    "memory_mib": "class:MEMORY_MB",
    "disk_gib": "class:DISK_GB",
}
NETWORK = {
    "addresses": "floatingip",
    "ports": "port",
    "security_groups": "security_group",
    "security_group_rules": "security_group_rule",
}


@dataclass(frozen=True)
class Room:
    """What may be taken in all of something, and what is taken.

    :param limit: -1 for no limit.
    """

    limit: int
    used: int

    @property
    def left(self) -> int | None:
        """What may still be taken, None for no limit."""
        return None if self.limit == UNLIMITED else max(0, self.limit - self.used)


def headroom(api: Api) -> Mapping[str, Room]:
    """Return the room that the own project has, by resource.

    Resources are ``servers``, ``cores``, ``memory_mib``, ``disk_gib`` (servers' own disks),
    ``volumes``, ``volume_gib`` (snapshots' too), ``snapshots``, ``addresses``, ``ports``,
    ``security_groups`` and ``security_group_rules``.

    :raises CloudUnreachable: a service does not answer.
    """
    api.warm("identity", "compute", "block_storage", "network", "placement")
    parts = together(
        {
            "compute": lambda: _compute(api),
            "volumes": lambda: _volumes(api),
            "network": lambda: _network(api),
        }
    )
    return {name: room for part in parts.values() for name, room in part.items()}


def _compute(api: Api) -> dict[str, Room]:
    """Limits as Keystone keeps them, and what Placement has given: what Nova itself goes by."""
    project = api.own_project_id
    limits = {
        row["resource_name"]: int(row["default_limit"])
        for row in api.list("identity", "/registered_limits")
    }
    limits |= {
        row["resource_name"]: int(row["resource_limit"])
        for row in api.list("identity", "/limits")
        if row.get("project_id") == project
    }
    usages = api.get("placement", "/usages", project_id=project)["usages"]
    given = [one for one in usages.values() if isinstance(one, dict)]
    servers = api.list("compute", "/servers")
    found = {"servers": Room(limits.get("servers", UNLIMITED), len(servers))}
    for name, resource in COMPUTE.items():
        used = sum(int(one.get(resource.removeprefix("class:"), 0)) for one in given)
        found[name] = Room(limits.get(resource, UNLIMITED), used)
    return found


def _volumes(api: Api) -> dict[str, Room]:
    limits: Json = api.get("block_storage", "/limits")["limits"]["absolute"]
    return {
        "volumes": Room(limits["maxTotalVolumes"], limits["totalVolumesUsed"]),
        "volume_gib": Room(limits["maxTotalVolumeGigabytes"], limits["totalGigabytesUsed"]),
        "snapshots": Room(limits["maxTotalSnapshots"], limits["totalSnapshotsUsed"]),
    }


def _network(api: Api) -> dict[str, Room]:
    quotas: Json = api.get("network", f"/quotas/{api.own_project_id}/details")["quota"]
    return {
        name: Room(int(quotas[resource]["limit"]), int(quotas[resource]["used"]))
        for name, resource in NETWORK.items()
    }
