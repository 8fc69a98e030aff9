"""Volumes of Cinder and their snapshots, as a member of their project may handle them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Refused


@dataclass(frozen=True)
class Volume:
    """A volume.

    :param marks: its metadata.
    """

    id: str
    name: str
    status: str
    gib: int
    marks: Mapping[str, str]


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a volume.

    :param made_at: ISO 8601, UTC, without a zone, to the second.
    :param marks: its metadata.
    """

    id: str
    name: str
    status: str
    volume_id: str
    gib: int
    made_at: str
    marks: Mapping[str, str]


def volume(api: Api, volume_id: str) -> Volume | None:
    """Return a volume, None when there is none."""
    row = _one(api, f"/volumes/{volume_id}", "volume")
    return _volume(row) if row else None


def volumes(api: Api, **search: str) -> list[Volume]:
    """Return the own project's volumes.

    :param search: such as ``name``.
    """
    return [_volume(row) for row in _list(api, "volumes", **search)]


def create(api: Api, name: str, gib: int, **source: str) -> str:
    """Begin to make a volume and return its id.

    :param source: ``snapshot_id`` or ``imageRef``, by which it is filled.
    """
    api.warm("block_storage")
    body = {"volume": {"name": name, "size": gib, **source}}
    return str(api.post("block_storage", "/volumes", body)["volume"]["id"])


def mark(api: Api, volume_id: str, **marks: str) -> None:
    """Add to a volume's metadata."""
    api.warm("block_storage")
    body = {"metadata": marks}
    api.send("block_storage", "POST", f"/volumes/{volume_id}/metadata", body=body)


def unmark(api: Api, volume_id: str, key: str) -> None:
    """Take one key out of a volume's metadata, if it is there."""
    api.delete("block_storage", f"/volumes/{volume_id}/metadata/{key}")


def revert(api: Api, taken: Snapshot) -> None:
    """Begin to bring a volume that nobody holds back to its newest snapshot.

    :raises Refused: it is not the newest, or the volume is held.
    """
    body = {"revert": {"snapshot_id": taken.id}}
    path = f"/volumes/{taken.volume_id}/action"
    api.send("block_storage", "POST", path, body=body, again=False)


def upload(api: Api, volume_id: str, image_name: str, disk_format: str) -> str:
    """Begin to make an image of a volume that nobody holds, and return the image's id."""
    action = {"image_name": image_name, "disk_format": disk_format, "container_format": "bare"}
    path = f"/volumes/{volume_id}/action"
    made = api.post("block_storage", path, {"os-volume_upload_image": action})
    return str(made["os-volume_upload_image"]["image_id"])


def snapshots(api: Api, **search: str) -> list[Snapshot]:
    """Return the own project's snapshots, the newest first.

    :param search: ``volume_id`` or ``name``.
    """
    found = [_snapshot(row) for row in _list(api, "snapshots", **search)]
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def snapshot(api: Api, snapshot_id: str) -> Snapshot | None:
    """Return a snapshot, None when there is none."""
    row = _one(api, f"/snapshots/{snapshot_id}", "snapshot")
    return _snapshot(row) if row else None


def take_snapshot(api: Api, volume_id: str, name: str, **marks: str) -> str:
    """Begin to take a snapshot and return its id; also of a volume that a server holds."""
    api.warm("block_storage")
    body = {"volume_id": volume_id, "name": name, "metadata": marks, "force": True}
    made = api.post("block_storage", "/snapshots", {"snapshot": body})
    return str(made["snapshot"]["id"])


def delete_snapshot(api: Api, snapshot_id: str) -> None:
    """Begin to delete a snapshot."""
    api.delete("block_storage", f"/snapshots/{snapshot_id}")


def _list(api: Api, collection: str, **search: str) -> list[Json]:
    api.warm("block_storage")
    words: Json = dict(search)
    return api.list("block_storage", f"/{collection}/detail", collection=collection, **words)


def _one(api: Api, path: str, noun: str) -> Json | None:
    api.warm("block_storage")
    try:
        found: Json = api.get("block_storage", path)[noun]
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return None
    return found


def _volume(row: Json) -> Volume:
    return Volume(row["id"], row["name"] or "", row["status"], row["size"], row["metadata"])


def _snapshot(row: Json) -> Snapshot:
    return Snapshot(
        id=row["id"],
        name=row["name"] or "",
        status=row["status"],
        volume_id=row["volume_id"],
        gib=row["size"],
        made_at=row["created_at"].partition(".")[0],
        marks=row["metadata"],
    )
