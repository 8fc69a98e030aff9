"""Projects are empty once their servers and stacks are gone, not once that was asked for."""

from __future__ import annotations

from typing import cast

import pytest
from ouhai_cloud.cloud import clearing
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.clearing import clear
from ouhai_cloud.cloud.contents import contents
from ouhai_cloud.cloud.errors import CloudUnreachable

from tests.support.fake_api import FakeApi


@pytest.fixture
def api() -> FakeApi:
    """Heat takes its time: a stack is there after its deletion was asked for."""
    made = FakeApi()
    made.tables["stacks"]["s"] = {
        "id": "s",
        "stack_name": "portal",
        "project": "p",
        "stack_status": "DELETE_IN_PROGRESS",
    }
    return made


def emptied(api: FakeApi) -> list[str]:
    return list(clear(cast(Api, api), cast(Api, api), ["p"], []))


def test_it_waits_until_stacks_are_gone(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: api.tables["stacks"].clear())
    assert emptied(api) == ["stack portal deleted"]
    assert contents(cast(Api, api), ["p"]) == []


def test_it_names_a_stack_that_stays(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr("time.sleep", lambda _: None)
    api.tables["stacks"]["s"]["stack_status"] = "DELETE_FAILED"
    with pytest.raises(CloudUnreachable, match=r"stack portal \(s\) is DELETE_FAILED.*heat-engine"):
        emptied(api)
