"""Projects are emptied without loss, and are empty once their servers and stacks are gone."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ouhai_cloud.cloud import clearing
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.archive import open_archive
from ouhai_cloud.cloud.clearing import clear
from ouhai_cloud.cloud.contents import contents
from ouhai_cloud.cloud.errors import CloudUnreachable

from tests.support.centre_api import CentreApi
from tests.support.fake_api import FakeApi

STACK: dict[str, Any] = {
    "id": "s",
    "stack_name": "portal",
    "project": "p",
    "stack_status": "CREATE_FAILED",
}
OWNER = "os-vol-tenant-attr:tenant_id"


class SlowApi(FakeApi):
    """Heat takes its time: a stack is there after its deletion was asked for."""

    def __init__(self, *statuses: str) -> None:
        super().__init__()
        self.tables["stacks"]["s"] = dict(STACK)
        self.statuses = list(statuses)

    def delete(self, _service: str, path: str) -> None:
        """Begin to delete a stack."""

    def sleep(self, _seconds: float) -> None:
        """Let Heat go on."""
        if self.statuses:
            self.tables["stacks"]["s"]["stack_status"] = self.statuses.pop(0)
        else:
            self.tables["stacks"].clear()


def emptied(api: FakeApi) -> list[str]:
    return list(clear(cast(Api, api), cast(Api, api), ["p"], []))


def test_no_volume_in_the_archive_is_deleted_with_its_stack() -> None:
    api = CentreApi()
    volume = {"name": "data", "status": "available", "size": 1, "attachments": [], OWNER: "p"}
    made = api.put_in("volumes", **volume)
    api.put_in("stacks", **STACK, volumes=[made["id"]])
    archive = open_archive(cast(Api, api))
    list(clear(cast(Api, api), archive, ["p"], []))
    assert contents(cast(Api, api), ["p"]) == []
    assert api.tables["volumes"][made["id"]][OWNER] == archive.own_project_id


def test_the_users_of_a_stack_go_with_it() -> None:
    api = CentreApi()
    api.tables["users"] = {}
    api.put_in("stacks", **STACK)
    domain = api.put_in("projects", name="heat", is_domain=True)["id"]
    theirs, others = (
        api.put_in("projects", name=name, is_domain=False, domain_id=domain)["id"]
        for name in ("p-s", "p-t")
    )
    for home in (theirs, others):
        api.put_in("users", name=home, domain_id=domain, default_project_id=home)
    emptied(api)
    assert [one["default_project_id"] for one in api.tables["users"].values()] == [others]
    assert theirs not in api.tables["projects"] and others in api.tables["projects"]


@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "DELETE_FAILED"])
def test_it_waits_until_stacks_are_gone(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api = SlowApi(status, "DELETE_IN_PROGRESS")
    monkeypatch.setattr("time.sleep", api.sleep)
    assert emptied(api) == ["stack portal abandoned"]
    assert contents(cast(Api, api), ["p"]) == []


def test_it_names_a_stack_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(CloudUnreachable, match=r"stack portal \(s\) is CREATE_FAILED.*heat-engine"):
        emptied(SlowApi())


def test_a_stack_that_heat_gave_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    api = SlowApi("DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_FAILED")
    monkeypatch.setattr("time.sleep", api.sleep)
    with pytest.raises(CloudUnreachable, match=r"stack portal \(s\) is DELETE_FAILED"):
        emptied(api)
    assert not api.statuses
