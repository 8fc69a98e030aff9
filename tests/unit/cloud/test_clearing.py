"""Projects are emptied without loss, and are empty once their servers and stacks are gone."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ouhai_cloud.cloud import clearing
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.archive import open_archive
from ouhai_cloud.cloud.clearing import clear
from ouhai_cloud.cloud.contents import STACK_USERS_TEXT, contents
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
    return [one.english for one in clear(cast(Api, api), cast(Api, api), ["p"], [])]


def test_no_volume_in_the_archive_is_deleted_with_its_stack() -> None:
    api = CentreApi()
    volume = {"name": "data", "status": "available", "size": 1, "attachments": [], OWNER: "p"}
    made = api.put_in("volumes", **volume)
    api.put_in("stacks", **STACK, volumes=[made["id"]])
    archive = open_archive(cast(Api, api))
    list(clear(cast(Api, api), archive, ["p"], []))
    assert contents(cast(Api, api), ["p"]) == []
    assert api.tables["volumes"][made["id"]][OWNER] == archive.own_project_id


def with_users(api: CentreApi) -> tuple[str, str]:
    """Put in the project of the stack's own users, and one of another bureau's stack."""
    api.tables["users"] = {}
    domain = api.put_in("projects", name="heat", is_domain=True)["id"]
    heats = {"is_domain": False, "domain_id": domain, "description": STACK_USERS_TEXT}
    theirs, others = (api.put_in("projects", name=name, **heats)["id"] for name in ("p-s", "q-s"))
    for home in (theirs, others):
        api.put_in("users", name=home, domain_id=domain, default_project_id=home)
    return theirs, others


def homes_of_users(api: CentreApi) -> list[str]:
    return [one["default_project_id"] for one in api.tables["users"].values()]


def test_the_users_of_a_stack_go_with_it() -> None:
    api = CentreApi()
    api.put_in("stacks", **STACK)
    theirs, others = with_users(api)
    emptied(api)
    assert homes_of_users(api) == [others]
    assert theirs not in api.tables["projects"] and others in api.tables["projects"]


@pytest.mark.parametrize("kill", ["^/stacks", "^/users", "^/projects"])
def test_users_of_a_stack_whose_clearing_was_killed_are_found_again(kill: str) -> None:
    api = CentreApi()
    api.put_in("stacks", **STACK)
    theirs, others = with_users(api)
    steps = clear(cast(Api, api), cast(Api, api), ["p"], [])
    if kill == "^/stacks":
        assert next(steps).english == "stack portal abandoned"
        del steps
    else:
        api.refuse["DELETE", kill] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            list(steps)
        api.refuse.clear()
    assert not api.tables["stacks"]
    assert [one.what for one in contents(cast(Api, api), ["p"])] == ["stack_users"]
    emptied(api)
    assert contents(cast(Api, api), ["p"]) == []
    assert homes_of_users(api) == [others]
    assert theirs not in api.tables["projects"] and others in api.tables["projects"]


def test_a_project_that_is_only_called_like_that_of_users_stays() -> None:
    api = CentreApi()
    named = api.put_in("projects", name="p-s", is_domain=False, description="")["id"]
    emptied(api)
    assert named in api.tables["projects"]


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
