"""Keeping what a leaving bureau made: images and volumes go to the centre's archive project.

Images change their owner and are protected. Servers are stopped for good, and their own disks kept
as images of them, unless they live on volumes. Volumes go over by Cinder's transfer once no server
holds them, their snapshots with them. Backups stay with Cinder under the old project's id, which an
administrator can still restore.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.contents import Item
from ouhai_cloud.cloud.errors import CloudUnreachable, Refused
from ouhai_cloud.language import Text

ARCHIVE = "ouhai-archive"
ARCHIVE_TEXT = "归档: 撤出单位的镜像和卷"
MOST = 2147483647
ROOM = {"volumes": -1, "gigabytes": -1, "snapshots": -1}
IMAGE_LIMITS = ("image_count_total", "image_size_total")
AWAITING_TRANSFER = "awaiting-transfer"
PATCH_HEADERS = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
LOST = ("killed", "deleted", "pending_delete", "deactivated")
LONGEST_NAME = 200
OUTDATED = "outdated"
STOPPED = "SHUTOFF"
AT_REST = (STOPPED, "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED")
STOP_SECONDS = 300.0
SNAPSHOT_SECONDS = 1800.0
POLL_SECONDS = 3.0


def open_archive(api: Api) -> Api:
    """Return the way into the archive project of our own domain, made if it is missing.

    :raises CloudUnreachable: a service does not answer.
    :raises Refused: we lack a right.
    """
    api.warm("identity", "block_storage")
    own = api.get("identity", f"/projects/{api.own_project_id}")["project"]
    search = {"domain_id": own["domain_id"], "name": ARCHIVE}
    found = api.list("identity", "/projects", **search)
    archive_id = found[0]["id"] if found else _make_archive(api, own["domain_id"])
    # Also one that was there: whoever made it may have been killed before it was furnished.
    _furnish_archive(api, archive_id)
    archive = api.for_project(archive_id)
    archive.warm("image", "block_storage", "compute")
    return archive


def keep_images(archive: Api, items: Iterable[Item], since: datetime) -> Iterator[Text]:
    """Give images to the archive, stop servers and make images of them; yield what was done.

    :param since: when this began to be allowed. Images of servers made later are those of an
        archiving that was killed; earlier ones are of another retirement, and too old.
    :raises CloudUnreachable: a service does not answer, or does not finish.
    :raises Refused: a service refuses; what was kept before stays kept.
    """
    items = list(items)
    made = _pictures(archive, since)
    yield from _stop(archive, items, made)
    for item in items:
        if item.what == "image":
            _own_image(archive, item.id)
            yield Text(
                f"image {item.name} ({item.id}) now belongs to {ARCHIVE}",
                f"镜像 {item.name} ({item.id}) 已归 {ARCHIVE} 所有",
            )
    started = {}
    for item in items:
        if item.what == "server":
            image_id = made.get(_picture_name(item)) or _picture(archive, item)
            if image_id:
                started[image_id] = item
            else:
                yield Text(
                    f"server {item.name} lives on a volume, which is kept when it is emptied",
                    f"云主机 {item.name} 的系统盘是云硬盘, 清空时保留该云硬盘",
                )
    for image_id, item in started.items():
        _wait_active(archive, image_id, item)
        yield Text(
            f"server {item.name}'s disk is kept as image {image_id} of {ARCHIVE}",
            f"云主机 {item.name} 的磁盘已存为 {ARCHIVE} 的镜像 {image_id}",
        )


def keep_volume(api: Api, archive: Api, item: Item) -> Text:
    """Transfer a volume that no server holds, with its snapshots; return what was done, in words.

    :raises Refused: Cinder refuses, such as for a volume in use.
    """
    if item.status == AWAITING_TRANSFER:
        _cancel_transfers(api, item.id)
    body = {"transfer": {"volume_id": item.id, "name": f"{ARCHIVE} {item.project_id}"}}
    transfer = api.post("block_storage", "/volume-transfers", body)["transfer"]
    path = f"/volume-transfers/{transfer['id']}"
    try:
        accept = {"accept": {"auth_key": transfer["auth_key"]}}
        archive.post("block_storage", f"{path}/accept", accept)
    except Refused:
        api.delete("block_storage", path)
        raise
    name = item.name or item.id
    return Text(
        f"volume {name} ({item.size_gib} GiB) now belongs to {ARCHIVE}",
        f"云硬盘 {name} ({item.size_gib} GiB) 已归 {ARCHIVE} 所有",
    )


def _make_archive(api: Api, domain_id: str) -> str:
    body = {"name": ARCHIVE, "domain_id": domain_id, "description": ARCHIVE_TEXT}
    answer = api.post("identity", "/projects", {"project": body}, again=True)
    return str(answer["project"]["id"])


def _furnish_archive(api: Api, id_: str) -> None:
    """Give ourselves a role in the archive, and the archive room; what it has stays."""
    role = api.list("identity", "/roles", name="admin")[0]["id"]
    user = api.connection.session.get_user_id()
    api.put("identity", f"/projects/{id_}/users/{user}/roles/{role}")
    api.put("block_storage", f"/os-quota-sets/{id_}", {"quota_set": ROOM})
    limits = api.list("identity", "/limits", system=True, project_id=id_)
    there = {one["resource_name"] for one in limits}
    missing = [
        _limit(one, id_)
        for one in api.list("identity", "/registered_limits")
        if one["resource_name"] in IMAGE_LIMITS and one["resource_name"] not in there
    ]
    if missing:
        api.post("identity", "/limits", {"limits": missing})


def _limit(registered: Json, project_id: str) -> Json:
    names = ("service_id", "region_id", "resource_name")
    limit: Json = {name: registered[name] for name in names if registered[name]}
    return {**limit, "project_id": project_id, "resource_limit": MOST}


def _cancel_transfers(api: Api, volume_id: str) -> None:
    """Cancel what was begun: by us and killed, or by a member who would take the volume elsewhere.

    Cinder tells the key that accepts a transfer once only, when it is begun.
    """
    path = "/volume-transfers"
    for one in api.list("block_storage", path, collection="transfers", all_tenants="1"):
        if one["volume_id"] == volume_id:
            api.delete("block_storage", f"{path}/{one['id']}")


def _own_image(archive: Api, image_id: str) -> None:
    changes: list[Json] = [
        {"op": "replace", "path": "/owner", "value": archive.own_project_id},
        {"op": "replace", "path": "/visibility", "value": "private"},
        # With a stack Heat deletes the images of its snapshots, abandoned or not and of anybody.
        {"op": "replace", "path": "/protected", "value": True},
    ]
    _change_image(archive, image_id, changes)


def _change_image(archive: Api, image_id: str, changes: list[Json]) -> None:
    path = f"/images/{image_id}"
    archive.send("image", "PATCH", path, body=changes, headers=PATCH_HEADERS)


def _pictures(archive: Api, since: datetime) -> dict[str, str]:
    """Return by name the ids of the archive's images made since then, or still being made."""
    return {
        one["name"]: one["id"]
        for one in archive.list("image", "/images", owner=archive.own_project_id, limit=200)
        if one["status"] not in LOST and datetime.fromisoformat(one["created_at"]) >= since
    }


def _stop(archive: Api, items: Iterable[Item], made: dict[str, str]) -> Iterator[Text]:
    """Stop servers, so that their disks are as they will stay; nobody else can start them.

    An image of one that runs is outdated. It gets another name before the server is stopped, so
    that no later archiving takes it for that of the stopped one.
    """
    running = [one for one in items if one.what == "server" and one.status not in AT_REST]
    for item in running:
        name = _picture_name(item)
        if name in made:
            rename = [{"op": "replace", "path": "/name", "value": f"{name} {OUTDATED}"}]
            _change_image(archive, made.pop(name), rename)
        archive.post("compute", f"/servers/{item.id}/action", {"os-stop": None})
    for item in running:
        _wait_stopped(archive, item)
        yield Text(f"server {item.name} stopped", f"云主机 {item.name} 已停止")


def _wait_stopped(archive: Api, item: Item) -> None:
    end = time.monotonic() + STOP_SECONDS
    while (status := archive.get("compute", f"/servers/{item.id}")["server"]["status"]) != STOPPED:
        if time.monotonic() > end:
            raise CloudUnreachable(
                f"The server {item.name} ({item.id}) is {status} {STOP_SECONDS:.0f} s after it was "
                "told to stop; look at nova-compute, then archive again"
            )
        time.sleep(POLL_SECONDS)


def _picture_name(item: Item) -> str:
    """Return how the image of a server's disk is called: Nova and Glance take 255 characters."""
    return f"{item.name[:LONGEST_NAME]} {item.id}"


def _picture(archive: Api, item: Item) -> str:
    """Start making an image of a server's own disk; return its id, empty when it has none."""
    server = archive.get("compute", f"/servers/{item.id}")["server"]
    if not server["image"]:
        return ""
    action = {"createImage": {"name": _picture_name(item)}}
    answer = archive.post("compute", f"/servers/{item.id}/action", action)
    return str(answer["image_id"])


def _wait_active(archive: Api, image_id: str, item: Item) -> None:
    end = time.monotonic() + SNAPSHOT_SECONDS
    while (status := _image_status(archive, image_id)) != "active":
        if status in LOST or time.monotonic() > end:
            raise CloudUnreachable(
                f"The image {image_id} of server {item.name} is {status} and was not finished; "
                "look at nova-compute and Glance, delete the image if it is stuck, then run the "
                "same command again"
            )
        time.sleep(POLL_SECONDS)


def _image_status(archive: Api, image_id: str) -> str:
    try:
        return str(archive.get("image", f"/images/{image_id}")["status"])
    except Refused as refusal:
        if refusal.status != 404:
            raise
        # Nova deletes what it cannot finish.
        return "deleted"
