"""Where Debian 13 is fetched from, derived from the machine's own apt sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.repository.errors import RepositoryError

RELEASE = "trixie"
COMPONENT = "main"
ETC_APT = Path("/etc/apt")
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)

_CODENAMES = {"bullseye", "bookworm", "trixie", "forky", "sid"}
_CODENAMES |= {"oldoldstable", "oldstable", "stable", "testing", "unstable"}


@dataclass(frozen=True)
class Entry:
    """One package source as apt knows it."""

    place: str
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""


@dataclass(frozen=True)
class Mirrors:
    """The Debian archive and its security archive, and the keys that sign both."""

    archive: str
    security: str
    keyring: Path

    def suites(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of base address and suite that the closure is taken from."""
        return (
            (self.archive, RELEASE),
            (self.archive, f"{RELEASE}-updates"),
            (self.security, f"{RELEASE}-security"),
        )

    def deb822(self) -> str:
        """Return the text of a .sources file for apt.

        `Trusted` never appears in it, whatever the machine's own file says:
        an archive whose signature does not verify is refused.
        """
        stanzas = [
            f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: {COMPONENT}\n"
            f"Targets: Packages\nSigned-By: {self.keyring}\n"
            for uri, suite in self.suites()
        ]
        return "\n".join(stanzas)


def parse_deb822(text: str, place: str) -> list[Entry]:
    """Return the enabled binary sources of a .sources file; `place` is for messages."""
    entries = []
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n[ \t]*\n", kept):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1] in " \t":
                if name:
                    fields[name] += "\n" + line.strip()
            else:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() in {"no", "false", "0", "off", "without"}:
            continue
        if "deb" in fields.get("types", "").split():
            entries.append(
                Entry(
                    place,
                    tuple(fields.get("uris", "").split()),
                    tuple(fields.get("suites", "").split()),
                    tuple(fields.get("components", "").split()),
                    fields.get("signed-by", ""),
                )
            )
    return entries


def parse_list(text: str, place: str) -> list[Entry]:
    """Return the binary sources of a one-line-style .list file; `place` is for messages."""
    entries = []
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)([^#]*)", line)
        if found:
            options = dict(pair.split("=", 1) for pair in (found[1] or "").split() if "=" in pair)
            entries.append(
                Entry(
                    place,
                    (found[2],),
                    (found[3],),
                    tuple(found[4].split()),
                    options.get("signed-by", ""),
                )
            )
    return entries


def read_entries(etc_apt: Path = ETC_APT) -> list[Entry]:
    """Return every binary source that apt uses on this machine, in apt's order.

    Raises RepositoryError if a file cannot be read.
    """
    entries: list[Entry] = []
    paths = [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]
    for path in paths:
        parse = {".list": parse_list, ".sources": parse_deb822}.get(path.suffix)
        if parse and path.is_file():
            try:
                entries += parse(path.read_text(encoding="utf-8"), str(path))
            except (OSError, UnicodeDecodeError) as error:
                raise RepositoryError(
                    f"{path}: cannot read this apt source",
                    why=str(error),
                    todo="correct the file or its permissions",
                ) from error
    return entries


def find_mirrors(entries: list[Entry], where: Path = ETC_APT) -> Mirrors:
    """Choose the Debian mirror and the security mirror among the machine's sources.

    Raises RepositoryError if there is none, or none with a keyring.
    """
    archive = _first(entries, where, security=False)
    security = _first(entries, where, security=True)
    return Mirrors(archive.uris[0].rstrip("/"), security.uris[0].rstrip("/"), _keyring(archive))


def _first(entries: list[Entry], where: Path, *, security: bool) -> Entry:
    """Return the first mirror of Debian's archive (or security archive)."""
    wanted = {"security"} if security else {"", "updates"}
    for entry in entries:
        if COMPONENT not in entry.components or not entry.uris or not _is_debian(entry):
            continue
        for suite in entry.suites:
            name, _, rest = suite.partition("-")
            if name in _CODENAMES and rest in wanted:
                return entry
    suite = f"{RELEASE}-security" if security else RELEASE
    raise RepositoryError(
        f"no source for Debian's `{suite} main` among the apt sources of this machine",
        where=f"{where}/sources.list, {where}/sources.list.d/",
        why="the mirrors are taken from there; any Debian release's sources will do",
        todo="add your Debian mirror, archive and security, then run this again",
    )


def _is_debian(entry: Entry) -> bool:
    """Tell Debian's own archive from others that use its code names as suites."""
    if "debian-archive" in entry.signed_by:
        return True
    # Where it is not said which key signs it, the layout of Debian's mirrors tells.
    path = urlsplit(entry.uris[0]).path.rstrip("/")
    return not entry.signed_by and bool(
        re.search(r"/debian(-security)?$|/mirrors/debian(-security)?\.list$", path)
    )


def _keyring(entry: Entry) -> Path:
    """Return the key file that verifies Debian's signatures."""
    candidates: tuple[Path, ...] = KEYRINGS
    if entry.signed_by.startswith("/"):
        candidates = (Path(entry.signed_by.split()[0]), *KEYRINGS)
    for path in candidates:
        if path.is_file():
            return path
    raise RepositoryError(
        "the keys of the Debian archive are not installed",
        where=", ".join(str(path) for path in candidates),
        why="without them the packages' signature cannot be verified",
        todo="apt-get install debian-archive-keyring",
    )
