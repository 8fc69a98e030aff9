"""Where packages come from: the signed repository, or the machine's own mirror."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from deploy.images.builder import index
from deploy.images.builder.errors import SourceMissing

SUITE = "trixie"
_MACHINE_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
_MACHINE_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_APT_HELPER = "/usr/lib/apt/apt-helper"


@dataclass(frozen=True)
class Source:
    """A pinned state of a package source, as far as one image is concerned."""

    apt_lines: tuple[str, ...]
    snapshot: str
    """For people: which state it is."""
    epoch: int
    """Seconds: the time that every file made by the build gets."""
    identity: str
    """A hash that changes when a package that the image may be made from does."""


def release_field(text: str, key: str, where: str) -> str:
    """A field of a Release file.

    :raises SourceMissing: it is not there.
    """
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return value.strip()
    raise SourceMissing(
        f"{where} has no line '{key}:', so it is no Release file; make the repository anew"
    )


def archive_time(path: Path) -> int:
    """When a .deb file was made (seconds), as the header of its first part says.

    :raises SourceMissing: the file is not there, or is no .deb file.
    """
    try:
        with path.open("rb") as file:
            header = file.read(68)
        if not header.startswith(b"!<arch>\ndebian-binary"):
            raise ValueError("it does not begin like a .deb file")
        return int(header[24:36])
    except (OSError, ValueError) as error:
        raise SourceMissing(f"cannot use {path}: {error}; run deploy/repository/make") from error


def repository(folder: Path, packages: Iterable[str]) -> Source:
    """The signed repository in `folder`, for an image of `packages`.

    Its public key lies beside it as repository.gpg.
    The signature is checked by apt when the image is built.

    :raises SourceMissing: there is no repository or no key, or it lacks a package.
    """
    keyring = folder.parent / "repository.gpg"
    # The link may be moved to a newer snapshot while an image is being made.
    snapshot = folder.resolve()
    release = snapshot / "dists" / SUITE / "Release"
    listing = snapshot / "dists" / SUITE / "main" / "binary-amd64" / "Packages"
    for path in (keyring, release, listing):
        if not path.is_file():
            raise SourceMissing(
                f"the package repository {folder} is not complete: {path} does not exist;"
                " run deploy/repository/make"
            )
    offers = index.parse(listing.read_text(encoding="utf-8"))
    known = {offer.name for offer in offers}
    missing = [name for name in packages if name not in known]
    if missing:
        raise SourceMissing(
            f"the package repository {folder} lacks {', '.join(missing)};"
            " run deploy/repository/make, which reads the key 'packages' of deploy/images/*.yml"
        )
    used = index.closure(offers, packages)
    digest = hashlib.sha256("".join(f"{offer.name} {offer.sha256}\n" for offer in used).encode())
    return Source(
        # "copy:" because programs inside a chroot cannot see what "file:" would only point to.
        apt_lines=(f"deb [signed-by={keyring}] copy:{snapshot} {SUITE} main",),
        snapshot=release_field(release.read_text(encoding="utf-8"), "Version", str(release)),
        # The newest package's time: unlike the snapshot's own date it stays while the image's
        # packages do.
        epoch=max(archive_time(snapshot / offer.file) for offer in used),
        identity=digest.hexdigest(),
    )


def machine_mirrors(text: str) -> list[str]:
    """The mirrors in a deb822 sources file: apt lines for the suites we use.

    :raises SourceMissing: the file names no mirror.
    """
    lines = []
    for stanza in text.split("\n\n"):
        fields = dict(
            line.split(":", 1)
            for line in stanza.splitlines()
            if ":" in line and line[0] not in "# "
        )
        uri = fields.get("URIs", "").strip()
        if not uri:
            continue
        security = fields.get("Suites", "").strip().endswith("-security")
        suites = [f"{SUITE}-security"] if security else [SUITE, f"{SUITE}-updates"]
        lines += [f"deb [signed-by={_MACHINE_KEYRING}] {uri} {suite} main" for suite in suites]
    if not lines:
        raise SourceMissing(f"{_MACHINE_SOURCES} names no mirror; use --repository")
    return lines


def _download(address: str) -> str:
    with tempfile.TemporaryDirectory(prefix="ouhai-images-") as folder:
        target = Path(folder) / "file"
        # apt's own client: it follows the machine's apt configuration, proxies included.
        result = subprocess.run(
            [_APT_HELPER, "download-file", address, str(target)],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise SourceMissing(
                f"cannot read {address}: {result.stderr.strip()}; try again, or use --repository"
            )
        return target.read_text(encoding="utf-8")


def machine() -> Source:
    """The machine's own mirror as it is now; for work on the builder, since nothing pins it.

    :raises SourceMissing: it cannot be reached.
    """
    lines = machine_mirrors(_MACHINE_SOURCES.read_text(encoding="utf-8"))
    texts, dates = [], []
    for line in lines:
        uri, suite = line.split()[2:4]
        address = f"{uri.rstrip('/')}/dists/{suite}/InRelease"
        texts.append(_download(address))
        dates.append(release_field(texts[-1], "Date", address))
    newest = max(dates, key=parsedate_to_datetime)
    return Source(
        apt_lines=tuple(lines),
        snapshot=f"mirror of {newest}",
        epoch=int(parsedate_to_datetime(newest).timestamp()),
        identity=hashlib.sha256("\0".join([*lines, *texts]).encode()).hexdigest(),
    )
