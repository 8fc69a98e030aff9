"""Copies brought to another version and back, on Heat, Nova and Cinder in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from ouhai_cloud.catalogue import copies, lint, moving, removing, setups, shelf, waiting
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import CloudUnreachable
from ouhai_cloud.errors import (
    CopyFailed,
    CopyUnknown,
    EntryUnknown,
    MoveRefused,
    NotEnoughLeft,
    ValuesInvalid,
)

from tests.support.entries import SERVER, further_version
from tests.support.fake_applications import FakeApplications

VALUES = {"public_key": "ssh-ed25519 " + "A" * 68}
SECRET = """  admin_password:
    type: string
    hidden: true
    label: l
    description: 词 / word
    constraints: [{length: {min: 8}}]
  image:
"""
NEW_PARAMETER = """  language:
    type: string
    label: l
    description: 词 / word
    default: zh
    constraints: [{allowed_values: [zh, en]}]
  image:
"""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)


@pytest.fixture
def fake(tmp_path: Path) -> FakeApplications:
    """Return a cloud with versions 1, 2 and 3 and a copy of the first."""
    fake = FakeApplications()
    api = cast(Api, fake)
    shelf.publish(api, load(SERVER, "lab"))
    entry = shelf.take(api, "server")
    copies.deploy(api, copies.propose(api, entry, "web1", VALUES), silent)
    for version in ("2", "3"):
        shelf.publish(api, load(further_version(tmp_path, version), "lab"))
    return fake


@pytest.fixture
def api(fake: FakeApplications) -> Api:
    return cast(Api, fake)


def with_parameter(folder: Path, name: str, text: str) -> Path:
    """Write a version 4 that has one parameter more, and uses it."""
    replace = {
        "  image:\n": text,
        "[image, report_seconds]": f"[image, {name}, report_seconds]",
        "  volume: {if": f"  more: {{get_param: {name}}}\n              volume: {{if",
    }
    return further_version(folder, "4", replace)


def silent(_: str) -> None:
    """Say nothing."""


def update(api: Api, version: str = "", *, keep_failed: bool = False, **given: str) -> moving.Moved:
    move = moving.propose_update(api, "web1", version, given)
    return moving.update(api, move, silent, keep_failed=keep_failed)


def roll_back(api: Api, *, data: bool = False) -> moving.Moved:
    return moving.roll_back(api, moving.propose_rollback(api, "web1", with_data=data), silent)


def propose_rollback(api: Api) -> moving.Move:
    return moving.propose_rollback(api, "web1", with_data=False)


def tagged_images(api: Api) -> set[str]:
    """Return the images that the copy's tags say it needs."""
    tags = copies.look(api, "web1").stack.tags
    return {one.removeprefix("image:") for one in tags if one.startswith("image:")}


def volume(fake: FakeApplications) -> str:
    (id_,) = fake.volumes.rows["volumes"]
    return id_


def write(fake: FakeApplications, content: bytes) -> None:
    fake.volumes.content[volume(fake)] = content


def read(fake: FakeApplications) -> bytes:
    return fake.volumes.content[volume(fake)]


def server(api: Api) -> str:
    return next(one.id for one in copies.look(api, "web1").parts if one.name == "server")


def carried(api: Api) -> tuple[str, str]:
    """Return the versions that the copy has and had."""
    present, former = setups.read(api, copies.look(api, "web1").stack)
    return present.entry.version, former.entry.version if former else ""


def test_an_update_replaces_the_server_around_the_data(fake: FakeApplications, api: Api) -> None:
    old, port = server(api), copies.look(api, "web1").parts[-1].id
    write(fake, b"of 1")
    moved = update(api, "2")
    assert (moved.copy.version, moved.copy.failure, moved.copy.moving_to) == ("2", "", "")
    assert server(api) != old and fake.stopped == [old]
    assert moved.copy.parts[-1].id == port
    assert read(fake) == b"of 1"
    assert carried(api) == ("2", "1")
    (taken,) = fake.volumes.rows["snapshots"].values()
    assert taken["name"] == "web1-before-2"


def test_the_newest_version_is_taken_unless_one_is_named(api: Api) -> None:
    assert update(api).copy.version == "3"
    assert update(api, "2").copy.version == "2"
    shelf.withdraw(api, "server", "2")
    shelf.withdraw(api, "server", "3")
    with pytest.raises(EntryUnknown, match=r"nothing newer than web1's version 2; --to 1 would"):
        update(api)


def test_the_snapshot_of_the_last_update_alone_is_kept(fake: FakeApplications, api: Api) -> None:
    update(api, "2")
    update(api, "3")
    assert [one["name"] for one in fake.volumes.rows["snapshots"].values()] == ["web1-before-3"]


def test_going_back_keeps_the_data_as_it_is(fake: FakeApplications, api: Api) -> None:
    update(api, "2")
    write(fake, b"of 2")
    assert roll_back(api).copy.version == "1"
    assert read(fake) == b"of 2" and fake.volumes.rows["snapshots"] == {}
    with pytest.raises(MoveRefused, match="no former version to go back to"):
        roll_back(api)


def test_going_back_with_the_data_says_what_is_lost(fake: FakeApplications, api: Api) -> None:
    write(fake, b"of 1")
    update(api, "2")
    write(fake, b"of 2")
    move = moving.propose_rollback(api, "web1", with_data=True)
    assert [one.made_at[:10] for one in move.revert] == ["2026-11-25"]
    moving.roll_back(api, move, silent)
    assert read(fake) == b"of 1" and fake.volumes.rows["snapshots"] == {}


def test_a_version_that_is_not_well_goes_back_by_itself_with_its_data(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(api, "2")
    write(fake, b"of 2")
    fake.words, fake.unwell = "The guest says: disk full", "3"
    real = fake.volumes.status

    def spoiling(id_: str, status: str) -> None:
        real(id_, status)
        if status == "in-use" and fake.stacks:
            write(fake, b"spoiled by 3")

    monkeypatch.setattr(fake.volumes, "status", spoiling)
    said: list[str] = []
    move = moving.propose_update(api, "web1", "3", {})
    with pytest.raises(
        CopyFailed, match=r"could not be updated to 3[\s\S]*back in version 2"
    ) as told:
        moving.update(api, move, said.append, keep_failed=False)
    assert "The guest says: disk full" in str(told.value)
    assert any("its data is as it was at" in one for one in said)
    assert copies.look(api, "web1").failure == ""
    assert carried(api) == ("2", "1")
    # The way back from the earlier update is still there.
    assert [one["name"] for one in fake.volumes.rows["snapshots"].values()] == ["web1-before-2"]


def test_a_failed_version_stays_when_that_is_asked_for(fake: FakeApplications, api: Api) -> None:
    fake.words, fake.unwell = "The guest says: no", "2"
    with pytest.raises(CopyFailed, match=r"The guest says: no\nIt stays so"):
        update(api, "2", keep_failed=True)
    assert copies.look(api, "web1").stack.status == "UPDATE_FAILED"
    with pytest.raises(MoveRefused, match=r"is not well \(UPDATE_FAILED\) port: The guest says"):
        update(api, "3")
    assert roll_back(api, data=True).copy.version == "1"


def test_without_a_snapshot_it_goes_back_by_itself(fake: FakeApplications, api: Api) -> None:
    fake.volumes.refusal = "SnapshotLimitExceeded"
    with pytest.raises(CopyFailed, match=r"SnapshotLimitExceeded[\s\S]*back in version 1"):
        update(api, "2")
    assert carried(api) == ("1", "") and copies.look(api, "web1").failure == ""


def test_one_that_can_go_nowhere_says_both_reasons(fake: FakeApplications, api: Api) -> None:
    move = moving.propose_update(api, "web1", "2", {})
    fake.words = "The guest says: no"
    with pytest.raises(CopyFailed, match=r"updated to 2[\s\S]*Nor could it go back by itself"):
        moving.update(api, move, silent, keep_failed=False)
    fake.words = ""
    assert roll_back(api).copy.version == "1"


@pytest.mark.parametrize("again", ["update", "rollback"])
def test_one_that_was_cut_off_goes_on_or_back(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    move = moving.propose_update(api, "web1", "2", {})
    with monkeypatch.context() as patch:
        patch.setattr("ouhai_cloud.catalogue.data.keep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            moving.update(api, move, silent, keep_failed=False)
    assert "its way to 2 was cut off" in copies.look(api, "web1").failure
    moved = update(api, "2") if again == "update" else roll_back(api)
    assert moved.copy.version == ("2" if again == "update" else "1")
    assert moved.copy.failure == "" and len(moved.copy.parts) == 3


def test_a_rollback_that_was_cut_off_goes_on(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(fake, b"of 1")
    update(api, "2")
    write(fake, b"of 2")
    move = moving.propose_rollback(api, "web1", with_data=True)
    with monkeypatch.context() as patch:
        patch.setattr("ouhai_cloud.catalogue.data.revert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            moving.roll_back(api, move, silent)
    assert roll_back(api, data=True).copy.version == "1"
    assert read(fake) == b"of 1"


def test_the_snapshot_of_an_earlier_update_takes_back_nothing(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to 3 was cut off before its own snapshot, and that from before 2 is there still."""
    update(api, "2")
    write(fake, b"of 2")
    move = moving.propose_update(api, "web1", "3", {})
    with monkeypatch.context() as patch:
        patch.setattr("ouhai_cloud.catalogue.data.keep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            moving.update(api, move, silent, keep_failed=False)
    with pytest.raises(MoveRefused, match="no snapshot of data_volume from before 3"):
        moving.propose_rollback(api, "web1", with_data=True)
    assert roll_back(api).copy.version == "2"
    assert read(fake) == b"of 2"


def test_an_update_of_which_nobody_knows_what_became_takes_back_nothing(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(*_: Any, **__: Any) -> None:
        write(fake, b"of 2")
        raise CloudUnreachable("no answer")

    move = moving.propose_update(api, "web1", "2", {})
    with monkeypatch.context() as patch:
        patch.setattr(moving, "_bring_up", unanswered)
        with pytest.raises(CopyFailed, match="What became of web1 is not known"):
            moving.update(api, move, silent, keep_failed=False)
    assert read(fake) == b"of 2"


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def test_when_shutting_down_is_cut_off_the_guest_is_started_again(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = moving.propose_update(api, "web1", "2", {})
    old = server(api)

    def tell(text: str) -> None:
        if "shutting down" in text:
            monkeypatch.setattr(fake, "get", interrupting(fake.get))

    with pytest.raises(KeyboardInterrupt):
        moving.update(api, move, tell, keep_failed=False)
    assert (fake.stopped, fake.started) == ([old], [old])


def interrupting(real: Any) -> Any:
    """Let the next look at a server be cut off, and no other one."""
    left = ["once"]

    def get(service: str, path: str, **words: Any) -> Any:
        if left and path.startswith("/servers/"):
            left.pop()
            raise KeyboardInterrupt
        return real(service, path, **words)

    return get


def test_what_would_change_data_or_address_is_refused(fake: FakeApplications, api: Api) -> None:
    for changes, words in (
        ({"replaced": ["volume"]}, r"volume \(OS::Cinder::Volume\) would be replaced"),
        ({"deleted": ["port"]}, r"port \(OS::Neutron::Port\) would be deleted"),
        ({"updated": ["volume"]}, "volume would be updated"),
    ):
        fake.changes = changes
        with pytest.raises(MoveRefused, match=words):
            update(api, "2")
    fake.changes = {"replaced": ["server"], "updated": ["port"]}
    move = moving.propose_update(api, "web1", "2", {})
    assert [one.name for one in move.changes["replaced"]] == ["server"]
    assert fake.stopped == [] and carried(api) == ("1", "")


def test_a_volume_that_depends_on_a_server_is_refused(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {
        "    deletion_policy: Retain\n": "    deletion_policy: Retain\n    depends_on: server\n"
    }
    monkeypatch.setattr(lint, "RULES", ())
    entry = load(further_version(tmp_path / "tied", "4", text), "lab")
    shelf.publish(api, entry)
    with pytest.raises(MoveRefused, match="volume depends on a server in its template"):
        update(api, "4")


def test_what_it_is_already_is_refused_but_other_values_are_not(api: Api) -> None:
    with pytest.raises(MoveRefused, match="is server 1 with these values already"):
        update(api, "1")
    assert update(api, "1", flavor="medium").copy.version == "1"
    present, former = setups.read(api, copies.look(api, "web1").stack)
    assert present.parameters["flavor"] == "medium"
    assert former and "flavor" not in former.parameters
    roll_back(api)


def test_values_of_before_are_back_after_going_back(fake: FakeApplications, api: Api) -> None:
    update(api, "2", flavor="medium")
    (stack,) = fake.stacks.values()
    assert stack["given"]["flavor"] == "medium"
    roll_back(api)
    assert "flavor" not in stack["given"]
    assert stack["given"]["public_key"] == VALUES["public_key"]


def test_wrong_values_and_too_little_room_are_told_before_anything_moves(
    fake: FakeApplications, api: Api
) -> None:
    with pytest.raises(ValuesInvalid, match="flavour: no such parameter"):
        update(api, "2", flavour="medium")
    with pytest.raises(ValuesInvalid, match="too small"):
        update(api, "2", flavor="probe")
    fake.refusal = "The image could not be found."
    with pytest.raises(ValuesInvalid, match="image could not be found"):
        update(api, "2")
    fake.refusal = ""
    fake.limits["totalSnapshotsUsed"] = 2
    with pytest.raises(NotEnoughLeft, match="snapshots 快照: needs 1, left 0"):
        update(api, "2")
    fake.limits["totalSnapshotsUsed"], fake.cores_used = 0, 4
    with pytest.raises(NotEnoughLeft, match="cores 核: needs 1"):
        update(api, "2", flavor="medium")
    assert fake.stopped == []
    assert update(api, "2").copy.version == "2"


def test_a_copy_whose_flavor_is_gone_is_given_another(fake: FakeApplications, api: Api) -> None:
    update(api, "1", flavor="medium")
    fake.flavors = [one for one in fake.flavors if one["name"] != "medium"]
    with pytest.raises(ValuesInvalid, match="there is no such flavor; take one of small"):
        update(api, "2")
    move = moving.propose_update(api, "web1", "2", {"flavor": "small"})
    # The cores that it has are not known any more, so they do not count as given back.
    assert (move.taken.cores, move.taken.volumes) == (1, 0)
    assert moving.update(api, move, silent, keep_failed=False).copy.version == "2"
    (stack,) = fake.stacks.values()
    assert stack["given"]["flavor"] == "small"


def test_a_stopped_or_unknown_copy_is_not_updated(fake: FakeApplications, api: Api) -> None:
    fake.things[server(api)] = "SHUTOFF"
    with pytest.raises(MoveRefused, match="is not well: server is SHUTOFF"):
        update(api, "2")
    (stack,) = fake.stacks.values()
    stack["files"] = {}
    with pytest.raises(CopyUnknown, match="does not carry what it was made of"):
        update(api, "2")
    with pytest.raises(MoveRefused, match="no former version"):
        stack["files"] = setups.files(setups.of(load(SERVER, "lab"), VALUES, {}))
        roll_back(api)


def test_a_newer_build_of_the_image_is_taken_by_an_update_alone_and_given_back(
    fake: FakeApplications, api: Api
) -> None:
    (old,) = tagged_images(api)
    with pytest.raises(MoveRefused, match="with these values already"):
        update(api, "1")
    new = fake.rebuild("debian")
    move = moving.propose_update(api, "web1", "1", {})
    assert f"image: another build of the image, {new}" in move.notes
    moving.update(api, move, silent, keep_failed=False)
    (stack,) = fake.stacks.values()
    assert stack["given"]["image"] == new and tagged_images(api) == {old, new}
    assert f"image: another build of the image, {old}" in propose_rollback(api).notes
    roll_back(api)
    assert stack["given"]["image"] == old and tagged_images(api) == {old}


def test_who_goes_back_to_an_image_that_is_gone_gets_that_of_its_name(
    fake: FakeApplications, api: Api
) -> None:
    (old,) = tagged_images(api)
    new = fake.rebuild("debian")
    update(api, "2")
    del fake.builds[old]
    assert roll_back(api).copy.version == "1"
    assert tagged_images(api) == {new}


def test_a_rollback_needs_no_catalogue(fake: FakeApplications, api: Api) -> None:
    update(api, "2")
    fake.images.clear()
    assert roll_back(api).copy.version == "1"


def test_somebodys_later_snapshot_stands_in_the_way_of_the_data(
    fake: FakeApplications, api: Api
) -> None:
    update(api, "2")
    asked = {"volume_id": volume(fake), "name": "mine", "metadata": {}}
    fake.volumes.post("/snapshots", {"snapshot": asked}, {})
    with pytest.raises(MoveRefused, match=r"another snapshot of data_volume since \(mine"):
        roll_back(api, data=True)
    assert roll_back(api).copy.version == "1"


def test_without_a_snapshot_the_data_does_not_go_back(fake: FakeApplications, api: Api) -> None:
    update(api, "2")
    fake.volumes.rows["snapshots"].clear()
    with pytest.raises(MoveRefused, match="no snapshot of data_volume from before 2"):
        roll_back(api, data=True)


@pytest.mark.parametrize("delete_data", [True, False])
def test_snapshots_go_with_the_copy(fake: FakeApplications, api: Api, delete_data: bool) -> None:
    update(api, "2")
    removing.remove(api, copies.look(api, "web1"), silent, delete_data=delete_data)
    assert fake.volumes.rows["snapshots"] == {}
    assert bool(fake.volumes.rows["volumes"]) is not delete_data


def test_parameters_that_come_and_go_are_named(
    fake: FakeApplications, api: Api, tmp_path: Path
) -> None:
    folder = with_parameter(tmp_path / "more", "language", NEW_PARAMETER)
    shelf.publish(api, load(folder, "lab"))
    move = moving.propose_update(api, "web1", "4", {"language": "en"})
    assert move.notes == ["language: is new in 4; it is en"]
    moving.update(api, move, silent, keep_failed=False)
    back = moving.propose_rollback(api, "web1", with_data=False)
    assert back.notes == ["language: is no parameter of 1 any more; its value is dropped"]
    moving.roll_back(api, back, silent)
    (stack,) = fake.stacks.values()
    assert "language" not in stack["given"]


def test_hidden_values_outlive_a_version_that_does_not_know_them(
    fake: FakeApplications, api: Api, tmp_path: Path
) -> None:
    """Heat forgets values that a template has no parameter for, and nobody else has them."""
    folder = with_parameter(tmp_path / "secret", "admin_password", SECRET)
    shelf.publish(api, load(folder, "lab"))
    with pytest.raises(ValuesInvalid, match="admin_password"):
        update(api, "4")
    update(api, "4", admin_password="hunter2hunter2")
    (stack,) = fake.stacks.values()
    assert stack["given"]["admin_password"] == "hunter2hunter2"
    assert "hunter2" not in repr(stack["files"])
    update(api, "2")
    roll_back(api)
    assert stack["given"]["admin_password"] == "hunter2hunter2"
    assert carried(api)[0] == "4"
