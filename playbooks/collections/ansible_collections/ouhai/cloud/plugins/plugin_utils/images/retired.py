"""Deletes replaced images once nothing is made from them any more, nor can go back to them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from .changes import Change
from .glance import HASH_PROPERTY, NAME_PROPERTY

STACK_TAG = "image:"


def plan_retired(cloud: Connection, names: Iterable[str]) -> list[Change]:
    """Return the deletion of every replaced or half uploaded image of ours that nobody uses.

    Snapshots of bureaus' servers may bear our properties, too, but are theirs.
    A guest's kernel is fetched again when the guest moves, so it stays as long as its disk image.
    """
    wanted = set(names)
    ours = [image for image in _all(cloud) if image.properties.get(NAME_PROPERTY) in wanted]
    candidates = [image for image in ours if image.is_hidden or image.visibility != "public"]
    if not candidates:
        return []
    used = _used(cloud)
    builds_in_use = {image.properties[HASH_PROPERTY] for image in ours if image.id in used}
    return [
        Change(
            f"image {image.name}: delete, unused",
            f"image {image.name} {image.id}",
            "",
            partial(cloud.image.delete_image, image.id),
        )
        for image in candidates
        if image.properties[HASH_PROPERTY] not in builds_in_use
    ]


def _all(cloud: Connection) -> list[Any]:
    owner = cloud.current_project_id
    return [*cloud.image.images(owner=owner), *cloud.image.images(owner=owner, is_hidden=True)]


def _used(cloud: Connection) -> set[str]:
    """Return the ids of images that a guest, a volume or an application of any project needs.

    An application's tags name the images of its present version and of that to which it can go
    back (extensions/ouhai_cloud/catalogue/builds.py).
    """
    servers = cloud.compute.servers(all_projects=True)
    volumes = cloud.block_storage.volumes(all_projects=True)
    listed = cloud.orchestration.get("/stacks", params={"global_tenant": "true"})
    openstack.exceptions.raise_from_response(listed)
    tags = [tag for stack in listed.json()["stacks"] for tag in stack["tags"] or ()]
    return (
        {(server.image or {}).get("id") or "" for server in servers}
        | {(volume.volume_image_metadata or {}).get("image_id", "") for volume in volumes}
        | {tag.removeprefix(STACK_TAG) for tag in tags if tag.startswith(STACK_TAG)}
    )
