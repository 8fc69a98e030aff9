"""Brings the images in Glance in line with what was built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from ..cloud.errors import CheckFailed
from .changes import Change
from .manifest import Manifest, Part

HASH_PROPERTY = "ouhai_content_hash"
# Names the image that a part belongs to, so that replaced ones are found under their new names.
NAME_PROPERTY = "ouhai_image"
UPLOAD_TIMEOUT_SECONDS = 900
PATCH_TYPE = "application/openstack-images-v2.1-json-patch"
MIB = 2**20


def plan_image(cloud: Connection, manifest: Manifest) -> list[Change]:
    """Return the change that brings one image up to date, if any."""
    parts = [part for part in (manifest.kernel, manifest.initramfs, manifest.disk) if part]
    present = {part.name: _current(cloud, part, manifest.name) for part in parts}
    if all(_is(present[part.name], part, manifest) for part in parts):
        return list(_plan_inventory(cloud, manifest, present[manifest.name]))
    size_mib = sum(part.size for part in parts) / MIB
    old = present[manifest.name]
    return [
        Change(
            f"image {manifest.name}: upload {size_mib:.0f} MiB",
            f"image {manifest.name} {_hash(old)[:12]}" if old else "",
            f"image {manifest.name} {manifest.content_hash[:12]}",
            lambda: _replace(cloud, manifest, present),
        )
    ]


def _current(cloud: Connection, part: Part, owner_name: str) -> Any | None:
    """Return the image in use under a part's name."""
    found = [image for image in cloud.image.images(name=part.name) if image.name == part.name]
    ours = [image for image in found if image.properties.get(NAME_PROPERTY) == owner_name]
    foreign = [image for image in found if image not in ours and image.visibility == "public"]
    if foreign:
        raise CheckFailed(
            f"Another public image has the name {part.name!r}",
            where=f"Glance, image {foreign[0].id}",
            why=f"It has no property {NAME_PROPERTY}={owner_name}, so it was made by hand.",
            remedy="Rename it or hide it: `openstack image set --name … ID`.",
        )
    ours.sort(key=lambda image: (image.visibility == "public", image.created_at))
    return ours[-1] if ours else None


def _is(image: Any | None, part: Part, manifest: Manifest) -> bool:
    return (
        image is not None
        and image.status == "active"
        and image.visibility == "public"
        and _hash(image) == manifest.content_hash
        and image.hash_value == part.sha512
    )


def _plan_inventory(cloud: Connection, manifest: Manifest, image: Any) -> Iterator[Change]:
    """Yield the change that makes an image tell what is inside, if it does not."""
    if manifest.inventory.items() <= image.properties.items():
        return
    patch = [
        {"op": "add", "path": f"/{name}", "value": value}
        for name, value in manifest.inventory.items()
    ]
    summary = f"image {manifest.name}: tell what is inside"
    yield Change(summary, "", summary, lambda: _patch(cloud, str(image.id), patch))


def _patch(cloud: Connection, image_id: str, patch: list[dict[str, str]]) -> None:
    answer = cloud.image.patch(
        f"/images/{image_id}", data=json.dumps(patch), headers={"Content-Type": PATCH_TYPE}
    )
    openstack.exceptions.raise_from_response(answer)


def _hash(image: Any) -> str:
    return str(image.properties.get(HASH_PROPERTY, ""))


def _replace(cloud: Connection, manifest: Manifest, present: dict[str, Any | None]) -> None:
    """Upload under the final names but private; then swap: a name is never ambiguous for long."""
    properties = {**manifest.properties, **manifest.inventory}
    new: list[str] = []
    for part, key in ((manifest.kernel, "kernel_id"), (manifest.initramfs, "ramdisk_id")):
        if part is not None:
            new.append(_upload(cloud, part, manifest, {}))
            properties[key] = new[-1]
    sizes: dict[str, Any] = {"min_disk": manifest.min_disk_gib, "min_ram": manifest.min_ram_mib}
    new.append(_upload(cloud, manifest.disk, manifest, properties | sizes))
    for old in present.values():
        if old is not None:
            retired = f"{old.name} (replaced, was {_hash(old)[:12]})"
            cloud.image.update_image(old, name=retired, is_hidden=True)
    for image_id in new:
        cloud.image.update_image(image_id, visibility="public")


def _upload(cloud: Connection, part: Part, manifest: Manifest, properties: dict[str, Any]) -> str:
    """Upload one file, and compare the hash that Glance computed.

    :raises CheckFailed: the hash differs. The image is deleted then, and when the upload breaks.
    """
    body = properties | {
        "name": part.name,
        "disk_format": part.disk_format,
        "container_format": part.container_format,
        "visibility": "private",
        HASH_PROPERTY: manifest.content_hash,
        NAME_PROPERTY: manifest.name,
    }
    created = cloud.image.post("/images", json=body)
    openstack.exceptions.raise_from_response(created)
    image_id = str(created.json()["id"])
    complete = False
    try:
        with part.path.open("rb") as data:
            answer = cloud.image.put(
                f"/images/{image_id}/file",
                data=data,
                headers={"Content-Type": "application/octet-stream"},
                timeout=UPLOAD_TIMEOUT_SECONDS,
            )
        openstack.exceptions.raise_from_response(answer)
        image = cloud.image.get_image(image_id)
        if image.status != "active" or image.hash_value != part.sha512:
            raise CheckFailed(
                f"Glance holds something else than what was uploaded as {part.name!r}",
                where=f"Glance, image {image_id}; {part.path}",
                why=f"status {image.status}, {image.hash_algo} {image.hash_value}; "
                f"the manifest says sha512 {part.sha512}",
                remedy="If the file changed since it was built, build the image again; else look "
                "at glance-api's journal and at `ceph status`.",
            )
        complete = True
    finally:
        if not complete:
            cloud.image.delete_image(image_id)
    return image_id
