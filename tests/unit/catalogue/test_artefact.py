"""The file of a backup: what is written is read, and what is damaged is not."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.catalogue import setups
from ouhai_cloud.catalogue.artefact import PIECE_BYTES, Artefact, Manifest, Writer
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.errors import BackupUnreadable, BackupUnwritable

from tests.support.entries import SERVER

VALUES = {"data_gib": 1, "flavor": "small", "ssh_from": "10.0.0.0/8"}
SETUP = setups.of(load(SERVER, "lab"), VALUES, {"image": "i1"})
IMAGE = bytes(range(256)) * 5000


def written(path: Path, *images: Iterable[bytes]) -> Artefact:
    """Write a backup of so many volumes."""
    with Writer(path) as writer:
        parts = [writer.add(f"v{n}_volume", n + 1, one) for n, one in enumerate(images)]
        writer.finish(Manifest("web1", SETUP, "2026-11-28T10:00:00+00:00", tuple(parts)))
    return Artefact(path)


def ignore(_: int) -> None:
    """Take no note."""


def test_what_is_written_is_read(tmp_path: Path) -> None:
    artefact = written(tmp_path / "web1.tar", [IMAGE[:100], IMAGE[100:]], [b""])
    manifest = artefact.manifest
    assert (manifest.name, manifest.setup, manifest.taken_at[:4]) == ("web1", SETUP, "2026")
    assert manifest.setup.entry.digest == SETUP.entry.digest
    assert [(one.parameter, one.gib) for one in manifest.parts] == [
        ("v0_volume", 1),
        ("v1_volume", 2),
    ]
    done: list[int] = []
    artefact.check(done.append)
    assert done[-1] == artefact.size_bytes
    assert b"".join(artefact.image(manifest.parts[0])) == IMAGE
    assert manifest.parts[0].image_bytes == len(IMAGE)
    assert [one.name for one in tmp_path.iterdir()] == ["web1.tar"]
    assert (tmp_path / "web1.tar").stat().st_mode & 0o077 == 0


@given(st.lists(st.lists(st.binary(max_size=3000), max_size=4), max_size=3))
@settings(deadline=None)
def test_any_content_comes_back(
    tmp_path_factory: pytest.TempPathFactory, images: list[list[bytes]]
) -> None:
    artefact = written(tmp_path_factory.mktemp("any") / "a.tar", *images)
    artefact.check(ignore)
    got = [b"".join(artefact.image(one)) for one in artefact.manifest.parts]
    assert got == [b"".join(one) for one in images]


def test_what_is_small_in_the_file_does_not_fill_the_memory(tmp_path: Path) -> None:
    artefact = written(tmp_path / "web1.tar", (bytes(PIECE_BYTES) for _ in range(64)))
    assert artefact.size_bytes < PIECE_BYTES
    (part,) = artefact.manifest.parts
    sizes = [len(piece) for piece in artefact.image(part)]
    assert max(sizes) <= PIECE_BYTES
    assert sum(sizes) == part.image_bytes == 64 * PIECE_BYTES


def test_standard_tools_read_it(tmp_path: Path) -> None:
    written(tmp_path / "web1.tar", [IMAGE])
    for command in (
        ("tar", "xf", "web1.tar"),
        ("sha256sum", "--check", "--strict", "manifest.json.sha256"),
        ("xz", "--test", "v0_volume.qcow2.xz"),
    ):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert (manifest["application"], manifest["version"]) == ("server", "1")
    assert set(manifest["entry"]) == {"metadata", "template", "environment", "tariff"}


@given(st.data())
@settings(deadline=None)
def test_a_changed_byte_is_found_wherever_it_counts(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("bit") / "a.tar"
    written(path, [IMAGE])
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        member = data.draw(st.sampled_from(members))
        place = member.offset_data + data.draw(st.integers(0, member.size - 1))
    content = bytearray(path.read_bytes())
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    artefact = Artefact(path)
    # Only what follows the checksum in its own line is for people.
    if members[-1] is member and place - member.offset_data >= 64:
        return
    with pytest.raises(BackupUnreadable, match="damaged"):
        artefact.check(ignore)


@pytest.mark.parametrize("kept", [0, 100, 5000])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.tar"
    written(path, [IMAGE])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BackupUnreadable, match="no backup of an application"):
        Artefact(path).check(ignore)


def foreign(path: Path, members: dict[str, bytes]) -> Artefact:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return Artefact(path)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello" * 1000)
    with pytest.raises(BackupUnreadable, match="it is no tar file"):
        _ = Artefact(tmp_path / "a.txt").manifest
    with pytest.raises(BackupUnreadable, match=r"no manifest\.json"):
        _ = foreign(tmp_path / "a.tar", {"x": b"1"}).manifest
    with pytest.raises(BackupUnreadable, match="cannot be read: No such file"):
        _ = Artefact(tmp_path / "none.tar").manifest


def test_a_later_form_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ouhai_cloud.catalogue.artefact.FORM_VERSION", 2)
    artefact = written(tmp_path / "a.tar")
    monkeypatch.undo()
    with pytest.raises(BackupUnreadable, match="in form 2, and this ouhai-cloud reads 1"):
        _ = artefact.manifest


def test_nothing_stays_of_what_breaks(tmp_path: Path) -> None:
    def broken() -> Iterable[bytes]:
        yield IMAGE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "a.tar", broken())
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupUnwritable, match="cannot be written: No such file"):
        written(tmp_path / "none" / "a.tar")
    (tmp_path / "a.tar").write_text("mine")
    with pytest.raises(BackupUnwritable, match="is there already"):
        written(tmp_path / "a.tar")
    assert (tmp_path / "a.tar").read_text() == "mine"


def test_a_full_disk_is_told_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "partial", tmp_path / "full")
    (tmp_path / "full").symlink_to("/dev/full")
    with (
        pytest.raises(BackupUnwritable, match="No space left on device"),
        Writer(tmp_path / "a.tar") as writer,
    ):
        writer.add("data_volume", 1, [IMAGE * 10])
    assert list(tmp_path.iterdir()) == []
