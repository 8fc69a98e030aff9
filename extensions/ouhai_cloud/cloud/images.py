"""Images; their content goes piece by piece and need not fit in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Refused, read_on

BYTES = {"Content-Type": "application/octet-stream"}
PIECE_BYTES = 1 << 20
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GONE = "gone"
VISIBILITIES = ("public", "private", "shared", "community")
PAGE = 1000


@dataclass(frozen=True)
class Content:
    """What an image is filled with; how much it is must be known before.

    :param pieces: all of it.
    """

    size_bytes: int
    pieces: Iterable[bytes]

    def __len__(self) -> int:
        """Return its size, by which it is sent as it is and not in chunks."""
        return self.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield it."""
        return iter(self.pieces)


def create(api: Api, name: str, disk_format: str) -> str:
    """Make a private image without content and return its id."""
    api.warm("image")
    body = {"name": name, "disk_format": disk_format, "container_format": "bare"}
    return str(api.post("image", "/images", {**body, "visibility": "private"})["id"])


def named(api: Api, name: str) -> list[str]:
    """Return the ids of the own project's images of a name."""
    api.warm("image")
    rows = api.list("image", "/images", name=name, owner=api.own_project_id)
    return [str(row["id"]) for row in rows]


def usable(api: Api, name: str) -> list[str]:
    """Return the ids of the images from which servers can be made under a name, or by an id."""
    api.warm("image")
    rows = api.list("image", "/images", name=name, status="active")
    if not rows and UUID.fullmatch(name) and status(api, name) == "active":
        return [name]
    return [str(row["id"]) for row in rows]


def all_images(api: Api) -> list[Json]:
    """Return the images of all projects, hidden ones too; only for an administrator.

    Glance leaves out community and hidden images unless they are asked for, even then.
    """
    found: list[Json] = []
    for visibility, hidden in product(VISIBILITIES, ("false", "true")):
        query: Json = {"visibility": visibility, "os_hidden": hidden, "limit": PAGE}
        if visibility == "shared":
            query["member_status"] = "all"
        found += api.list("image", "/images", **query)
    return found


def status(api: Api, image_id: str) -> str:
    """Return Glance's word for how an image is, such as ``active``; ``gone`` when it is."""
    api.warm("image")
    try:
        return str(api.get("image", f"/images/{image_id}")["status"])
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return GONE


def size(api: Api, image_id: str) -> int:
    """Return how many bytes an image has."""
    return int(api.get("image", f"/images/{image_id}")["size"] or 0)


def fill(api: Api, image_id: str, content: Content) -> None:
    """Give an image its content.

    :raises Unanswered: it was cut off.
    :raises Refused: Glance refuses it, such as for want of room.
    """
    path = f"/images/{image_id}/file"
    api.send("image", "PUT", path, body=content, headers=BYTES, again=False)


def read(api: Api, image_id: str) -> Iterator[bytes]:
    """Yield an image's content.

    :raises CloudUnreachable: it was cut off.
    """
    path = f"/images/{image_id}/file"
    with api.send("image", "GET", path, stream=True) as answer, read_on(f"GET {path} of image"):
        yield from answer.iter_content(PIECE_BYTES)


def delete(api: Api, image_id: str) -> None:
    """Delete an image; that it is gone already is as good."""
    api.delete("image", f"/images/{image_id}")


def room_mib(api: Api) -> int | None:
    """Return how many MiB of images the own project may still have, None for no limit."""
    api.warm("image")
    # A cloud whose Glance does not go by Keystone's limits tells of none.
    found = api.get("image", "/info/usage").get("usage", {}).get("image_size_total")
    if found is None or found["limit"] < 0:
        return None
    return max(0, int(found["limit"]) - int(found["usage"]))
