"""Snapshots on disk, signed with a real key; no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.repository import maker, snapshot
from deploy.repository.errors import RepositoryError
from deploy.repository.index import Package
from deploy.repository.signing import Signer, verify

CONTENT = {"a": b"one", "b": b"two"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with downloads and a key, without snapshots."""
    path = tmp_path_factory.mktemp("r")
    (path / "debs").mkdir()
    for name, content in CONTENT.items():
        (path / "debs" / f"{name}_1.0_all.deb").write_bytes(content)
    return path


@pytest.fixture(scope="module")
def signer(directory: Path) -> Iterator[Signer]:
    """Return the repository's own signer."""
    with Signer(directory) as entered:
        entered.export(directory / snapshot.KEY)
        yield entered


def package(name: str) -> Package:
    """Return the description of one of the downloads."""
    digest = hashlib.sha256(CONTENT[name]).hexdigest()
    path = f"pool/main/{name}/{name}_1.0_all.deb"
    text = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nFilename: {path}\nSize: 3\n"
    return Package(name, "1.0", "all", digest, 3, f"{text}SHA256: {digest}")


def test_a_snapshot_is_complete_and_signed(directory: Path, signer: Signer) -> None:
    debs = directory / "debs"
    packages = [package("a"), package("b")]
    assert snapshot.find(directory, packages, debs, signer) is None
    # What an interrupted run leaves does not disturb.
    (directory / ".new-snapshot" / "pool").mkdir(parents=True)
    name = snapshot.write(directory, packages, debs, signer)
    assert snapshot.NAME.fullmatch(name)
    assert snapshot.find(directory, packages, debs, signer) == name
    assert (directory / name / "pool/main/a/a_1.0_all.deb").samefile(debs / "a_1.0_all.deb")
    assert (directory / name / "dists/trixie/Release.gpg").is_file()
    assert len((directory / name / "manifest").read_text().splitlines()) == 2
    assert not (directory / ".new-snapshot").exists()
    snapshot.switch(directory, name)
    assert snapshot.current(directory) == name

    damaged = directory / name / "pool/main/a/a_1.0_all.deb"
    damaged.unlink()
    assert snapshot.find(directory, packages, debs, signer) is None
    assert snapshot.write(directory, packages, debs, signer) == name
    assert damaged.read_bytes() == b"one"


def test_a_changed_release_is_refused(directory: Path, signer: Signer) -> None:
    name = snapshot.write(directory, [package("b")], directory / "debs", signer)
    assert verify(directory / name, directory / snapshot.KEY, "trixie")
    signed = directory / name / "dists/trixie/InRelease"
    signed.write_text(signed.read_text().replace("Label: ouhai", "Label: other"))
    assert not verify(directory / name, directory / snapshot.KEY, "trixie")
    assert snapshot.find(directory, [package("b")], directory / "debs", signer) is None
    with pytest.raises(RepositoryError, match="not signed by this repository's key"):
        snapshot.switch(directory, name)


def test_a_snapshot_that_is_not_there(directory: Path) -> None:
    with pytest.raises(RepositoryError, match="no snapshot '20200101-00000000'"):
        snapshot.switch(directory, "20200101-00000000")


def test_the_key_stays_and_is_nobody_elses(directory: Path, signer: Signer) -> None:
    home = directory / ".gnupg"
    assert home.stat().st_mode & 0o777 == 0o700
    with Signer(directory) as again:
        assert again.fingerprint == signer.fingerprint
    home.chmod(0o750)
    try:
        with pytest.raises(RepositoryError, match="can be read by others"):
            Signer(directory).__enter__()
    finally:
        home.chmod(0o700)


def test_a_lost_key_is_not_replaced_silently(tmp_path: Path) -> None:
    (tmp_path / ".gnupg").mkdir(mode=0o700)
    with pytest.raises(RepositoryError, match="no signing key"):
        Signer(tmp_path).__enter__()


def test_answers_prefer_the_current_snapshot(tmp_path: Path) -> None:
    answers = maker._Answers(tmp_path / "answers")
    assert answers.find(tmp_path, "0" * 32) is None
    for key in snapshot.KEYS:
        (tmp_path / key).touch()
    for name in ("20261101-00000001", "20261102-00000002"):
        (tmp_path / name / "dists/trixie").mkdir(parents=True)
        (tmp_path / name / "dists/trixie/InRelease").touch()
        answers.add("0" * 32, name)
    assert answers.find(tmp_path, "0" * 32) == "20261102-00000002"
    (tmp_path / "current").symlink_to("20261101-00000001")
    assert answers.find(tmp_path, "0" * 32) == "20261101-00000001"
    assert answers.find(tmp_path, "1" * 32) is None


def test_errors_say_what_where_why_and_what_to_do() -> None:
    text = str(RepositoryError("what", where="there", why="one\ntwo", todo="this"))
    assert text == "what\n  where: there\n  why:   one\n         two\n  do:    this"
