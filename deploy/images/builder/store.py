"""Where finished images are: OUTPUT/<name>/<content hash>, `current` naming the newest."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.images.builder.definition import Definition
from deploy.images.builder.errors import ImageError
from deploy.images.builder.manifest import NAME
from deploy.images.builder.source import Source

_WORK_PREFIX = ".building-"
_KEEP = 2  # an upload may still be reading the one before


def _digest_folder(digest: "hashlib._Hash", folder: Path, pattern: str) -> None:
    for path in sorted(folder.rglob(pattern)):
        if path.is_dir() or "__pycache__" in path.parts:
            continue
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
        executable = path.is_symlink() or bool(path.stat().st_mode & 0o100)
        digest.update(f"{path.relative_to(folder)}\0{executable}\0{len(content)}\0".encode())
        digest.update(content)


def content_hash(image: Definition, source: Source) -> str:
    """A hash over all that goes into the image.

    That is its YAML files, the files it copies, the builder itself and the package source.
    """
    digest = hashlib.sha256()
    for path in image.paths:
        digest.update(path.read_bytes())
    digest.update(source.identity.encode())
    for folder in (*image.initramfs.files, *image.disk.files):
        _digest_folder(digest, folder, "*")
    _digest_folder(digest, Path(__file__).parent, "*.py")
    return digest.hexdigest()


def release_mounts(folder: Path) -> None:
    """Unmount what is mounted below `folder`, so that removing it is safe.

    :raises CalledProcessError: something there cannot be unmounted.
    """
    table = Path("/proc/self/mounts").read_text(encoding="utf-8")
    points = [line.split()[1].encode().decode("unicode_escape") for line in table.splitlines()]
    for point in sorted(
        (point for point in points if point.startswith(f"{folder}/")), reverse=True
    ):
        subprocess.run(["umount", point], check=True)


def _remove(folder: Path) -> None:
    release_mounts(folder)
    shutil.rmtree(folder)


class Store:
    """The builds of one image."""

    def __init__(self, output: Path, name: str) -> None:
        self.folder = output / name

    @property
    def log(self) -> Path:
        """The log of the last build."""
        return self.folder / "build.log"

    def finished(self, key: str) -> bool:
        """Whether the build with this content hash is complete and current."""
        current = self.folder / "current"
        return (
            (self.folder / key / NAME).is_file()
            and current.is_symlink()
            and os.readlink(current) == key
        )

    @contextmanager
    def building(self) -> Iterator[Path]:
        """A directory to work in, gone afterwards however the build ends.

        :raises ImageError: another build of this image is under way.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ImageError(
                    f"another build of {self.folder.name} is under way; wait for it to end"
                ) from error
            for left in self.folder.glob(f"{_WORK_PREFIX}*"):
                _remove(left)
            # Nobody else gets in: apt downloads as a user of its own where that one can, whose two
            # folders would then be in the image; whether it can depends on the folders above.
            work = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=self.folder))
            try:
                yield work
            finally:
                _remove(work)

    def publish(self, finished: Path, key: str) -> Path:
        """Move a finished build into its place and make it current; returns where it is now."""
        target = self.folder / key
        if target.exists():
            shutil.rmtree(target)
        finished.chmod(0o755)
        finished.rename(target)
        link = self.folder / ".current"
        link.unlink(missing_ok=True)
        link.symlink_to(key)
        link.rename(self.folder / "current")
        builds = sorted(
            self.folder.glob(f"*/{NAME}"), key=lambda path: path.stat().st_mtime, reverse=True
        )
        others = [path.parent for path in builds if path.parent.name not in (key, "current")]
        for old in others[_KEEP - 1 :]:
            shutil.rmtree(old)
        return target
