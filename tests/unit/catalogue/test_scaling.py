"""Copies given more or fewer servers, on Heat and Nova in memory."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ouhai_cloud.catalogue import copies, moving, scaling, setups, shelf, waiting
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.catalogue.scaling import Scaling
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.errors import CopyFailed, MoveRefused, NotEnoughLeft, ValuesInvalid

from tests.runner.paths import ROOT
from tests.support.entries import SERVER
from tests.support.fake_applications import FakeApplications

KEY = {"public_key": "ssh-ed25519 " + "A" * 68}
FLAVORS = dict.fromkeys(("web_flavor", "balancer_flavor", "database_flavor"), "small")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)


@pytest.fixture
def fake() -> FakeApplications:
    """Return a cloud with a copy of a business system, which has one web server."""
    fake = FakeApplications()
    api = cast(Api, fake)
    shelf.publish(api, load(ROOT / "heat-templates/business-system/1", "lab"))
    entry = shelf.take(api, "business-system")
    copies.deploy(api, copies.propose(api, entry, "web1", KEY | FLAVORS), silent)
    return fake


@pytest.fixture
def api(fake: FakeApplications) -> Api:
    return cast(Api, fake)


def silent(_: str) -> None:
    """Say nothing."""


def servers(api: Api) -> dict[str, str]:
    """Return the ids of a copy's servers by their names."""
    return {
        one.name: one.id for one in copies.look(api, "web1").parts if one.type == "OS::Nova::Server"
    }


def scale(api: Api, count: int) -> Scaling:
    found = scaling.propose(api, "web1", count)
    scaling.scale(api, found, silent)
    return found


def carried(api: Api) -> int | None:
    """Return how many the copy says it was given; None when nobody said."""
    present, _ = setups.read(api, copies.look(api, "web1").stack)
    found: int | None = present.parameters.get("web_servers")
    return found


def test_servers_come_and_the_others_stay(fake: FakeApplications, api: Api) -> None:
    (first,) = servers(api).values()
    found = scale(api, 3)
    assert (found.was, found.count, found.leaving) == (1, 3, ())
    assert found.move.taken.servers == 2 and found.move.taken.cores == 2
    assert list(servers(api)) == ["web/0/server", "web/1/server", "web/2/server"]
    assert servers(api)["web/0/server"] == first
    assert fake.stopped == [] and carried(api) == 3


def test_the_last_servers_go_and_are_shut_down_before(fake: FakeApplications, api: Api) -> None:
    scale(api, 3)
    before = servers(api)
    found = scale(api, 1)
    assert [one.name for one in found.leaving] == ["web/1/server", "web/2/server"]
    assert fake.stopped == [before["web/1/server"], before["web/2/server"]]
    assert servers(api) == {"web/0/server": before["web/0/server"]}
    assert carried(api) == 1 and found.move.taken.servers == 0


def test_it_goes_back_when_new_servers_are_not_well(fake: FakeApplications, api: Api) -> None:
    before = servers(api)
    fake.words = "The guest says: nginx does not start"
    with pytest.raises(CopyFailed, match="nginx does not start") as caught:
        scale(api, 2)
    assert "It has 1 of these servers as before" in str(caught.value)
    assert servers(api) == before and carried(api) is None
    assert copies.look(api, "web1").failure == ""


def test_when_it_cannot_go_back_it_is_tried_again(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, fake.words = servers(api), "The guest says: nginx does not start"
    change = moving.change

    def broken(*words: Any) -> copies.Copy:
        if copies.look(api, "web1").failure:
            raise CopyFailed("Heat is ill")
        return change(*words)

    with monkeypatch.context() as patch:
        patch.setattr(moving, "change", broken)
        with pytest.raises(CopyFailed, match=r"Heat is ill\nTry again: .* scale web1 --count 1"):
            scale(api, 2)
    assert copies.look(api, "web1").stack.status == "UPDATE_FAILED"
    fake.words = ""
    scale(api, 1)
    assert servers(api) == before and copies.look(api, "web1").failure == ""


def test_proposing_changes_nothing(fake: FakeApplications, api: Api) -> None:
    before = dict(fake.things)
    scaling.propose(api, "web1", 4)
    assert fake.things == before and carried(api) is None


def test_what_is_not_allowed_is_refused_with_the_reason(fake: FakeApplications, api: Api) -> None:
    with pytest.raises(ValuesInvalid, match=r"web_servers = '9': not allowed; it must be 1 至 8 /"):
        scaling.propose(api, "web1", 9)
    with pytest.raises(MoveRefused, match="has 1 of these servers already"):
        scaling.propose(api, "web1", 1)
    fake.cores_used = 3
    with pytest.raises(NotEnoughLeft, match="needs 2, left 1"):
        scaling.propose(api, "web1", 3)


def test_an_application_of_one_server_does_not_scale(api: Api) -> None:
    shelf.publish(api, load(SERVER, "lab"))
    entry = shelf.take(api, "server")
    copies.deploy(api, copies.propose(api, entry, "plain", KEY | {"flavor": "small"}), silent)
    with pytest.raises(MoveRefused, match="plain does not scale: server 1 has a fixed number"):
        scaling.propose(api, "plain", 2)
