"""What the hardware offers and what is used, as Placement and Cinder know it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.contents import snapshots, volumes
from ouhai_cloud.cloud.threads import each, together

THREADS = 8
RESOURCES = ("VCPU", "MEMORY_MB", "DISK_GB")


@dataclass(frozen=True)
class Physical:
    """The pool. Cores, MiB and GiB by Placement's names; storage in GiB as Cinder sees it.

    :param present: what is built in.
    :param offered: with the over-commitment that Nova is allowed.
    :param used: what Placement has given to servers.
    """

    present: Mapping[str, int]
    offered: Mapping[str, int]
    used: Mapping[str, int]
    storage_gib: float
    storage_free_gib: float


def physical(api: Api) -> Physical:
    """Look at all hosts and storage pools.

    :raises CloudUnreachable: Placement or Cinder does not answer.
    """
    api.warm("placement", "block_storage")
    providers = api.list("placement", "/resource_providers")
    found = together(
        {
            "inventories": lambda: _of_each(api, providers, "inventories"),
            "usages": lambda: _of_each(api, providers, "usages"),
            "pools": lambda: api.list(
                "block_storage", "/scheduler-stats/get_pools", collection="pools", detail="true"
            ),
        }
    )
    pools = [one["capabilities"] for one in found["pools"]]
    return Physical(
        present=_sum(found["inventories"], _present),
        offered=_sum(found["inventories"], _offered),
        used={name: sum(one.get(name, 0) for one in found["usages"]) for name in RESOURCES},
        storage_gib=sum(_number(one, "total_capacity_gb") for one in pools),
        storage_free_gib=sum(_number(one, "free_capacity_gb") for one in pools),
    )


def used(api: Api, project_ids: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """Return what Placement has given to each project, and under ``servers`` to how many servers.

    :raises CloudUnreachable: Placement does not answer.
    """
    api.warm("placement")

    def of(project_id: str) -> tuple[str, Mapping[str, int]]:
        usages = api.get("placement", "/usages", project_id=project_id)["usages"]
        totals = [one for one in usages.values() if isinstance(one, dict)]
        servers = sum(int(one["consumer_count"]) for one in totals)
        return project_id, {**_totals(totals), "servers": servers}

    return dict(each(of, project_ids, THREADS))


def volumes_used(api: Api, project_ids: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """Return by project, for those given, how many ``snapshots`` there are, and ``gigabytes``.

    Those are of volumes and of snapshots, as Cinder's quota counts them.

    :raises CloudUnreachable: Cinder does not answer.
    """
    api.warm("block_storage")
    found = {one: {"gigabytes": 0, "snapshots": 0} for one in project_ids}
    for item in (*volumes(api), *snapshots(api)):
        if item.project_id in found:
            found[item.project_id]["gigabytes"] += item.size_gib
            found[item.project_id]["snapshots"] += item.what == "snapshot"
    return found


def _of_each(api: Api, providers: list[Json], what: str) -> list[Json]:
    def one(provider: Json) -> Json:
        answer: Json = api.get("placement", f"/resource_providers/{provider['uuid']}/{what}")[what]
        return answer

    return list(each(one, providers, THREADS))


def _totals(consumers: list[Json]) -> Mapping[str, int]:
    return {name: sum(int(one.get(name, 0)) for one in consumers) for name in RESOURCES}


def _sum(inventories: list[Json], value: Callable[[Json], int]) -> Mapping[str, int]:
    return {name: sum(value(one[name]) for one in inventories if name in one) for name in RESOURCES}


def _present(inventory: Json) -> int:
    return int(inventory["total"])


def _offered(inventory: Json) -> int:
    return int((inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"])


def _number(pool: Json, name: str) -> float:
    """Return a pool's number; Cinder may say ``infinite`` or ``unknown``, which count nothing."""
    value = pool.get(name, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0
