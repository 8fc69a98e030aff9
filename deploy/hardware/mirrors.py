"""Where the machine's apt takes Debian from, so that the lab takes trixie from the same mirror."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from deploy.hardware.errors import LabError

APT = Path("/etc/apt")


@dataclass(frozen=True)
class Mirrors:
    """Addresses of the archive and of its security updates."""

    archive: str
    security: str

    def sources(self, suite: str) -> list[str]:
        """Return apt source lines of a suite with its updates."""
        return [
            f"deb {self.archive} {suite} main",
            f"deb {self.archive} {suite}-updates main",
            f"deb {self.security} {suite}-security main",
        ]


def entries(text: str, *, deb822: bool) -> list[tuple[str, list[str]]]:
    """Return (address, suites) of every binary source in a sources file."""
    if not deb822:
        lines = (re.sub(r"\[[^]]*\]", "", line).split() for line in text.splitlines())
        return [(line[1], [line[2]]) for line in lines if line[:1] == ["deb"] and len(line) > 2]
    found: list[tuple[str, list[str]]] = []
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = dict(re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza))
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") != "no":
            suites = fields.get("Suites", "").split()
            found.extend((uri, suites) for uri in fields.get("URIs", "").split())
    return found


def choose(found: list[tuple[str, list[str]]], codename: str) -> Mirrors:
    """Pick archive and security mirror of the machine's own release; raise LabError if none."""
    archive = [uri for uri, suites in found if codename in suites]
    security = [
        uri
        for uri, suites in found
        if any(s in (f"{codename}-security", f"{codename}/updates") for s in suites)
    ]
    if not archive or not security:
        raise LabError(
            f"{APT}/sources.list and sources.list.d name no mirror for {codename} and "
            f"{codename}-security; the lab takes Debian 13 from the same mirrors, so add them"
        )
    return Mirrors(archive[0].rstrip("/"), security[0].rstrip("/"))


def machine_mirrors() -> Mirrors:
    """Read the machine's apt configuration; raise LabError if it names no Debian mirror."""
    release = Path("/etc/os-release").read_text()
    codename = re.search(r"(?m)^VERSION_CODENAME=\"?([a-z]+)", release)
    found: list[tuple[str, list[str]]] = []
    for path in (APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))):
        if path.is_file() and path.suffix in (".list", ".sources"):
            found += entries(path.read_text(), deb822=path.suffix == ".sources")
    return choose(found, codename.group(1) if codename else "the machine's release")
