"""Snapshots on disk: write one aside, then put it in place in one step."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from deploy.repository import index
from deploy.repository.errors import RepositoryError
from deploy.repository.index import Package
from deploy.repository.signing import Signer, verify
from deploy.repository.sources import RELEASE

NAME = re.compile(r"\d{8}-[0-9a-f]{8}")
KEY = "repository.gpg"
KEYS = (KEY, "repository.asc")
CURRENT = "current"
_ASIDE = ".new-snapshot"
_OLD = ".old-snapshot"


def list_names(directory: Path) -> list[str]:
    """Return the names of the snapshots in the repository, oldest first."""
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if NAME.fullmatch(path.name))


def current(directory: Path) -> str | None:
    """Return the name of the snapshot that `current` points to, if it is there."""
    link = directory / CURRENT
    if not link.is_symlink():
        return None
    name = str(link.readlink())
    complete = directory / name / "dists" / RELEASE / "InRelease"
    return name if NAME.fullmatch(name) and complete.is_file() else None


def switch(directory: Path, name: str) -> None:
    """Let `current` point to the snapshot `name`, atomically.

    Raises RepositoryError if there is no such snapshot, or its signature is bad.
    """
    if name not in list_names(directory):
        raise RepositoryError(
            f"there is no snapshot {name!r}",
            where=str(directory),
            why="there are: " + (", ".join(list_names(directory)) or "none"),
            todo="choose one of these",
        )
    if not verify(directory / name, directory / KEY, RELEASE):
        raise RepositoryError(
            f"snapshot {name} is not signed by this repository's key: hosts would refuse it",
            where=str(directory),
            todo="choose another snapshot; or remove this one, and make a new one with --refresh",
        )
    if current(directory) == name:
        return
    fresh = directory / ".current.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name)
    fresh.replace(directory / CURRENT)


def find(directory: Path, packages: Iterable[Package], debs: Path, signer: Signer) -> str | None:
    """Return the snapshot that holds exactly these packages, whole and well signed."""
    packages = list(packages)
    wanted = index.closure_hash(packages, signer.fingerprint)
    for name in reversed(list_names(directory)):
        if name.endswith(f"-{wanted}") and _whole(directory, name, packages, debs):
            return name
    return None


def _whole(directory: Path, name: str, packages: Iterable[Package], debs: Path) -> bool:
    folder = directory / name
    if not verify(folder, directory / KEY, RELEASE):
        return False
    try:
        # The cache was verified a moment ago: a link to it needs no second reading.
        return all((folder / p.pool_path).samefile(debs / p.filename) for p in packages)
    except OSError:
        return False


def write(directory: Path, packages: Iterable[Package], debs: Path, signer: Signer) -> str:
    """Make the snapshot of `packages` (in `debs`, verified) and return its name."""
    packages = sorted(packages)
    now = datetime.now(UTC)
    name = f"{now:%Y%m%d}-{index.closure_hash(packages, signer.fingerprint)}"
    aside = directory / _ASIDE
    clean(directory)
    dists = aside / "dists" / RELEASE
    (dists / "main/binary-amd64").mkdir(parents=True)
    for package in packages:
        target = aside / package.pool_path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(debs / package.filename, target)
    files = index.index_files(index.packages_text(packages))
    for path, content in files.items():
        (dists / path).write_bytes(content)
    release = index.release_text(files, release=RELEASE, snapshot=name, date=now)
    (dists / "Release").write_text(release)
    signer.sign(dists / "Release")
    (aside / "manifest").write_text(index.manifest_text(packages))
    if (directory / name).exists():
        # Only a damaged one of the same day comes here; see `find`.
        (directory / name).rename(directory / _OLD)
    aside.rename(directory / name)
    clean(directory)
    return name


def clean(directory: Path) -> None:
    """Remove what an interrupted run has left."""
    for leftover in (_ASIDE, _OLD):
        if (directory / leftover).exists():
            shutil.rmtree(directory / leftover)
