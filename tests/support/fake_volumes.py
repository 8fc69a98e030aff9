"""Cinder in memory, as far as copies of applications use it: volumes, snapshots, their content.

What is begun is done at once.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.errors import Refused

NOUNS = {"volumes": "volume", "snapshots": "snapshot"}


class FakeVolumes:
    """Keeps volumes and snapshots by id; ``content`` is what each holds."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Json]] = {"volumes": {}, "snapshots": {}}
        self.content: dict[str, bytes] = {}
        self.refusal = ""
        self._ids = count(1)

    def add(self, name: str, size: int, content: bytes, status: str = "available") -> str:
        """Put in a volume and return its id."""
        id_ = f"00000000-0000-4000-8000-{next(self._ids):012}"
        row = {"id": id_, "name": name, "size": size, "status": status, "metadata": {}}
        self.rows["volumes"][id_] = row
        self.content[id_] = content
        return id_

    def get(self, path: str) -> Json:
        """Answer a GET of one object."""
        collection, id_ = path.strip("/").split("/")
        return {NOUNS[collection]: dict(self._of(collection, id_))}

    def list(self, path: str, search: Json) -> list[Json]:
        """Answer a GET of a collection."""
        rows = self.rows[path.split("/")[1]].values()
        wanted = {key: value for key, value in search.items() if key != "collection"}
        return [dict(row) for row in rows if wanted.items() <= row.items()]

    def post(self, path: str, body: Json, images: dict[str, Json]) -> Json:
        """Answer a POST that makes something; images are given and made by their content."""
        ((noun, asked),) = body.items()
        if noun == "volume":
            source = asked.get("snapshot_id")
            held = self.content[source] if source else images[asked["imageRef"]]["content"]
            return {"volume": {"id": self.add(asked["name"], asked["size"], held)}}
        if noun == "snapshot":
            return {"snapshot": {"id": self._take(asked)}}
        id_ = path.split("/")[2]
        image = {"id": f"image-of-{id_}", "name": asked["image_name"], "status": "active"}
        image |= {"content": self.content[id_], "size": len(self.content[id_])}
        images[image["id"]] = image | {"visibility": "private"}
        return {noun: {"image_id": image["id"]}}

    def send(self, path: str, body: Any) -> None:
        """Answer a POST that changes something."""
        row = self._of("volumes", path.split("/")[2])
        if path.endswith("/metadata"):
            row["metadata"] |= body["metadata"]
            return
        taken = self._of("snapshots", body["revert"]["snapshot_id"])
        newest = [one for one in self.rows["snapshots"].values() if one["volume_id"] == row["id"]]
        if taken is not newest[-1] or row["status"] != "available":
            raise Refused(f"POST {path}", 400, "not the newest, or in use")
        self.content[row["id"]] = self.content[taken["id"]]

    def delete(self, path: str) -> None:
        """Remove something; Cinder keeps a volume that has snapshots or is in use."""
        collection, id_, *key = path.strip("/").split("/")
        row = self.rows[collection].get(id_)
        if key:
            self._of(collection, id_)["metadata"].pop(key[1], None)
            return
        snapshots = [one["volume_id"] for one in self.rows["snapshots"].values()]
        if row and (row["status"] == "in-use" or id_ in snapshots):
            raise Refused(f"DELETE {path}", 400, "in use, or has snapshots")
        self.rows[collection].pop(id_, None)

    def status(self, id_: str, status: str) -> None:
        """Let a volume be attached or detached."""
        if id_ in self.rows["volumes"]:
            self.rows["volumes"][id_]["status"] = status

    def _take(self, asked: Json) -> str:
        if self.refusal:
            raise Refused("POST /snapshots", 413, self.refusal)
        volume = self._of("volumes", asked["volume_id"])
        number = next(self._ids)
        row = {"id": f"snapshot-{number}", "name": asked["name"], "size": volume["size"]}
        row |= {"status": "available", "volume_id": volume["id"], "metadata": asked["metadata"]}
        row |= {"created_at": f"2026-11-25T00:{number // 60:02}:{number % 60:02}.000000"}
        self.rows["snapshots"][row["id"]] = row
        self.content[row["id"]] = self.content[volume["id"]]
        return str(row["id"])

    def _of(self, collection: str, id_: str) -> Json:
        if id_ not in self.rows[collection]:
            raise Refused(f"GET /{collection}/{id_}", 404, "not found")
        return self.rows[collection][id_]
