"""Our own Python package as an installed one: what its files are, and what it says of itself."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = Path("extensions")
VERSION = re.compile(r'(?m)^__version__ = "([^"]+)"$')


@dataclass(frozen=True)
class Distribution:
    """Name, version and entry points."""

    name: str
    version: str
    entry_points: str

    @property
    def info(self) -> str:
        """Name of the dist-info folder."""
        return f"{self.name.replace('-', '_')}-{self.version}.dist-info"

    @property
    def metadata(self) -> dict[str, str]:
        """The files of the dist-info folder by name."""
        return {
            "METADATA": f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n",
            "entry_points.txt": self.entry_points,
        }


def read(tree: Path) -> Distribution:
    """Read setup.cfg and the package's version."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(tree / "setup.cfg", encoding="utf-8")
    name = setup["metadata"]["name"]
    found = VERSION.search((tree / EXTENSIONS / "ouhai_cloud/__init__.py").read_text())
    return Distribution(name, found[1] if found else "0", _entry_points(setup))


def files(tree: Path) -> list[Path]:
    """Return the package's files, by their path below ``extensions``."""
    folder = tree / EXTENSIONS
    return sorted(
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def _entry_points(setup: configparser.ConfigParser) -> str:
    """Return setup.cfg's entry points in the form in which packages are asked for them."""
    section = "options.entry_points"
    groups = setup[section] if setup.has_section(section) else {}
    return "\n".join(f"[{group}]{lines}\n" for group, lines in groups.items())
