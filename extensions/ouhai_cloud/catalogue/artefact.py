"""The file of a backup: volumes and a manifest in one tar file, each part with its checksum.

It can be restored in a cloud whose catalogue has never heard of the application: the manifest has
the entry itself. The guest image and our types of Heat's resources must be there. Standard tools
can look into it: ``tar``, ``sha256sum --check``, ``xz``.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from ouhai_cloud.catalogue import setups
from ouhai_cloud.catalogue.setups import Setup
from ouhai_cloud.cloud.api import Json
from ouhai_cloud.errors import BackupUnreadable, BackupUnwritable

FORM, FORM_VERSION = "ouhai-application-backup", 1
MANIFEST, SUM = "manifest.json", "manifest.json.sha256"
DISK_FORMAT = "qcow2"
PARTIAL = ".partial"
PRESET = 1
PIECE_BYTES = 1 << 20
LONGEST_MANIFEST_BYTES = 4 << 20

Progress = Callable[[int], None]
"""Told how many bytes are done."""


@dataclass(frozen=True)
class Part:
    """A volume in a backup.

    :param parameter: the parameter of the application that takes it.
    :param file: its name in the tar file: an image in the form ``DISK_FORMAT``, compressed by xz.
    :param image_bytes: how large the image is, uncompressed.
    :param sha256: of the compressed file.
    """

    parameter: str
    gib: int
    file: str
    image_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup is of.

    :param name: of the copy.
    :param taken_at: when its guests were down, ISO 8601.
    """

    name: str
    setup: Setup
    taken_at: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All of it as it stands in the file."""
        entry = self.setup.entry
        facts: Json = {
            "format": FORM,
            "format_version": FORM_VERSION,
            "application": entry.application,
            "version": entry.version,
            "template_digest": entry.digest,
            "copy": self.name,
            "taken_at": self.taken_at,
            "volumes": [vars(one) for one in self.parts],
            **self.setup.document,
        }
        return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


class Writer:
    """Writes a backup; nothing bears the final name before all of it is there.

    :param path: which must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @property
    def partial(self) -> Path:
        """What it is called until it is whole."""
        return self._path.with_name(self._path.name + PARTIAL)

    def __enter__(self) -> Writer:
        """Begin.

        :raises BackupUnwritable: there is such a file, or it cannot be made.
        """
        if self._path.exists():
            raise BackupUnwritable(f"{self._path} is there already; choose another name.")
        try:
            self._file = self.partial.open("wb")
        except OSError as error:
            raise self._unwritable(error) from error
        # It holds what the application holds.
        self.partial.chmod(0o600)
        return self

    def __exit__(self, *_: object) -> None:
        """End; what is not whole is removed."""
        self.partial.unlink(missing_ok=True)
        # What a full disk did not take in cannot be written now either.
        with suppress(OSError):
            self._out.close()

    def add(self, parameter: str, gib: int, image: Iterable[bytes]) -> Part:
        """Write a volume's image, and return what it is.

        :raises BackupUnwritable: there is no room for it.
        """
        name = f"{parameter}.{DISK_FORMAT}.xz"
        counted = _Counted(image)
        with self._named():
            sha256 = self._member(name, _compressed(counted))
        return Part(parameter, gib, name, counted.size_bytes, sha256)

    def finish(self, manifest: Manifest) -> int:
        """Write the manifest, give the file its name and return its size in bytes.

        :raises BackupUnwritable: there is no room for it.
        """
        with self._named():
            sha256 = self._member(MANIFEST, [manifest.text.encode()])
            self._member(SUM, [f"{sha256}  {MANIFEST}\n".encode()])
            self._out.write(bytes(2 * tarfile.BLOCKSIZE))
            self._out.flush()
            os.fsync(self._out.fileno())
            self.partial.rename(self._path)
            return self._path.stat().st_size

    @property
    def _out(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("the writer is not entered")
        return self._file

    def _member(self, name: str, content: Iterable[bytes]) -> str:
        """Write a member and return its checksum; its header last, when its size is known."""
        start = self._out.tell()
        self._out.write(bytes(tarfile.BLOCKSIZE))
        digest, size = hashlib.sha256(), 0
        for piece in content:
            digest.update(piece)
            size += self._out.write(piece)
        self._out.write(bytes(-size % tarfile.BLOCKSIZE))
        end = self._out.tell()
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(time.time())
        self._out.seek(start)
        self._out.write(info.tobuf(tarfile.GNU_FORMAT))
        self._out.seek(end)
        return digest.hexdigest()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> BackupUnwritable:
        return BackupUnwritable(f"{self._path} cannot be written: {error.strerror}. Nothing stays.")


class Artefact:
    """A backup's file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def manifest(self) -> Manifest:
        """What it is of.

        :raises BackupUnreadable: it is no backup, of a later form, or its manifest is damaged.
        """
        with self._opened() as archive:
            text, said = (self._small(archive, name) for name in (MANIFEST, SUM))
        if said.split()[:1] != [hashlib.sha256(text).hexdigest().encode()]:
            raise self._damaged(f"{MANIFEST} is not what was written (checksum)")
        document = json.loads(text)
        if document.get("format") != FORM:
            raise self._foreign(f"its {MANIFEST} is of something else")
        if document["format_version"] != FORM_VERSION:
            raise BackupUnreadable(
                f"{self.path} is a backup in form {document['format_version']}, and this "
                f"ouhai-cloud reads {FORM_VERSION}; use the one that wrote it."
            )
        return Manifest(
            name=document["copy"],
            setup=setups.from_document(document),
            taken_at=document["taken_at"],
            parts=tuple(Part(**one) for one in document["volumes"]),
        )

    @property
    def size_bytes(self) -> int:
        """How large all volumes are in it."""
        with self._opened() as archive:
            return sum(archive.getmember(one.file).size for one in self.manifest.parts)

    def check(self, progress: Progress) -> None:
        """Read all of it.

        :raises BackupUnreadable: a volume in it is damaged or missing.
        """
        done = 0
        for part in self.manifest.parts:
            digest = hashlib.sha256()
            for piece in self._pieces(part):
                digest.update(piece)
                done += len(piece)
                progress(done)
            if digest.hexdigest() != part.sha256:
                raise self._damaged(f"{part.file} is not what was written (checksum)")

    def image(self, part: Part) -> Iterator[bytes]:
        """Yield a volume's image.

        :raises BackupUnreadable: it is damaged.
        """
        expander = lzma.LZMADecompressor()
        try:
            for piece in self._pieces(part):
                yield expander.decompress(piece, PIECE_BYTES)
                # A piece may stand for gigabytes.
                while not (expander.needs_input or expander.eof):
                    yield expander.decompress(b"", PIECE_BYTES)
        except (lzma.LZMAError, EOFError) as error:
            raise self._damaged(f"{part.file} cannot be expanded ({error})") from error

    def _pieces(self, part: Part) -> Iterator[bytes]:
        with self._opened() as archive:
            content = archive.extractfile(self._member(archive, part.file))
            while piece := content.read(PIECE_BYTES) if content else b"":
                yield piece

    @contextmanager
    def _opened(self) -> Iterator[tarfile.TarFile]:
        try:
            with tarfile.open(self.path, "r:") as archive:
                yield archive
        except tarfile.TarError as error:
            raise self._foreign(f"it is no tar file, or was cut off ({error})") from error
        except OSError as error:
            raise BackupUnreadable(f"{self.path} cannot be read: {error.strerror}.") from error

    def _small(self, archive: tarfile.TarFile, name: str) -> bytes:
        member = self._member(archive, name)
        if member.size > LONGEST_MANIFEST_BYTES:
            raise self._foreign(f"its {name} is too large")
        content = archive.extractfile(member)
        return content.read() if content else b""

    def _member(self, archive: tarfile.TarFile, name: str) -> tarfile.TarInfo:
        try:
            return archive.getmember(name)
        except KeyError as error:
            raise self._foreign(f"it has no {name}") from error

    def _foreign(self, why: str) -> BackupUnreadable:
        return BackupUnreadable(
            f"{self.path} is no backup of an application: {why}. Nothing was made."
        )

    def _damaged(self, why: str) -> BackupUnreadable:
        return BackupUnreadable(
            f"{self.path} is damaged: {why}. Nothing was made; copy the file again from where it "
            "was kept, or take another backup."
        )


class _Counted:
    """Counts the bytes that pass."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.size_bytes = 0
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size_bytes += len(piece)
            yield piece


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer: Any = lzma.LZMACompressor(preset=PRESET)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
