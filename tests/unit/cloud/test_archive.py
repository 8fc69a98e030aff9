"""What a leaving bureau made is kept once, also when keeping it was killed in its middle."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.archive import ARCHIVE, MOST, open_archive

from tests.support.fake_api import FakeApi

Json = dict[str, Any]


class CentreApi(FakeApi):
    """The services as the centre's administrator sees them."""

    connection = SimpleNamespace(session=SimpleNamespace(get_user_id=lambda: "admin"))

    def __init__(self) -> None:
        super().__init__()
        self.furnish(())
        self.tables |= {"registered_limits": {}}
        for name in ("image_count_total", "image_size_total", "servers"):
            limit = {"service_id": "s", "region_id": None, "resource_name": name}
            self.put_in("registered_limits", **limit)
        self.own_project_id = self.put_in("projects", name="admin", domain_id="d")["id"]

    def for_project(self, project_id: str) -> CentreApi:
        """Return the same services for another project."""
        other = copy.copy(self)
        other.own_project_id = project_id
        return other


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
