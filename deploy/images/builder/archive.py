"""Archives with the same bytes for the same input: cpio (newc) for the kernel, tar for mke2fs."""

import io
import stat
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    """A file, directory, symbolic link or device of an archive; owner is always root.

    `mode` holds type and permissions; `data` is the content, or a symbolic link's target;
    `device` is (major, minor).
    """

    path: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def directory(path: str) -> Entry:
    """A directory that everybody may read."""
    return Entry(path, stat.S_IFDIR | 0o755)


def link(path: str, target: str) -> Entry:
    """A symbolic link to `target`."""
    return Entry(path, stat.S_IFLNK | 0o777, target.encode())


def file(path: str, data: bytes, executable: bool = False) -> Entry:
    """A file that everybody may read, and run when it is executable."""
    return Entry(path, stat.S_IFREG | (0o755 if executable else 0o644), data)


def folders_entries(folders: Iterable[Path]) -> list[Entry]:
    """What several folders hold, as entries; `complete` lets the last of one path win."""
    return [entry for folder in folders for entry in folder_entries(folder)]


def folder_entries(folder: Path, below: str = "") -> list[Entry]:
    """What `folder` holds, as entries below the directory `below`.

    Permissions are reduced to "executable or not", which is all that git keeps: the umask of a
    checkout has no say.
    """
    entries = []
    for path in sorted(folder.rglob("*")):
        name = str(Path(below) / path.relative_to(folder))
        if path.is_symlink():
            entries.append(link(name, str(path.readlink())))
        elif path.is_dir():
            entries.append(directory(name))
        else:
            entries.append(file(name, path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR)))
    return entries


def complete(entries: Iterable[Entry]) -> list[Entry]:
    """Add missing parent directories; sorted, the last of several entries with one path wins."""
    result: dict[str, Entry] = {}
    for entry in entries:
        path = entry.path.strip("/")
        for parent in list(Path(path).parents)[-2::-1]:
            result.setdefault(str(parent), directory(str(parent)))
        result[path] = Entry(path, entry.mode, entry.data, entry.device)
    return [result[path] for path in sorted(result, key=lambda path: path.split("/"))]


def cpio(entries: Iterable[Entry], epoch: int) -> bytes:
    """An uncompressed cpio archive in the format "newc", every time being `epoch` (seconds)."""
    output = bytearray()

    def add(number: int, entry: Entry, time: int) -> None:
        name = entry.path.encode() + b"\0"
        links = 2 if stat.S_ISDIR(entry.mode) else 1
        major, minor = entry.device
        fields = (
            number,
            entry.mode,
            0,
            0,
            links,
            time,
            len(entry.data),
            0,
            0,
            major,
            minor,
            len(name),
            0,
        )
        output.extend(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        output.extend(bytes(-len(output) % 4))
        output.extend(entry.data)
        output.extend(bytes(-len(output) % 4))

    for number, entry in enumerate(complete(entries), start=1):
        add(number, entry, epoch)
    add(0, Entry(_TRAILER, 0), 0)
    output.extend(bytes(-len(output) % 512))
    return bytes(output)


def tar(entries: Iterable[Entry], epoch: int) -> bytes:
    """An uncompressed tar archive, every time being `epoch` (seconds)."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in complete(entries):
            info = tarfile.TarInfo(entry.path)
            info.mode, info.mtime = stat.S_IMODE(entry.mode), epoch
            if stat.S_ISDIR(entry.mode):
                info.type = tarfile.DIRTYPE
            elif stat.S_ISLNK(entry.mode):
                info.type, info.linkname = tarfile.SYMTYPE, entry.data.decode()
            else:
                info.size = len(entry.data)
            archive.addfile(info, io.BytesIO(entry.data))
    return output.getvalue()
