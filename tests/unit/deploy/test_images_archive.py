"""Archives hold what they are given, and are the same bytes whenever and wherever they are made."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

from deploy.images.builder import archive

ENTRIES = [
    archive.file("bin/sh", b"program", executable=True),
    archive.link("init", "bin/sh"),
    archive.Entry("dev/console", 0o020600, device=(5, 1)),
]


def names(data: bytes) -> list[str]:
    """The paths in a newc archive."""
    result: list[str] = []
    place = 0
    while True:
        assert data[place : place + 6] == b"070701"
        fields = [int(data[place + 6 + 8 * i : place + 14 + 8 * i], 16) for i in range(13)]
        size, length = fields[6], fields[11]
        name = data[place + 110 : place + 110 + length - 1].decode()
        if name == "TRAILER!!!":
            return result
        result.append(name)
        place = -(-(place + 110 + length) // 4) * 4
        place = -(-(place + size) // 4) * 4


def test_parents_come_before_what_is_in_them() -> None:
    assert names(archive.cpio(ENTRIES, 1)) == ["bin", "bin/sh", "dev", "dev/console", "init"]


def test_order_of_entries_does_not_matter() -> None:
    assert archive.cpio(ENTRIES, 1) == archive.cpio(reversed(ENTRIES), 1)
    assert archive.tar(ENTRIES[:2], 1) == archive.tar(reversed(ENTRIES[:2]), 1)


def test_a_later_entry_replaces_an_earlier_one() -> None:
    entries = archive.complete([archive.file("a", b"1"), archive.file("/a", b"2")])
    assert [entry.data for entry in entries] == [b"2"]


def test_tar_keeps_content_links_and_time() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive.tar(ENTRIES[:2], 77))) as tar:
        assert tar.getnames() == ["bin", "bin/sh", "init"]
        member = tar.getmember("bin/sh")
        assert (member.mode, member.mtime, member.uid) == (0o755, 77, 0)
        assert tar.getmember("init").linkname == "bin/sh"


def test_a_folder_gives_the_same_entries_whatever_the_umask(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir(mode=0o700)
    (tmp_path / "etc" / "secretive").write_bytes(b"x")
    (tmp_path / "etc" / "secretive").chmod(0o600)
    (tmp_path / "run").write_bytes(b"y")
    (tmp_path / "run").chmod(0o700)
    os.symlink("run", tmp_path / "link")
    entries = archive.folder_entries(tmp_path, "usr")
    assert {entry.path: oct(entry.mode & 0o777) for entry in entries} == {
        "usr/etc": "0o755",
        "usr/etc/secretive": "0o644",
        "usr/link": "0o777",
        "usr/run": "0o755",
    }
