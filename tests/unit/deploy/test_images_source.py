"""An image depends on the packages it may be made from, and on no others of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.images.builder import index
from deploy.images.builder.errors import SourceMissing
from deploy.images.builder.source import Source, archive_time, machine_mirrors, repository


def stanza(name: str, version: str = "1", **fields: str) -> str:
    lines = [
        f"Package: {name}",
        f"Version: {version}",
        f"SHA256: {name}-{version}",
        f"Filename: pool/{name}.deb",
        *(f"{key.replace('_', '-')}: {value}" for key, value in fields.items()),
        "Description: with: colons",
        " and: continuation",
    ]
    return "\n".join(lines) + "\n"


PACKAGES = [
    stanza("base-files", Essential="yes"),
    stanza("apt"),
    stanza("curl", Depends="libcurl (>= 8), tls | tls-other", Pre_Depends="libc:any"),
    stanza("libcurl"),
    stanza("libc"),
    stanza("openssl", Provides="tls (= 3)"),
    stanza("tls-other"),
    stanza("nova-api", Depends="curl"),
]


def write(folder: Path, packages: list[str]) -> Path:
    snapshot = folder / "snapshot"
    binary = snapshot / "dists/trixie/main/binary-amd64"
    binary.mkdir(parents=True, exist_ok=True)
    (binary / "Packages").write_text("\n".join(packages), encoding="utf-8")
    release = snapshot / "dists/trixie/Release"
    release.write_text("Suite: trixie\nVersion: 2026-a\n", encoding="utf-8")
    (folder / "repository.gpg").write_bytes(b"key")
    (snapshot / "pool").mkdir(exist_ok=True)
    for offer in index.parse("\n".join(packages)):
        header = f"!<arch>\n{'debian-binary':16}{1700000000:<12}{0:<6}{0:<6}{100644:<8}{4:<10}`\n"
        (snapshot / offer.file).write_text(header, encoding="ascii")
    if not (folder / "current").is_symlink():
        (folder / "current").symlink_to("snapshot")
    return folder / "current"


def read(folder: Path, packages: list[str]) -> Source:
    return repository(write(folder, packages), ["curl"])


def test_closure_takes_all_alternatives_and_the_essential() -> None:
    found = index.closure(index.parse("\n".join(PACKAGES)), ["curl"])
    assert [offer.name for offer in found] == [
        *("apt", "base-files", "curl", "libc", "libcurl", "openssl", "tls-other"),
    ]


def test_only_packages_of_the_image_change_its_identity(tmp_path: Path) -> None:
    before = read(tmp_path, PACKAGES)
    assert read(tmp_path, [*PACKAGES, stanza("horizon")]) == before
    others = [part for part in PACKAGES if "Package: libcurl" not in part]
    assert read(tmp_path, [*others, stanza("libcurl", "2")]).identity != before.identity


def test_a_repository_is_read(tmp_path: Path) -> None:
    source = read(tmp_path, PACKAGES)
    assert source.snapshot == "2026-a"
    assert source.epoch == 1700000000
    key, snapshot = tmp_path / "repository.gpg", tmp_path / "snapshot"
    assert source.apt_lines == (f"deb [signed-by={key}] copy:{snapshot} trixie main",)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="lacks jq; run deploy/repository/make"):
        repository(write(tmp_path, PACKAGES), ["curl", "jq"])


@pytest.mark.parametrize("name", ["repository.gpg", "snapshot/dists/trixie/Release"])
def test_an_incomplete_repository_says_how_to_make_it(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path, PACKAGES)
    (tmp_path / name).unlink()
    with pytest.raises(SourceMissing, match="run deploy/repository/make"):
        repository(folder, ["curl"])


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.deb"
    path.write_bytes(b"<html>")
    with pytest.raises(SourceMissing, match=r"x\.deb"):
        archive_time(path)


def test_mirrors_follow_the_machine() -> None:
    text = (
        "Types: deb\n# a comment: ignored\nURIs: http://mirror.example/debian\n"
        "Suites: bookworm bookworm-updates\n\n"
        "Types: deb\nURIs: http://mirror.example/security\nSuites: bookworm-security\n"
    )
    assert [line.split("] ")[1] for line in machine_mirrors(text)] == [
        "http://mirror.example/debian trixie main",
        "http://mirror.example/debian trixie-updates main",
        "http://mirror.example/security trixie-security main",
    ]
    with pytest.raises(SourceMissing, match="names no mirror"):
        machine_mirrors("Types: deb\n")
