"""The Debian package of our own extensions, made from the tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from deploy import distribution
from deploy.repository import wanted
from deploy.repository.errors import RepositoryError
from deploy.repository.index import Package
from deploy.repository.wanted import PackageList, Wanted

RECORD = Path("deploy/repository/own.yml")
FOLDER = "usr/lib/python3/dist-packages"
# No file is older than what it was made from, and the same tree gives the same bytes.
EPOCH_SECONDS = 1735689600


@dataclass(frozen=True)
class Own:
    """Our package as it is to be: its files by their path on a host, and what dpkg is told."""

    name: str
    version: str
    depends: tuple[str, ...]
    description: str
    files: dict[str, bytes]

    @property
    def control(self) -> str:
        """What dpkg is told."""
        return (
            f"Package: {self.name}\n"
            f"Version: {self.version}\n"
            "Architecture: all\n"
            "Maintainer: ouhai-cloud <root@localhost>\n"
            "Section: python\n"
            "Priority: optional\n"
            f"Depends: {', '.join(self.depends)}\n"
            f"Description: {self.description}\n"
        )


def read(tree: Path) -> Own:
    """Read the record and the files of the tree; the version names their content.

    Raises RepositoryError if the record is not what it should be.
    """
    record = wanted.load(tree, RECORD)
    names = wanted.names([record.get("name")], f"{RECORD}: name")
    depends = wanted.names(record.get("depends"), f"{RECORD}: depends")
    ours = distribution.read(tree)
    source = tree / distribution.EXTENSIONS
    files = {f"{FOLDER}/{path}": (source / path).read_bytes() for path in distribution.files(tree)}
    own = Own(
        names.packages[0],
        ours.version,
        depends.packages,
        str(record.get("description", "")),
        files,
    )
    # The folder's name has to change with the content. stevedore keeps what it has read of entry
    # points for as long as files and folders keep their times, and all files here have one time.
    ours = replace(ours, version=f"{ours.version}+{_digest(own, ours.entry_points)}")
    info = {f"{FOLDER}/{ours.info}/{name}": text.encode() for name, text in ours.metadata.items()}
    return replace(own, version=ours.version, files=files | info)


def without(lists: Wanted, own: Own) -> Wanted:
    """Return the lists with what our package depends on in its place: what Debian is asked for."""

    def changed(part: PackageList) -> PackageList:
        if own.name not in part.packages:
            return part
        others = (name for name in part.packages if name != own.name)
        return replace(part, packages=(*others, *own.depends))

    return Wanted(
        *(tuple(map(changed, parts)) for parts in (lists.base, lists.hosts, lists.images))
    )


def build(own: Own, debs: Path) -> Package:
    """Make the .deb in `debs`, where the downloads are; return its description.

    Raises RepositoryError if dpkg-deb fails.
    """
    stanza = f"{own.control}Filename: pool/main/o/ouhai-cloud/{own.name}_{own.version}_all.deb\n"
    draft = Package(own.name, own.version, "all", "", 0, stanza)
    path = debs / draft.filename
    with tempfile.TemporaryDirectory(dir=debs.parent, prefix="own-") as name:
        folder = Path(name) / "tree"
        for file, content in own.files.items():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (folder / "DEBIAN").mkdir()
        (folder / "DEBIAN/control").write_text(own.control)
        made = Path(name) / path.name
        _run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(folder), str(made))
        made.chmod(0o644)
        content = made.read_bytes()
        if not path.exists() or path.read_bytes() != content:
            shutil.move(made, path)
    digest = hashlib.sha256(content).hexdigest()
    stanza += f"Size: {len(content)}\nSHA256: {digest}"
    return replace(draft, sha256=digest, size=len(content), stanza=stanza)


def _digest(own: Own, entry_points: str) -> str:
    digest = hashlib.sha256(f"{own.control}{entry_points}".encode())
    for path, content in sorted(own.files.items()):
        digest.update(f"{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:8]


def _run(*command: str) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH_SECONDS)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RepositoryError(f"{command[0]} failed", why=done.stderr)
