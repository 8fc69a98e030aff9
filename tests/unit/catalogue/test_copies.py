"""Publishing, deploying and removing, on Glance and Heat in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from ouhai_cloud.catalogue import copies, removing, shelf, verifying, waiting
from ouhai_cloud.catalogue.entry import Entry, load
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.published import published
from ouhai_cloud.errors import (
    CopyClosed,
    CopyExists,
    CopyFailed,
    CopyUnknown,
    EntryConflicts,
    EntryInvalid,
    EntryUnknown,
    NotEnoughLeft,
    ValuesInvalid,
)

from tests.runner.paths import ROOT
from tests.support.fake_applications import BUILD, FakeApplications

FOLDER = ROOT / "heat-templates/server/1"
BUSINESS = ROOT / "heat-templates/business-system/1"
NESTED = "nested/web-server.yaml"
VALUES = {"public_key": "ssh-ed25519 " + "A" * 68}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)


@pytest.fixture
def fake() -> FakeApplications:
    return FakeApplications()


@pytest.fixture
def api(fake: FakeApplications) -> Api:
    return cast(Api, fake)


@pytest.fixture
def entry(api: Api) -> Entry:
    shelf.publish(api, load(FOLDER, "lab"))
    return shelf.take(api, "server")


def deployed(api: Api, entry: Entry, name: str = "web1") -> copies.Copy:
    return copies.deploy(api, copies.propose(api, entry, name, VALUES), silent)


def silent(_: str) -> None:
    """Say nothing."""


def made(fake: FakeApplications) -> int:
    return fake.requests["POST /stacks"]


def test_what_is_published_is_taken_unchanged(api: Api, entry: Entry) -> None:
    assert entry.texts == load(FOLDER, "lab").texts
    (row,) = published(api)
    assert (row.application, row.version, row.withdrawn) == ("server", "1", False)
    assert row.titles == {"zh": "云主机", "en": "Server"}


def test_an_image_that_is_withdrawn_or_of_which_there_are_two_is_told_before_anything_is_made(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    newer = fake.rebuild("debian")
    fake.builds[BUILD.format(9)] = "debian"
    with pytest.raises(ValuesInvalid, match=f"several images are called so.*{newer}"):
        deployed(api, entry)
    fake.builds.clear()
    with pytest.raises(ValuesInvalid, match="image = 'debian': there is no such image"):
        deployed(api, entry)
    assert made(fake) == 0


def test_a_reader_is_told_that_a_copy_is_closed_to_them(
    fake: FakeApplications, api: Api, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(api, entry)

    def get(service: str, path: str, **_: Any) -> None:
        raise Refused(f"GET {path}", 403, "not authorized")

    monkeypatch.setattr(fake, "get", get)
    with pytest.raises(CopyClosed, match="members and managers of the project may look"):
        copies.look(api, "web1")


def test_publishing_twice_is_as_good_as_once(fake: FakeApplications, api: Api) -> None:
    one = load(FOLDER, "lab")
    assert shelf.foresee(api, one) == "would be published"
    assert [shelf.publish(api, one) for _ in range(2)] == ["published", "unchanged"]
    assert shelf.foresee(api, one) == "unchanged"
    assert fake.requests["POST /images"] == 1


def test_a_version_does_not_change(api: Api, entry: Entry) -> None:
    text = entry.texts["template"].replace("default: 600", "default: 900")
    other = Entry({**entry.texts, "template": text})
    for act in (shelf.publish, shelf.foresee):
        with pytest.raises(EntryConflicts, match="copy the folder to a new version"):
            act(api, other)


@pytest.mark.parametrize(
    ("folder", "word", "files"),
    [
        (FOLDER, "user_data_format", ["server/1/template.yaml"]),
        (BUSINESS, "role: member", ["business-system/1/nested/web-server.yaml"]),
        (BUSINESS, "%guest%", ["business-system/1/template.yaml", f"business-system/1/{NESTED}"]),
    ],
)
def test_what_heat_does_not_take_is_named_with_its_file(
    fake: FakeApplications, api: Api, folder: Path, word: str, files: list[str]
) -> None:
    fake.invalid = word
    with pytest.raises(EntryInvalid) as caught:
        shelf.foresee(api, load(folder, "lab"))
    words = f"Heat refuses it: Unknown Property {word}"
    assert str(caught.value).splitlines() == [f"{file}: {words}" for file in files]


def test_what_the_district_sets_may_change(fake: FakeApplications, api: Api, entry: Entry) -> None:
    shelf.withdraw(api, "server", "1")
    other = load(FOLDER, "production")
    assert shelf.foresee(api, other) == "would be revised"
    assert shelf.publish(api, other) == "revised"
    assert shelf.take(api, "server").environment == other.environment
    assert len(fake.images) == 1
    assert shelf.publish(api, other) == "unchanged"


def test_who_is_not_the_centre_cannot_publish_and_leaves_nothing(fake: FakeApplications) -> None:
    fake.centre = False
    with pytest.raises(Refused):
        shelf.publish(cast(Api, fake), load(FOLDER, "lab"))
    assert fake.images == {}


def test_an_upload_that_breaks_leaves_nothing(
    fake: FakeApplications, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise Refused("PUT file", 413, "the store is full")

    monkeypatch.setattr(fake, "send", broken)
    with pytest.raises(Refused, match="full"):
        shelf.publish(cast(Api, fake), load(FOLDER, "lab"))
    assert fake.images == {}


def test_a_withdrawn_version_is_refused_and_can_come_back(api: Api, entry: Entry) -> None:
    assert [shelf.withdraw(api, "server", "1") for _ in range(2)] == [True, False]
    for version in ("", "1"):
        with pytest.raises(EntryUnknown, match="was withdrawn by the centre"):
            shelf.take(api, "server", version)
    assert shelf.foresee(api, entry) == "would be restored"
    assert shelf.publish(api, entry) == "restored"
    assert shelf.take(api, "server").digest == entry.digest


def test_what_the_catalogue_lacks_is_told_with_what_it_has(api: Api, entry: Entry) -> None:
    with pytest.raises(EntryUnknown, match="no application 'oa', but server"):
        shelf.take(api, "oa")
    with pytest.raises(EntryUnknown, match="no server 9"):
        shelf.take(api, "server", "9")
    with pytest.raises(EntryUnknown, match="no server 9"):
        shelf.withdraw(api, "server", "9")


def test_the_newest_offered_version_is_taken_by_number(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    ((id_, image),) = fake.images.items()
    for version in ("9", "10", "1.5"):
        more = {"id": version, "ouhai_catalogue_version": version}
        fake.images[version] = image | more
    assert [one.version for one in published(api)] == ["10", "9", "1.5", "1"]
    assert shelf.choose(published(api), "server").id == "10"
    fake.images["10"]["status"] = "deactivated"
    assert shelf.choose(published(api), "server").id == "9"
    assert shelf.choose(published(api), "server", "1").id == id_


def test_a_document_that_somebody_changed_is_refused(fake: FakeApplications, entry: Entry) -> None:
    (image,) = fake.images.values()
    image["content"] = b"{}"
    with pytest.raises(EntryInvalid, match="digest"):
        shelf.take(cast(Api, fake), "server")


def test_a_copy_is_made_with_progress(api: Api, entry: Entry) -> None:
    proposal = copies.propose(api, entry, "web1", VALUES)
    assert proposal.asked["parameters"]["network"] == "n1"
    assert (proposal.size.cores, proposal.size.volume_gib) == (1, 1)
    assert proposal.cost == 60 + 30 + 0.6 * 11
    said: list[str] = []
    copy = copies.deploy(api, proposal, said.append)
    assert (copy.application, copy.version, copy.failure) == ("server", "1", "")
    assert copy.stack.outputs["address"] == "10.0.0.9"
    assert any(line.startswith("server: create complete (") for line in said)
    assert [one.name for one in copies.copies(api)] == ["web1"]


@pytest.mark.parametrize("name", ["教育局网站", "x" * 200])
def test_a_name_that_cannot_be_is_refused_first(
    fake: FakeApplications, api: Api, entry: Entry, name: str
) -> None:
    with pytest.raises(ValuesInvalid, match="begins with a letter"):
        copies.propose(api, entry, name, VALUES)
    assert made(fake) == 0


def test_several_networks_must_be_chosen_from(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    fake.networks.append({"id": "n2", "name": "other"})
    with pytest.raises(ValuesInvalid, match=r"2 networks \(mzj-oa, other\)"):
        copies.propose(api, entry, "web1", VALUES)
    chosen = copies.propose(api, entry, "web1", VALUES | {"network": "n2"})
    assert chosen.asked["parameters"]["network"] == "n2"


def test_what_heat_refuses_is_told_before_anything_is_made(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    fake.refusal = "The flavor huge could not be found."
    with pytest.raises(ValuesInvalid, match=r"Nothing was created[\s\S]*flavor huge"):
        copies.propose(api, entry, "web1", VALUES)
    assert made(fake) == 0


def test_without_room_nothing_is_made(fake: FakeApplications, api: Api, entry: Entry) -> None:
    fake.cores_used = 4
    with pytest.raises(NotEnoughLeft, match=r"cores 核: needs 1, left 0 \(4 of 4 used\)"):
        copies.propose(api, entry, "web1", VALUES)
    assert made(fake) == 0


def test_a_name_that_is_taken_is_refused(fake: FakeApplications, api: Api, entry: Entry) -> None:
    deployed(api, entry)
    with pytest.raises(CopyExists, match="openstack app status web1"):
        copies.propose(api, entry, "web1", VALUES)
    assert made(fake) == 1


def test_a_failure_is_told_in_the_words_of_what_failed_first(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    fake.words = "The guest says: disk full"
    with pytest.raises(CopyFailed, match=r"port: The guest says: disk full"):
        deployed(api, entry)
    assert copies.look(api, "web1").failure == "port: The guest says: disk full"


def test_a_stack_that_is_no_copy_is_not_touched(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    deployed(api, entry)
    (row,) = fake.stacks.values()
    row["tags"] = []
    with pytest.raises(CopyUnknown, match="its copies: none"):
        copies.look(api, "web1")


def test_an_administrator_sees_no_copy_of_another_project(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    """Heat lists an administrator the stacks of all projects, and says whose each is."""
    deployed(api, entry)
    for stack in fake.stacks.values():
        stack["project"] = "another"
    with pytest.raises(CopyUnknown, match="its copies: none"):
        copies.look(api, "web1")
    assert copies.copies(api) == []


@pytest.mark.parametrize("taken_over", [False, True])
def test_the_data_volume_is_looked_at_whoever_made_it(
    fake: FakeApplications, api: Api, entry: Entry, *, taken_over: bool
) -> None:
    given = {"data_volume": fake.volumes.add("old", 1, b"")} if taken_over else {}
    copies.deploy(api, copies.propose(api, entry, "web1", VALUES | given), silent)
    copy = copies.look(api, "web1")
    seen = {one.check: one.good for one in verifying.parts(api, copy)}
    assert seen == {"server": True, "data_volume": True}
    fake.volumes.status(str(copy.stack.outputs["data_volume"]), "error")
    assert [one.detail for one in verifying.parts(api, copy) if not one.good] == ["error"]


def test_data_is_kept_after_the_guest_was_shut_down(
    fake: FakeApplications, api: Api, entry: Entry
) -> None:
    copy = deployed(api, entry)
    done = removing.remove(api, copy, silent, delete_data=False)
    (kept,) = done.kept
    assert (fake.things, fake.volumes.get(f"/volumes/{kept.id}")["volume"]["status"]) == (
        {},
        "available",
    )
    assert len(fake.stopped) == 1


def test_data_goes_when_that_is_asked_for(fake: FakeApplications, api: Api, entry: Entry) -> None:
    copy = deployed(api, entry)
    done = removing.remove(api, copy, silent, delete_data=True)
    assert (len(done.deleted), done.kept, fake.things, fake.stopped) == (1, (), {}, [])


def test_what_is_left_behind_is_a_failure(
    fake: FakeApplications, api: Api, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = deployed(api, entry)
    port = next(one.id for one in copy.parts if one.name == "port")
    real = fake.delete

    def forgetful(service: str, path: str) -> None:
        real(service, path)
        fake.things[port] = "DOWN"

    monkeypatch.setattr(fake, "delete", forgetful)
    with pytest.raises(CopyFailed, match=f"these are left: OS::Neutron::Port {port}"):
        removing.remove(api, copy, silent, delete_data=False)
