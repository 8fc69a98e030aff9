"""What a leaving bureau made is kept once, also when keeping it was killed in its middle."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.archive import ARCHIVE, MOST, keep_images, keep_volume, open_archive
from ouhai_cloud.cloud.contents import contents
from ouhai_cloud.cloud.errors import Refused

from tests.support.fake_api import FakeApi

Json = dict[str, Any]
GRACE_ENDED = datetime(2026, 3, 8, tzinfo=UTC)


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
            made = {"owner": self.own_project_id, "status": "active", "created_at": self.now}
            return {"image_id": self.put_in("images", **body["createImage"], **made)["id"]}
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


@pytest.fixture
def api() -> CentreApi:
    return CentreApi()


def opened(api: CentreApi) -> CentreApi:
    return cast(CentreApi, open_archive(cast(Api, api)))


def test_the_archive_is_made_once_and_has_room(api: CentreApi) -> None:
    archive = opened(api)
    assert opened(api).own_project_id == archive.own_project_id
    limits = [
        (one["resource_name"], one["resource_limit"]) for one in api.tables["limits"].values()
    ]
    assert sorted(limits) == [("image_count_total", MOST), ("image_size_total", MOST)]
    assert api.quotas["volume"][archive.own_project_id]["gigabytes"] == -1
    assert any(archive.own_project_id in one for one in api.grants)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "roles"), ("PUT", "os-quota-sets"), ("POST", "^/limits")]
)
def test_a_half_made_archive_is_furnished_the_next_time(
    api: CentreApi, method: str, path: str
) -> None:
    api.refuse[method, path] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        open_archive(cast(Api, api))
    api.refuse.clear()
    test_the_archive_is_made_once_and_has_room(api)
    assert len([one for one in api.tables["projects"].values() if one["name"] == ARCHIVE]) == 1


def keep_volumes(api: CentreApi, archive: CentreApi) -> None:
    for item in contents(cast(Api, api), ["p"]):
        keep_volume(cast(Api, api), cast(Api, archive), item)


def test_a_transfer_that_was_killed_before_it_was_accepted_is_begun_again(api: CentreApi) -> None:
    archive = opened(api)
    volume = {"name": "data", "status": "available", "size": 1, "attachments": []}
    owner = "os-vol-tenant-attr:tenant_id"
    mine = api.put_in("volumes", **volume, **{owner: "p"})
    other = api.put_in("volumes", **{**volume, "status": "awaiting-transfer"}, **{owner: "q"})
    theirs = api.put_in("transfers", volume_id=other["id"], name="of somebody else")
    api.refuse["POST", "/accept$"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        keep_volumes(api, archive)
    assert mine["status"] == "awaiting-transfer"
    api.refuse.clear()
    keep_volumes(api, archive)
    assert (mine["status"], mine[owner]) == ("available", archive.own_project_id)
    assert list(api.tables["transfers"]) == [theirs["id"]]


def kept(api: CentreApi, archive: CentreApi) -> list[str]:
    items = contents(cast(Api, api), ["p"])
    return list(keep_images(cast(Api, archive), items, GRACE_ENDED))


def test_an_archiving_that_is_repeated_makes_no_second_images(api: CentreApi) -> None:
    archive = opened(api)
    for name in ("one", "two"):
        api.put_in("servers", name=name, tenant_id="p", status="ACTIVE", image={"id": "i"})
    last = list(api.tables["servers"])[-1]
    api.refuse["POST", f"/servers/{last}/action"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        kept(api, archive)
    api.refuse.clear()
    assert len(kept(api, archive)) == len(kept(api, archive)) == 2
    assert len(api.tables["images"]) == 2


def test_an_image_of_an_earlier_retirement_or_one_that_failed_is_not_enough(api: CentreApi) -> None:
    archive = opened(api)
    api.put_in("servers", name="n" * 255, tenant_id="p", status="ACTIVE", image={"id": "i"})
    kept(api, archive)
    (image,) = api.tables["images"].values()
    assert len(image["name"]) <= 255
    image["created_at"] = "2025-03-09T08:00:00Z"
    kept(api, archive)
    list(api.tables["images"].values())[-1]["status"] = "killed"
    kept(api, archive)
    assert len(api.tables["images"]) == 3
