"""What projects have and may have: images, servers, limits and quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product

from ouhai_cloud.cloud.exposure.model import Image, Quota, Server
from ouhai_cloud.cloud.exposure.pages import Api, Row, paged, whole

Each = Callable[[Callable[[str], Row], Iterable[str]], Iterable[Row]]
"""Calls a function for each text, at once where it can, and keeps the order."""

VISIBILITIES = ("public", "private", "shared", "community")


def servers(api: Api) -> tuple[Server, ...]:
    """Return the servers of all projects."""
    return tuple(
        Server(row["id"], row["name"], row["tenant_id"], row.get("OS-EXT-SRV-ATTR:host") or "")
        for row in paged(api, "/servers/detail", "servers", all_tenants="1")
    )


def images(api: Api, each: Each) -> tuple[Image, ...]:
    """Return all images, hidden ones too, with whom those that are shared are shared with."""
    rows = list(_all_images(api))
    shared = [row["id"] for row in rows if row["visibility"] == "shared"]
    members = dict(zip(shared, each(lambda one: _members(api, one), shared), strict=True))
    return tuple(
        Image(
            row["id"],
            row.get("name") or "",
            row.get("owner") or "",
            row["visibility"],
            tuple(one["member_id"] for one in members.get(row["id"], {}).get("members", ())),
        )
        for row in rows
    )


def _all_images(api: Api) -> Iterator[Row]:
    for visibility, hidden in product(VISIBILITIES, ("false", "true")):
        query = {"visibility": visibility, "os_hidden": hidden, "member_status": "all"}
        yield from paged(api, "/images", "images", **query)


def _members(api: Api, image_id: str) -> Row:
    return {"members": whole(api, f"/images/{image_id}/members", "members")}


def limits(api: Api) -> tuple[Quota, ...]:
    """Return all of Keystone's unified limits of projects, by type of service."""
    types = {row["id"]: row["type"] for row in whole(api, "/services", "services")}
    return tuple(
        Quota(
            str(row["project_id"]),
            str(types.get(row["service_id"], "")),
            row["resource_name"],
            int(row["resource_limit"]),
        )
        for row in whole(api, "/limits", "limits")
        if row.get("project_id")
    )


def network_quotas(api: Api) -> tuple[Quota, ...]:
    """Return the quotas of all projects that have one of their own at Neutron."""
    return tuple(
        Quota(row["project_id"], "network", name, limit)
        for row in whole(api, "/quotas", "quotas")
        for name, limit in row.items()
        if isinstance(limit, int)
    )


def volume_quotas(api: Api, project_ids: Iterable[str], each: Each) -> tuple[Quota, ...]:
    """Return Cinder's quotas of projects; it has no list of them, so it is asked for each."""
    wanted = tuple(project_ids)
    rows = each(lambda one: dict(api.get(f"/os-quota-sets/{one}").json()["quota_set"]), wanted)
    return tuple(
        Quota(project_id, "volumev3", name, limit)
        for project_id, row in zip(wanted, rows, strict=True)
        for name, limit in row.items()
        if isinstance(limit, int)
    )
