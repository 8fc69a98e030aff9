"""What projects have and may have: images, servers, limits and quotas."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.exposure.model import Image, Quota, Server
from ouhai_cloud.cloud.images import all_images
from ouhai_cloud.cloud.threads import together
from ouhai_cloud.cloud.volume_quotas import volume_quotas as of_projects

THREADS = 8


def servers(api: Api) -> tuple[Server, ...]:
    """Return the servers of all projects."""
    rows = api.list("compute", "/servers/detail", collection="servers", all_tenants=True)
    return tuple(
        Server(row["id"], row["name"], row["tenant_id"], row.get("OS-EXT-SRV-ATTR:host") or "")
        for row in rows
    )


def images(api: Api) -> tuple[Image, ...]:
    """Return all images, hidden ones too, with whom those that are shared are shared with."""
    rows = all_images(api)
    shared = [row["id"] for row in rows if row["visibility"] == "shared"]
    members = together({one: partial(_members, api, one) for one in shared}, THREADS)
    return tuple(
        Image(
            row["id"],
            row.get("name") or "",
            row.get("owner") or "",
            row["visibility"],
            members.get(row["id"], ()),
        )
        for row in rows
    )


def _members(api: Api, image_id: str) -> tuple[str, ...]:
    rows = api.list("image", f"/images/{image_id}/members", collection="members")
    return tuple(row["member_id"] for row in rows)


def limits(api: Api) -> tuple[Quota, ...]:
    """Return all of Keystone's unified limits of projects, by type of service."""
    types = {row["id"]: row["type"] for row in api.list("identity", "/services")}
    return tuple(
        Quota(
            row["project_id"],
            str(types.get(row["service_id"], "")),
            row["resource_name"],
            int(row["resource_limit"]),
        )
        # a token for a project would list that project's limits alone
        for row in api.list("identity", "/limits", system=True)
        if row.get("project_id")
    )


def network_quotas(api: Api) -> tuple[Quota, ...]:
    """Return the quotas of all projects that have one of their own at Neutron."""
    return tuple(
        Quota(row["project_id"], "network", name, limit)
        for row in api.list("network", "/quotas")
        for name, limit in row.items()
        if isinstance(limit, int)
    )


def volume_quotas(api: Api, project_ids: Collection[str]) -> tuple[Quota, ...]:
    """Return Cinder's quotas of projects."""
    return tuple(
        Quota(project_id, "volumev3", name, limit)
        for project_id, row in of_projects(api, project_ids).items()
        for name, limit in row.items()
        if isinstance(limit, int)
    )
