"""Emptying the projects of a bureau that was archived: nothing of theirs is left behind."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.archive import keep_volume
from ouhai_cloud.cloud.contents import Item, contents
from ouhai_cloud.cloud.errors import CloudUnreachable
from ouhai_cloud.language import Text

WAIT_SECONDS = 600.0
POLL_SECONDS = 3.0
FAILED = "DELETE_FAILED"
"""What Heat says of a stack that it gave up, also of one that it should abandon."""


def clear(
    api: Api, archive: Api, project_ids: Collection[str], made: Collection[str]
) -> Iterator[Text]:
    """Keep volumes in the archive, delete all else but backups; yield what was done.

    Stacks are abandoned: to Heat a volume is its stack's wherever it is, and what deletes a stack
    as an administrator deletes the volume in the archive.

    :param made: ids of what tenancy made there, which stays.
    :raises CloudUnreachable: a service does not answer, or something does not go away.
    :raises Refused: a service refuses; what was done before stays done.
    """
    found = contents(api, project_ids)
    for item in _of(found, "server"):
        yield _delete_server(api, item, found)
    _wait_until_gone(api, project_ids, "server", "nova-compute")
    for item in _of(contents(api, project_ids), "volume"):
        yield keep_volume(api, archive, item)
    for item in _of(found, "stack"):
        # What it made besides is deleted below.
        api.delete("orchestration", f"/stacks/{item.name}/{item.id}/abandon")
        yield Text(f"stack {item.name} abandoned", f"编排栈 {item.name} 已脱离编排服务")
    _wait_until_gone(api, project_ids, "stack", "heat-engine and `openstack stack event list`")
    # Looked for anew: also those of stacks that were abandoned by a run that was killed.
    for item in _of(contents(api, project_ids), "stack_users"):
        _remove_stack_users(api, item)
        yield Text(
            f"users of a stack removed, with their project {item.name} in Heat's domain",
            f"编排栈的用户及其在 Heat 域中的项目 {item.name} 已删除",
        )
    for item in _of(contents(api, project_ids), "floating_ip"):
        api.delete("network", f"/floatingips/{item.id}")
        yield Text(f"floating address {item.name} released", f"浮动 IP {item.name} 已释放")
    for item in _of(contents(api, project_ids), "port"):
        api.delete("network", f"/ports/{item.id}")
        yield Text(f"port {item.name} deleted", f"端口 {item.name} 已删除")
    for item in _of(contents(api, project_ids, made), "security_group"):
        api.delete("network", f"/security-groups/{item.id}")
        yield Text(f"security group {item.name} deleted", f"安全组 {item.name} 已删除")


def _remove_stack_users(api: Api, item: Item) -> None:
    """Remove a stack's own users, then their project, by which they are found."""
    project = api.get("identity", f"/projects/{item.id}")["project"]
    for user in api.list("identity", "/users", domain_id=project["domain_id"]):
        if user.get("default_project_id") == item.id:
            api.delete("identity", f"/users/{user['id']}")
    api.delete("identity", f"/projects/{item.id}")


def _of(items: Sequence[Item], what: str) -> list[Item]:
    return [one for one in items if one.what == what]


def _delete_server(api: Api, item: Item, found: Sequence[Item]) -> Text:
    path = f"/servers/{item.id}"
    for volume in _of(found, "volume"):
        if volume.attached_to == item.id:
            # A volume must outlive its server, whatever was asked for when it was made.
            attachment = {"volumeId": volume.id, "delete_on_termination": False}
            body = {"volumeAttachment": attachment}
            api.put("compute", f"{path}/os-volume_attachments/{volume.id}", body)
    api.delete("compute", path)
    return Text(f"server {item.name} deleted", f"云主机 {item.name} 已删除")


def _wait_until_gone(api: Api, project_ids: Collection[str], what: str, look_at: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    before: list[Item] = []
    while left := _of(contents(api, project_ids), what):
        # What failed earlier may look so until the service begins anew.
        failed = [one for one in left if one.status == FAILED and one in before]
        if failed or time.monotonic() > end:
            names = ", ".join(f"{one.name} ({one.id}) is {one.status}" for one in failed or left)
            raise CloudUnreachable(
                f"{what} {names}: does not go away; look at {look_at}, then run the same command "
                "again"
            )
        before = left
        time.sleep(POLL_SECONDS)
