"""Debian's package indices: read the mirror's, write our own.  Nothing here touches apt."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import lzma
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from deploy.repository.errors import RepositoryError

# Raised when the layout of a snapshot changes, so that a new one is made.
FORMAT = "1"


@dataclass(frozen=True, order=True)
class Package:
    """One .deb as the signed index of the mirror describes it."""

    name: str
    version: str
    architecture: str
    sha256: str
    size: int
    stanza: str

    @property
    def filename(self) -> str:
        """The name apt gives the file: an epoch's colon is escaped."""
        version = self.version.replace(":", "%3a")
        return f"{self.name}_{version}_{self.architecture}.deb"

    @property
    def pool_path(self) -> PurePosixPath:
        """Where the file is, relative to the top of the snapshot."""
        return PurePosixPath(pool_path(_require(self.stanza, "Filename")))


def pool_path(filename: str) -> str:
    """Return the path in our pool of a `Filename` of Debian's archives.

    Security updates come under `pool/updates/main`; ours is one component.
    Raises RepositoryError for a path that would leave the pool.
    """
    path = re.sub(r"^pool/(updates/)?main/", "pool/main/", filename)
    if not path.startswith("pool/main/") or ".." in path.split("/"):
        raise RepositoryError(
            f"unexpected file name in the mirror's index: {filename!r}",
            why="Debian's archives keep their packages under pool/",
            todo="check that the Debian mirror is a full mirror of Debian",
        )
    return path


def field(stanza: str, name: str) -> str:
    """Return the (single-line) value of a field, empty if it is not there."""
    found = re.search(rf"^{re.escape(name)}:[ \t]*(.*)$", stanza, re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""


class Index:
    """The packages that the mirror offers, by name."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._stanzas: dict[str, list[str]] = {}
        for text in texts:
            for stanza in _stanzas(text):
                name = stanza[9 : stanza.find("\n")].strip()
                self._stanzas.setdefault(name, []).append(stanza)

    def __contains__(self, name: str) -> bool:
        return name in self._stanzas

    def __len__(self) -> int:
        return len(self._stanzas)

    def required(self) -> tuple[str, ...]:
        """Return the names that every Debian system has: essential or of priority required."""
        return tuple(
            sorted(
                name
                for name, stanzas in self._stanzas.items()
                if any(
                    "\nEssential: yes" in stanza or "\nPriority: required" in stanza
                    for stanza in stanzas
                )
            )
        )

    def providers(self, name: str) -> list[str]:
        """Return the packages that provide the virtual package `name`."""
        wanted = re.compile(rf"(?:^|,)\s*{re.escape(name)}\s*(?:\(|,|$)")
        return sorted(
            package
            for package, stanzas in self._stanzas.items()
            if any(wanted.search(field(stanza, "Provides")) for stanza in stanzas)
        )

    def similar(self, name: str) -> list[str]:
        """Return a few names that look like `name`, for the message about a misspelt one."""
        return difflib.get_close_matches(name, self._stanzas, n=3, cutoff=0.75)

    def package(self, name: str, version: str, architecture: str) -> Package:
        """Return the description of one .deb.  Raises RepositoryError if it is not listed."""
        for stanza in self._stanzas.get(name, []):
            if (field(stanza, "Version"), field(stanza, "Architecture")) == (
                version,
                architecture,
            ):
                return Package(
                    name,
                    version,
                    architecture,
                    _require(stanza, "SHA256").lower(),
                    int(_require(stanza, "Size")),
                    stanza,
                )
        raise RepositoryError(
            f"{name} {version} {architecture} is in no signed index of the mirror",
            why="apt chose it from somewhere else",
            todo="report this as a fault of deploy/repository/make",
        )


def parse_uris(text: str) -> set[tuple[str, str, str]]:
    """Return (name, version, architecture) of each line of `apt-get --print-uris`."""
    chosen = set()
    for found in re.finditer(r"^'[^']+' ([^_\s]+)_([^_\s]+)_([^_\s]+)\.deb \d+", text, re.M):
        chosen.add((found[1], found[2].replace("%3a", ":"), found[3]))
    return chosen


def closure_hash(packages: Iterable[Package], fingerprint: str) -> str:
    """Return 8 hex digits that stand for exactly these packages, signed by this key."""
    lines = [f"{FORMAT} {fingerprint}"]
    lines += sorted(f"{p.name} {p.version} {p.architecture} {p.sha256}" for p in packages)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def packages_text(packages: Iterable[Package]) -> str:
    """Return our own `Packages`: Debian's stanzas, with the file names of our pool."""
    stanzas = []
    for package in sorted(packages):
        before, after = re.split("^Filename:.*$", package.stanza, maxsplit=1, flags=re.MULTILINE)
        stanzas.append(f"{before}Filename: {package.pool_path}{after}".rstrip("\n") + "\n\n")
    return "".join(stanzas)


def manifest_text(packages: Iterable[Package]) -> str:
    """Return the manifest: a line `package version sha256` for each."""
    return "".join(f"{p.name} {p.version} {p.sha256}\n" for p in sorted(packages))


def index_files(text: str) -> dict[str, bytes]:
    """Return the files of the index by their path below dists/<release>/."""
    raw = text.encode()
    folder = "main/binary-amd64/"
    return {
        folder + "Packages": raw,
        # No time stamp inside: the same packages give the same bytes.
        folder + "Packages.gz": gzip.compress(raw, 6, mtime=0),
        folder + "Packages.xz": lzma.compress(raw, preset=2),
    }


def release_text(files: Mapping[str, bytes], *, release: str, snapshot: str, date: datetime) -> str:
    """Return the `Release` that vouches for `files`; `date` must be in UTC.

    It never expires (no Valid-Until): a snapshot is pinned on purpose.
    """
    lines = [
        "Origin: ouhai-cloud",
        "Label: ouhai-cloud",
        f"Suite: {release}",
        f"Codename: {release}",
        f"Version: {snapshot}",
        f"Date: {date:%a, %d %b %Y %H:%M:%S} UTC",
        "Architectures: amd64",
        "Components: main",
        f"Description: packages of ouhai-cloud, snapshot {snapshot}",
        "SHA256:",
    ]
    lines += [
        f" {hashlib.sha256(content).hexdigest()} {len(content)} {path}"
        for path, content in sorted(files.items())
    ]
    return "\n".join(lines) + "\n"


def _stanzas(text: str) -> Iterator[str]:
    for stanza in text.split("\n\n"):
        # Every index of Debian starts its stanzas with this field.
        if stanza.startswith("Package: "):
            yield stanza
        elif stanza.strip():
            raise RepositoryError(
                "a stanza of the mirror's index does not start with `Package:`",
                why=stanza.strip().splitlines()[0][:80],
                todo="check that the Debian mirror is a full mirror of Debian",
            )


def _require(stanza: str, name: str) -> str:
    value = field(stanza, name)
    if not value:
        raise RepositoryError(
            f"the mirror's index has no {name} for {field(stanza, 'Package')}",
            todo="check that the Debian mirror is a full mirror of Debian",
        )
    return value
