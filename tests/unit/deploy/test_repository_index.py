"""Reading Debian's indices and writing our own."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from deploy.repository import index
from deploy.repository.archive import CannotInstall, _fetch_error, _update_error
from deploy.repository.closure import check_names, closure
from deploy.repository.errors import RepositoryError
from deploy.repository.wanted import PackageList, Wanted


def stanza(name: str, version: str = "1.0", folder: str = "pool/main/x", more: str = "") -> str:
    """Return what an index of Debian says about a package."""
    file = f"{folder}/{name}_{version.rpartition(':')[2]}_amd64.deb"
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{more}"
        f"Description: text\nFilename: {file}\nSize: 3\nSHA256: {'a' * 64}"
    )


def offered(*stanzas: str) -> index.Index:
    """Return an index with these stanzas."""
    return index.Index(["\n\n".join(stanzas) + "\n\n"])


def test_chosen_packages_are_read_from_apt() -> None:
    text = (
        "Reading package lists...\n"
        "'http://m/pool/a_1.deb' a_1%3a2.0+x_amd64.deb 123 MD5Sum:0\n"
        "'http://m/pool/b_1.deb' b_1_all.deb 5 SHA256:0\n"
    )
    assert index.parse_uris(text) == {("a", "1:2.0+x", "amd64"), ("b", "1", "all")}


def test_essential_and_required_packages_are_found() -> None:
    found = offered(
        stanza("a", more="Essential: yes\n"), stanza("b", more="Priority: required\n"), stanza("c")
    )
    assert found.required() == ("a", "b")


def test_a_package_is_found_by_version() -> None:
    found = offered(stanza("a", "1:1.0"), stanza("a", "1:1.1")).package("a", "1:1.1", "amd64")
    assert (found.filename, found.size) == ("a_1%3a1.1_amd64.deb", 3)
    with pytest.raises(RepositoryError, match="in no signed index"):
        offered(stanza("a")).package("a", "2", "amd64")


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("pool/main/a/a/a.deb", "pool/main/a/a/a.deb"),
        ("pool/updates/main/a/a/a.deb", "pool/main/a/a/a.deb"),
    ],
)
def test_pool_path(given: str, ours: str) -> None:
    assert index.pool_path(given) == ours


@pytest.mark.parametrize("given", ["/etc/passwd", "pool/main/../../x", "pool/non-free/a.deb"])
def test_a_path_out_of_the_pool_is_refused(given: str) -> None:
    with pytest.raises(RepositoryError, match="unexpected file name"):
        index.pool_path(given)


def test_our_index_keeps_debians_words_but_the_path() -> None:
    found = offered(stanza("b"), stanza("a", folder="pool/updates/main/x"))
    packages = {found.package("b", "1.0", "amd64"), found.package("a", "1.0", "amd64")}
    expected = stanza("a") + "\n\n" + stanza("b") + "\n\n"
    assert index.packages_text(packages) == expected
    assert index.manifest_text(packages).splitlines()[0] == f"a 1.0 {'a' * 64}"


def test_the_name_of_a_closure_depends_on_packages_and_key_only() -> None:
    found = offered(stanza("a"), stanza("b"))
    a, b = found.package("a", "1.0", "amd64"), found.package("b", "1.0", "amd64")
    assert index.closure_hash([a, b], "k") == index.closure_hash([b, a], "k")
    assert len({index.closure_hash([a], "k"), index.closure_hash([a], "l")}) == 2
    assert index.closure_hash([a], "k") != index.closure_hash([a, b], "k")


def test_the_release_vouches_for_each_index_file() -> None:
    files = index.index_files("Package: a\n\n")
    assert gzip.decompress(files["main/binary-amd64/Packages.gz"]) == b"Package: a\n\n"
    assert lzma.decompress(files["main/binary-amd64/Packages.xz"]) == b"Package: a\n\n"
    date = datetime(2026, 11, 3, 4, 5, 6, tzinfo=UTC)
    text = index.release_text(files, release="trixie", snapshot="20261103-00000000", date=date)
    assert "Date: Tue, 03 Nov 2026 04:05:06 UTC\n" in text
    assert "Codename: trixie\n" in text
    for path, content in files.items():
        assert f" {hashlib.sha256(content).hexdigest()} {len(content)} {path}\n" in text


def test_what_is_no_index_is_refused() -> None:
    with pytest.raises(RepositoryError, match="does not start with"):
        index.Index(["<html>sign in to the network</html>"])


def test_all_unknown_names_are_told_with_file_and_hint() -> None:
    found = offered(stanza("memcached"), stanza("exim", more="Provides: mta, smtp (= 1)\n"))
    wanted = Wanted((), (PackageList("a.yml", ("memcachd", "mta", "zzzzz")),), ())
    with pytest.raises(RepositoryError) as caught:
        check_names(wanted, found)
    text = str(caught.value)
    assert "memcachd (a.yml): no such package in Debian; did you mean memcached?" in text
    assert "mta (a.yml): a virtual package; name one of exim" in text
    assert "zzzzz (a.yml): no such package in Debian" in text
    check_names(Wanted((), (PackageList("a.yml", ("memcached",)),), ()), found)


class FakeArchive:
    """Resolves a name to itself; `one` and `two` conflict."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    def resolve(self, names: Iterable[str]) -> set[tuple[str, str, str]]:
        """Return what apt would."""
        asked = set(names)
        self.asked.append(asked)
        if {"one", "two"} <= asked:
            raise CannotInstall("no", why="because")
        return {(name, "1.0", "amd64") for name in asked}


def test_hosts_together_and_images_apart() -> None:
    found = offered(*(stanza(name) for name in ("base", "one", "three", "two")))
    archive = FakeArchive()
    wanted = Wanted(
        (PackageList("b", ("base",)),),
        (PackageList("h", ("one",)), PackageList("g", ("three",))),
        (PackageList("i", ("two",)),),
    )
    packages = closure(wanted, found, archive.resolve)
    assert {p.name for p in packages} == {"base", "one", "three", "two"}
    assert archive.asked == [{"base", "one", "three"}, {"two"}]


def test_hosts_that_conflict_are_resolved_list_by_list() -> None:
    found = offered(*(stanza(name) for name in ("base", "one", "two")))
    archive = FakeArchive()
    hosts = (PackageList("h", ("one",)), PackageList("g", ("two",)))
    wanted = Wanted((PackageList("b", ("base",)),), hosts, ())
    packages = closure(wanted, found, archive.resolve)
    assert {p.name for p in packages} == {"base", "one", "two"}
    assert archive.asked[1:] == [{"base", "one"}, {"base", "two"}]


def test_a_list_that_conflicts_in_itself_is_named() -> None:
    hosts = (PackageList("h.yml", ("one", "two")), PackageList("g.yml", ()))
    with pytest.raises(CannotInstall) as caught:
        closure(Wanted((), hosts, ()), offered(stanza("one")), FakeArchive().resolve)
    assert "h.yml" in str(caught.value)
    assert "because" in str(caught.value)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("W: GPG error: http://m x InRelease: NO_PUBKEY 1", "signature"),
        ("E: The repository 'http://m x Release' is not signed.", "signature"),
        ("E: Release file for http://m is expired", "out of date"),
        ("E: Failed to fetch x  Could not connect to m", "cannot be reached"),
        ("E: Write error - write (28: No space left on device)", "disk is full"),
        ("E: Failed to fetch x  Hash Sum mismatch", "something else than its signed index"),
    ],
)
def test_what_apt_says_is_told_in_plain_words(output: str, message: str) -> None:
    error = _update_error(output)
    assert message in error.what
    assert output in error.why
    assert error.todo


def test_a_failed_download_is_told() -> None:
    assert "cannot be reached" in _fetch_error("E: Could not resolve host").what
