"""The services' APIs in memory as the centre's administrator sees them: transfers and images."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

from ouhai_cloud.cloud.api import Json
from ouhai_cloud.cloud.errors import Refused

from tests.support.fake_api import FakeApi


class CentreApi(FakeApi):
    """The services as the centre's administrator sees them."""

    now = "2026-03-09T08:00:00Z"
    connection = SimpleNamespace(session=SimpleNamespace(get_user_id=lambda: "admin"))

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, str] = {}
        self.furnish(())
        self.tables |= {"registered_limits": {}, "transfers": {}}
        for name in ("image_count_total", "image_size_total", "servers"):
            limit = {"service_id": "s", "region_id": None, "resource_name": name}
            self.put_in("registered_limits", **limit)
        self.own_project_id = self.put_in("projects", name="admin", domain_id="d")["id"]

    def for_project(self, project_id: str) -> CentreApi:
        """Return the same services for another project."""
        other = copy.copy(self)
        other.own_project_id = project_id
        return other

    def post(self, _service: str, path: str, body: Json, **_: bool) -> Json:
        """Answer what is asked of Cinder and Nova, too."""
        if path.startswith("/servers/"):
            self._ask("POST", path)
            return self._server_action(self._of("servers", path.split("/")[2]), body)
        if not path.startswith("/volume-transfers"):
            return super().post(_service, path, body)
        self._ask("POST", path)
        if path.endswith("/accept"):
            return self._accept(path.split("/")[2], body["accept"]["auth_key"])
        volume = self._of("volumes", body["transfer"]["volume_id"])
        if volume["status"] != "available":
            raise Refused("POST /volume-transfers", 400, "status must be available")
        volume["status"] = "awaiting-transfer"
        made = self.put_in("transfers", **body["transfer"])
        self.keys[made["id"]] = f"key of {made['id']}"
        return {"transfer": {**made, "auth_key": self.keys[made["id"]]}}

    def _server_action(self, server: Json, body: Json) -> Json:
        if "os-stop" in body:
            server["status"] = "SHUTOFF"
            return {}
        made = {"owner": self.own_project_id, "status": "active", "created_at": self.now}
        made |= {"server_was": server["status"], **body["createImage"]}
        return {"image_id": self.put_in("images", **made)["id"]}

    def send(self, _service: str, method: str, path: str, **options: Any) -> None:
        """Answer a change of an image."""
        self._ask(method, path)
        image = self._of(*path.strip("/").split("/"))
        image |= {one["path"].strip("/"): one["value"] for one in options["body"]}

    def _accept(self, transfer: str, auth_key: str) -> Json:
        if self.keys[transfer] != auth_key:
            raise Refused("accept", 400, "wrong key")
        volume = self._of("volumes", self.tables["transfers"].pop(transfer)["volume_id"])
        volume |= {"status": "available", "os-vol-tenant-attr:tenant_id": self.own_project_id}
        return {}

    def delete(self, _service: str, path: str) -> None:
        """Answer what is asked of Cinder, too."""
        if path.startswith("/volume-transfers"):
            volume_id = self.tables["transfers"].pop(path.split("/")[2])["volume_id"]
            self._of("volumes", volume_id)["status"] = "available"
        else:
            super().delete(_service, path)
