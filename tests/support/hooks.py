"""Programs `prepare` and `check` of images, run here in a folder that stands for a guest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.runner.paths import ROOT
from tests.support.websites import Certificate

FILES = ROOT / "deploy/images/files"
HOOKS = "usr/local/lib/ouhai"
TABLES = ("mariadb_system_tables", "mariadb_performance_tables", "mariadb_system_tables_data")
PATHS = ("/etc/", "/run/", "/srv/data", "/srv/application", "/usr/share/mariadb", "/usr/local/lib")


class Guest:
    """A folder that stands for a guest, with programs that note how they are called.

    :param application: whose programs it has, beside those that websites share.
    :param folders: those that the image has.
    :param parameters: what the template says.
    """

    def __init__(
        self,
        folder: Path,
        application: str,
        folders: Iterable[str],
        parameters: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self.parameters = parameters
        for name in ("bin", "etc/ssl", "run", "srv/data", "usr/share/mariadb", HOOKS, *folders):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            (folder / f"usr/share/mariadb/{name}.sql").write_text(f"-- {name}\n@current_hostname\n")
        for owner in ("certificate", "https", "website", application):
            for source in (FILES / owner / HOOKS).rglob("*"):
                if source.is_file():
                    self._take(source, folder / HOOKS / source.relative_to(FILES / owner / HOOKS))
        for name in ("systemctl", "chown", "journalctl", "mariadb-upgrade"):
            self.program(name, f'echo {name} "$@" >>{folder}/called')
        self.program(
            "mariadbd", f"cat >{folder}/bootstrap; mkdir {folder}/run/website-database/mysql"
        )
        # Owners are what only root may give, in a guest that has them.
        self.program("install", 'for last; do :; done; mkdir -p "$last"')

    def _take(self, source: Path, target: Path) -> None:
        """Copy one of the image's files, with paths in the folder."""
        text = source.read_text()
        for path in PATHS:
            text = text.replace(path, f"{self.folder}{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def program(self, name: str, body: str) -> None:
        """Put a program of the guest in its place."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def prepare(self, **parameters: str) -> subprocess.CompletedProcess[str]:
        """Run prepare."""
        return self.run((self.folder / HOOKS / "prepare").read_text(), **parameters)

    def run(self, script: str, **parameters: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script with the template's parameters."""
        environment = {**os.environ, **self.parameters, **parameters}
        environment["PATH"] = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def read(self, path: str) -> str:
        """Return what a file holds."""
        return (self.folder / path).read_text()

    def called(self) -> list[str]:
        """Return how programs were called."""
        return self.read("called").splitlines()

    def units(self) -> list[str]:
        """Return what systemctl was told."""
        return [line.split(maxsplit=1)[1] for line in self.called() if "systemctl" in line]


@dataclass(frozen=True)
class Check:
    """The program `check` of an application, for a site on this machine.

    :param program: where it is, with what websites share beside it.
    """

    program: Path

    def __call__(
        self, parameters: Mapping[str, str], *words: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it with the template's parameters."""
        return subprocess.run(
            [sys.executable, str(self.program), *words],
            env={**os.environ, **parameters},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def check(
    folder: Path,
    application: str,
    program: str,
    certificate: Certificate,
    changes: Mapping[str, str],
) -> Check:
    """Copy an application's check into a folder, for another place than its guest.

    :param program: its file.
    :param changes: text of the files, and what stands there instead.
    :raises ValueError: the files have no such text.
    """
    sources = (FILES / "website" / HOOKS / "website.py", FILES / application / HOOKS / program)
    texts = {source.name: source.read_text() for source in sources}
    known = {"/etc/ssl/website/certificate.pem": str(certificate.certificate), **changes}
    for before, after in known.items():
        if not any(before in text for text in texts.values()):
            raise ValueError(f"{before!r} is in none of {', '.join(texts)}")
        texts = {name: text.replace(before, after) for name, text in texts.items()}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return Check(folder / program)
