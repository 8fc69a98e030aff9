"""What a leaving bureau made is kept once, also when keeping it was killed in its middle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.archive import ARCHIVE, MOST, keep_images, keep_volume, open_archive
from ouhai_cloud.cloud.contents import contents
from ouhai_cloud.cloud.errors import CloudUnreachable

from tests.support.centre_api import CentreApi

GRACE_ENDED = datetime(2026, 3, 8, tzinfo=UTC)


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
    return [one.english for one in keep_images(cast(Api, archive), items, GRACE_ENDED)]


def test_an_archiving_that_is_repeated_makes_no_second_images(api: CentreApi) -> None:
    archive = opened(api)
    for name in ("one", "two"):
        api.put_in("servers", name=name, tenant_id="p", status="SHUTOFF", image={"id": "i"})
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


def test_an_image_that_nova_gave_up_is_named_and_made_anew_the_next_time(
    api: CentreApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened(api)
    api.put_in("servers", name="web", tenant_id="p", status="SHUTOFF", image={"id": "i"})
    real = CentreApi._server_action

    def action(self: CentreApi, server: Json, body: Json) -> Json:
        answer = real(self, server, body)
        self.tables["images"].clear()
        return answer

    with monkeypatch.context() as patch, pytest.raises(CloudUnreachable) as error:
        patch.setattr(CentreApi, "_server_action", action)
        kept(api, archive)
    assert "of server web is deleted" in str(error.value)
    assert "look at nova-compute" in str(error.value)
    kept(api, archive)
    assert len(api.tables["images"]) == 1


def test_no_image_that_was_kept_can_be_deleted_with_a_stack(api: CentreApi) -> None:
    archive = opened(api)
    made = {"status": "active", "created_at": api.now}
    image = api.put_in("images", name="of a stack's snapshot", owner="p", **made)
    kept(api, archive)
    assert image["owner"] == archive.own_project_id
    assert image["protected"] is True


@pytest.mark.parametrize("visibility", ["public", "private", "shared", "community"])
@pytest.mark.parametrize("hidden", ["false", "true"])
def test_an_image_that_glance_does_not_list_by_itself_is_kept_too(
    api: CentreApi, visibility: str, hidden: str
) -> None:
    how = {"status": "active", "visibility": visibility, "os_hidden": hidden}
    image = api.put_in("images", name="i", owner="p", created_at=api.now, **how)
    assert len(contents(cast(Api, api), ["p"])) == 1
    kept(api, opened(api))
    assert (image["owner"], image["visibility"]) == (opened(api).own_project_id, "private")
    assert contents(cast(Api, api), ["p"]) == []


@pytest.mark.parametrize("killed", [False, True])
def test_what_a_server_wrote_after_an_earlier_image_is_kept(
    api: CentreApi, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    archive = opened(api)
    server = api.put_in("servers", name="n", tenant_id="p", status="ACTIVE", image={"id": "i"})
    kept(api, archive)
    server["status"] = "ACTIVE"
    if killed:
        real = CentreApi._server_action

        def action(self: CentreApi, server: Json, body: Json) -> Json:
            if "createImage" in body:
                raise KeyboardInterrupt
            return real(self, server, body)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(CentreApi, "_server_action", action)
            kept(api, archive)
    kept(api, archive)
    kept(api, archive)
    earlier, last = api.tables["images"].values()
    assert earlier["name"] == f"{last['name']} outdated"
    assert server["status"] == earlier["server_was"] == last["server_was"] == "SHUTOFF"


def test_a_server_that_does_not_stop_is_named(
    api: CentreApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ouhai_cloud.cloud.archive.STOP_SECONDS", -1.0)
    monkeypatch.setattr(CentreApi, "_server_action", lambda *_: {})
    api.put_in("servers", name="n", tenant_id="p", status="ACTIVE", image={"id": "i"})
    with pytest.raises(CloudUnreachable, match=r"server n .* is ACTIVE .* told to stop"):
        kept(api, opened(api))
    assert not api.tables["images"]
