"""Copies in files and out of them, on services in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from ouhai_cloud.catalogue import backing_up, copies, removing, restoring, shelf, waiting
from ouhai_cloud.catalogue.artefact import Artefact
from ouhai_cloud.catalogue.entry import Entry, load
from ouhai_cloud.catalogue.verifying import Finding
from ouhai_cloud.cloud import volumes
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import (
    BackupUnreadable,
    BackupUnwritable,
    CopyExists,
    CopyFailed,
    MoveRefused,
    NotEnoughLeft,
    ValuesInvalid,
)

from tests.support.entries import SERVER
from tests.support.fake_applications import FakeApplications

VALUES = {"public_key": "ssh-ed25519 " + "A" * 68, "network": "n1", "flavor": "medium"}
DATA = b"what the application holds" * 1000


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)
    monkeypatch.setattr("ouhai_cloud.catalogue.verifying.answer", lambda _: Finding("x", True, ""))


@pytest.fixture
def fake() -> FakeApplications:
    """Return a cloud with a copy that holds DATA."""
    fake = FakeApplications()
    api = cast(Api, fake)
    shelf.publish(api, load(SERVER, "lab"))
    copies.deploy(api, copies.propose(api, shelf.take(api, "server"), "web1", VALUES), silent)
    (id_,) = fake.volumes.rows["volumes"]
    fake.volumes.content[id_] = DATA
    return fake


@pytest.fixture
def api(fake: FakeApplications) -> Api:
    return cast(Api, fake)


def silent(_: str) -> None:
    """Say nothing."""


def things(fake: FakeApplications) -> set[str]:
    return {*fake.images, *fake.things, *(id_ for one in fake.volumes.rows.values() for id_ in one)}


def back_up(api: Api, path: Path) -> backing_up.Backup:
    return backing_up.back_up(api, backing_up.propose(api, "web1"), path, silent)


def propose(api: Api, path: Path, **given: str) -> restoring.Plan:
    return restoring.propose(api, Artefact(path), "web2", given, silent)


@pytest.fixture
def backup(fake: FakeApplications, api: Api, tmp_path: Path) -> Path:
    """Return a backup, whose copy is gone."""
    path = tmp_path / "web1.tar"
    back_up(api, path)
    removing.remove(api, copies.look(api, "web1"), silent, delete_data=True)
    return path


def test_a_backup_has_the_data_and_leaves_nothing(
    fake: FakeApplications, api: Api, tmp_path: Path
) -> None:
    before = things(fake)
    done = back_up(api, tmp_path / "web1.tar")
    assert things(fake) == before
    assert len(fake.stopped) == 1 and fake.started == fake.stopped
    assert done.down_seconds > 0 and done.size_bytes == done.path.stat().st_size
    artefact = Artefact(done.path)
    (part,) = artefact.manifest.parts
    assert b"".join(artefact.image(part)) == DATA
    assert (part.parameter, part.gib) == ("data_volume", 1)
    assert copies.look(api, "web1").stack.status == "CREATE_COMPLETE"


def test_a_stopped_copy_is_not_started(fake: FakeApplications, api: Api, tmp_path: Path) -> None:
    server = next(one.id for one in copies.look(api, "web1").parts if one.name == "server")
    fake.things[server] = "SHUTOFF"
    assert back_up(api, tmp_path / "web1.tar").down_seconds == 0
    assert fake.started == []


@pytest.mark.parametrize("where", ["snapshot", "volume", "upload", "download"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), Refused("x", 500, "no")])
def test_a_backup_that_breaks_leaves_nothing_and_a_copy_that_runs(
    fake: FakeApplications,
    api: Api,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    error: BaseException,
) -> None:
    broken = {
        "snapshot": "data.settled_snapshot",
        "volume": "data.settled_volume",
        "upload": "images.status",
        "download": "images.read",
    }
    before, plan = things(fake), backing_up.propose(api, "web1")

    def breaking(*_: Any) -> None:
        raise error

    monkeypatch.setattr(f"ouhai_cloud.catalogue.backing_up.{broken[where]}", breaking)
    with pytest.raises(type(error)):
        backing_up.back_up(api, plan, tmp_path / "web1.tar", silent)
    assert things(fake) == before
    assert fake.started == fake.stopped and len(fake.started) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def killed(fake: FakeApplications, api: Api, tmp_path: Path) -> None:
    """Leave what a backup leaves that is killed while it downloads."""
    before = things(fake)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ouhai_cloud.catalogue.backing_up._end", lambda *_: None)
        patch.setattr("ouhai_cloud.catalogue.backing_up.images.read", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            back_up(api, tmp_path / "web1.tar")
    assert len(things(fake)) == len(before) + 3


@pytest.mark.usefixtures("killed")
def test_a_backup_that_is_not_at_its_end_is_left_alone_until_discarded(
    fake: FakeApplications, api: Api, tmp_path: Path
) -> None:
    there = things(fake)
    with pytest.raises(MoveRefused, match=r"begun at 20.* --discard-unfinished"):
        back_up(api, tmp_path / "web1.tar")
    assert things(fake) == there
    plan = backing_up.propose(api, "web1", discard_unfinished=True)
    assert len(things(fake)) == len(there) - 3
    backing_up.back_up(api, plan, tmp_path / "web1.tar", silent)
    assert len(things(fake)) == len(there) - 3
    back_up(api, tmp_path / "again.tar")


@pytest.mark.usefixtures("killed")
def test_a_backup_that_an_older_client_began_is_left_alone(api: Api, tmp_path: Path) -> None:
    (volume,) = (one for one in volumes.volumes(api) if backing_up.BEGUN in one.marks)
    volumes.mark(api, volume.id, **{backing_up.BEGUN: "2026-11-29T00:00:00+00:00"})
    with pytest.raises(MoveRefused, match="begun at 2026-11-29T00:00:00"):
        back_up(api, tmp_path / "web1.tar")


@pytest.mark.usefixtures("killed")
def test_a_former_copys_killed_backup_does_not_hold_a_volume_up(api: Api, tmp_path: Path) -> None:
    (volume,) = (one for one in volumes.volumes(api) if backing_up.BEGUN in one.marks)
    volumes.mark(api, volume.id, **{backing_up.BEGUN: "another-stack 2026-11-29T00:00:00+00:00"})
    back_up(api, tmp_path / "web1.tar")


@pytest.mark.usefixtures("killed")
def test_what_a_killed_backup_left_goes_with_the_copy(fake: FakeApplications, api: Api) -> None:
    removing.remove(api, copies.look(api, "web1"), silent, delete_data=True)
    assert all(not rows for rows in fake.volumes.rows.values())


def test_a_guest_that_never_stops_does_not_cost_its_data(
    fake: FakeApplications, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ouhai_cloud.catalogue.guests.STOP_SECONDS", 0.0)
    monkeypatch.setattr("ouhai_cloud.catalogue.guests._stopped", lambda *_: False)
    said: list[str] = []
    done = removing.remove(api, copies.look(api, "web1"), said.append, delete_data=False)
    assert len(done.kept) == 1 and any("did not stop" in one for one in said)


def test_an_image_that_is_cut_short_is_no_backup(
    fake: FakeApplications, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ouhai_cloud.catalogue.backing_up.images.read", lambda *_: [DATA[:10]])
    with pytest.raises(CopyFailed, match=f"10 of {len(DATA)} bytes came"):
        back_up(api, tmp_path / "web1.tar")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_backed_up_is_told_before_anything_stops(
    fake: FakeApplications, api: Api, tmp_path: Path
) -> None:
    (tmp_path / "web1.tar").write_text("mine")
    with pytest.raises(BackupUnwritable, match="is there already"):
        back_up(api, tmp_path / "web1.tar")
    fake.limits["totalSnapshotsUsed"] = 2
    with pytest.raises(NotEnoughLeft, match="snapshots 快照: needs 1"):
        back_up(api, tmp_path / "b.tar")
    fake.limits["totalSnapshotsUsed"], fake.images_mib = 0, 0
    with pytest.raises(NotEnoughLeft, match="no more images"):
        back_up(api, tmp_path / "b.tar")
    (stack,) = fake.stacks.values()
    stack["stack_status"] = stack["rests"] = "UPDATE_FAILED"
    with pytest.raises(MoveRefused, match=r"web1 is not whole \(UPDATE_FAILED\)"):
        back_up(api, tmp_path / "b.tar")
    assert fake.stopped == []


def test_a_restored_copy_has_data_and_values_and_goes_whole(
    fake: FakeApplications, api: Api, backup: Path
) -> None:
    # The catalogue of another cloud need not have it; networks and images are others there.
    fake.images.clear()
    image = fake.rebuild("debian")
    fake.networks[:] = [{"id": "n2", "name": "other"}]
    assert things(fake) == set()
    plan = propose(api, backup)
    assert (plan.proposal.size.volumes, plan.proposal.size.volume_gib) == (1, 1)
    copy = restoring.restore(api, plan, silent)
    (stack,) = fake.stacks.values()
    (id_,) = fake.volumes.rows["volumes"]
    assert fake.volumes.content[id_] == DATA
    here = {"network": "n2", "image": image, "data_volume": id_}
    assert stack["given"] == VALUES | here
    assert copy.version == "1" and fake.images == {}
    removed = removing.remove(api, copy, silent, delete_data=True)
    assert [one.id for one in removed.deleted] == [id_] and things(fake) == set()


def test_a_restored_copy_keeps_its_data_like_any_other(
    fake: FakeApplications, api: Api, backup: Path
) -> None:
    copy = restoring.restore(api, propose(api, backup), silent)
    removed = removing.remove(api, copy, silent, delete_data=False)
    assert [one.id for one in removed.kept] == list(fake.volumes.rows["volumes"])


def test_a_restored_copy_can_be_backed_up(api: Api, backup: Path, tmp_path: Path) -> None:
    restoring.restore(api, propose(api, backup), silent)
    done = backing_up.back_up(api, backing_up.propose(api, "web2"), tmp_path / "2.tar", silent)
    assert restoring.portable(done.manifest) == restoring.portable(Artefact(backup).manifest)


def test_nothing_is_made_of_what_cannot_be_restored(
    fake: FakeApplications, api: Api, backup: Path
) -> None:
    before = things(fake)
    with pytest.raises(ValuesInvalid, match="flavour: no such parameter"):
        propose(api, backup, flavour="small")
    fake.limits["totalGigabytesUsed"] = 20
    with pytest.raises(NotEnoughLeft, match="GiB of volumes 云硬盘容量: needs 1, left 0"):
        propose(api, backup)
    fake.limits["totalGigabytesUsed"], fake.images_mib = 0, 0
    with pytest.raises(NotEnoughLeft, match="0 MiB more of images"):
        propose(api, backup)
    fake.images_mib = -1
    content = bytearray(backup.read_bytes())
    content[520] ^= 1
    backup.write_bytes(content)
    with pytest.raises(BackupUnreadable, match=r"is damaged: data_volume\.qcow2\.xz"):
        propose(api, backup)
    assert things(fake) == before and fake.stacks == {}


def test_a_template_that_the_catalogue_would_not_take_is_not_restored(
    api: Api, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes such a file can write checksums that fit."""
    manifest = Artefact(backup).manifest
    text = manifest.setup.entry.texts["template"].replace(
        "remote_ip_prefix: {get_param: ssh_from}", 'remote_ip_prefix: "0.0.0.0/0"'
    )
    texts = {**manifest.setup.entry.texts, "template": text}
    crafted = replace(manifest, setup=replace(manifest.setup, entry=Entry(texts)))
    monkeypatch.setattr(Artefact, "manifest", crafted)
    with pytest.raises(BackupUnreadable, match="the catalogue would not take"):
        propose(api, backup)


def test_a_cloud_without_its_image_or_its_types_says_so_first(
    fake: FakeApplications, api: Api, backup: Path
) -> None:
    before = things(fake)
    fake.refusal = "The Resource Type (Ouhai::Server::Report) could not be found."
    with pytest.raises(ValuesInvalid, match=r"Nothing was created[\s\S]*Ouhai::Server::Report"):
        propose(api, backup)
    fake.builds.clear()
    with pytest.raises(ValuesInvalid, match="image = 'debian': there is no such image"):
        propose(api, backup)
    assert things(fake) == before


def test_a_name_that_is_taken_is_refused(api: Api, backup: Path) -> None:
    restoring.restore(api, propose(api, backup), silent)
    with pytest.raises(CopyExists):
        propose(api, backup)


@pytest.mark.parametrize("where", ["images.fill", "data.settled_volume", "copies.propose"])
def test_a_restore_that_is_cut_off_leaves_nothing(
    fake: FakeApplications, api: Api, backup: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before, plan = things(fake), propose(api, backup)

    def breaking(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"ouhai_cloud.catalogue.restoring.{where}", breaking)
    with pytest.raises(KeyboardInterrupt):
        restoring.restore(api, plan, silent)
    assert things(fake) == before


def test_a_restore_whose_guest_is_not_well_goes_in_one_try_with_its_data(
    fake: FakeApplications, api: Api, backup: Path
) -> None:
    before = things(fake)
    fake.words = "The guest says: no"
    with pytest.raises(CopyFailed, match="The guest says: no"):
        restoring.restore(api, propose(api, backup), silent)
    removing.remove(api, copies.look(api, "web2"), silent, delete_data=True)
    assert things(fake) == before
