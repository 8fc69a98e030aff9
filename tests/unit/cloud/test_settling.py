"""After an apply we wait for Neutron, though not for ever."""

from typing import cast

import pytest
from ouhai_cloud.cloud import settling
from ouhai_cloud.cloud.api import Api

from tests.support.fake_api import OWNER, FakeApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    monkeypatch.setattr(settling, "POLL_SECONDS", 0.01)
    made = FakeApi()
    for name in ("mine", "theirs"):
        made.tables["ports"][name] = {"id": name, "device_owner": OWNER, "status": "DOWN"}
    return made


def test_it_waits_until_our_ports_are_handled(api: FakeApi) -> None:
    told: list[int] = []

    def tell(left: int) -> None:
        told.append(left)
        api.tables["ports"]["mine"]["status"] = "ACTIVE"

    assert settling.settle(cast(Api, api), ["mine"], tell) == settling.Settled(0, frozenset())
    assert told == [1]


def test_it_gives_up_in_the_end_and_says_how_many_are_left(api: FakeApi) -> None:
    assert settling.settle(cast(Api, api), ["mine"], patience_seconds=0.05).waiting == 1


def test_it_tells_what_neutron_took_back(api: FakeApi) -> None:
    api.tables["ports"]["mine"]["status"] = "ACTIVE"
    assert settling.settle(cast(Api, api), ["mine", "gone"]).taken_back == {"gone"}
