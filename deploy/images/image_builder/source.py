"""Where packages come from: the repository that deploy/repository/make keeps, or the machine's own mirror."""

import hashlib
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from image_builder.errors import SourceMissing

SUITE = "trixie"
_MACHINE_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
_MACHINE_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FETCH_SECONDS = 20


@dataclass(frozen=True)
class Source:
    """A pinned state of a package source."""

    apt_lines: tuple[str, ...]
    snapshot: str
    epoch: int
    identity: str
    """A hash that changes when any package of the source does."""


def release_date(text: str, where: str) -> str:
    """The `Date` of a Release file.

    :raises SourceMissing: it has none.
    """
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "Date":
            return value.strip()
    raise SourceMissing(f"{where} has no line 'Date:', so it is no Release file; make the repository anew")


def _source(apt_lines: list[str], releases: dict[str, str]) -> Source:
    dates = [release_date(text, where) for where, text in releases.items()]
    newest = max(dates, key=parsedate_to_datetime)
    identity = hashlib.sha256("\0".join([*apt_lines, *releases.values()]).encode()).hexdigest()
    return Source(tuple(apt_lines), newest, int(parsedate_to_datetime(newest).timestamp()), identity)


def repository(folder: Path) -> Source:
    """The signed repository in `folder`; its public key lies beside it as repository.gpg.

    :raises SourceMissing: there is no repository, or no key.
    """
    keyring = folder.parent / "repository.gpg"
    # The link may be moved to a newer snapshot while an image is being made.
    snapshot = folder.resolve()
    release = snapshot / "dists" / SUITE / "Release"
    inline = snapshot / "dists" / SUITE / "InRelease"
    for path in (keyring, release if release.exists() else inline):
        if not path.is_file():
            raise SourceMissing(
                f"the package repository {folder} is not complete: {path} does not exist; run deploy/repository/make"
            )
    text = (release if release.exists() else inline).read_text(encoding="utf-8")
    # "copy:" because programs inside a chroot cannot see what "file:" would only point to.
    line = f"deb [signed-by={keyring}] copy:{snapshot} {SUITE} main"
    source = _source([line], {str(release): text})
    # The content counts, not the path: the same snapshot elsewhere makes the same image.
    identity = hashlib.sha256(text.encode()).hexdigest()
    return Source(source.apt_lines, source.snapshot, source.epoch, identity)


def machine_mirrors(text: str) -> list[str]:
    """The mirrors in a deb822 sources file: apt lines for the suites we use.

    :raises SourceMissing: the file names no mirror.
    """
    lines = []
    for stanza in text.split("\n\n"):
        fields = dict(line.split(":", 1) for line in stanza.splitlines() if ":" in line and line[0] not in "# ")
        uri = fields.get("URIs", "").strip()
        if not uri:
            continue
        security = fields.get("Suites", "").strip().endswith("-security")
        suites = [f"{SUITE}-security"] if security else [SUITE, f"{SUITE}-updates"]
        lines += [f"deb [signed-by={_MACHINE_KEYRING}] {uri} {suite} main" for suite in suites]
    if not lines:
        raise SourceMissing(f"{_MACHINE_SOURCES} names no mirror; use --repository")
    return lines


def machine() -> Source:
    """The machine's own mirror as it is now; for work on the builder, since nothing pins it.

    :raises SourceMissing: it cannot be reached.
    """
    lines = machine_mirrors(_MACHINE_SOURCES.read_text(encoding="utf-8"))
    releases = {}
    for line in lines:
        uri, suite = line.split()[2:4]
        address = f"{uri.rstrip('/')}/dists/{suite}/InRelease"
        try:
            with urllib.request.urlopen(address, timeout=_FETCH_SECONDS) as answer:
                releases[address] = answer.read().decode()
        except (urllib.error.URLError, TimeoutError) as error:
            raise SourceMissing(f"cannot read {address}: {error}; try again, or use --repository") from error
    return _source(lines, releases)
