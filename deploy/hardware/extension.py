"""Our own package in the lab's Python environment, straight from the tree: no build, no copy.

What ``pip install --editable`` leaves behind, written without pip: it has no build tools to ask
for, takes no time, and so is done by every ``up``.
"""

from __future__ import annotations

import configparser
import re
import site
import sys
from pathlib import Path

from deploy.hardware.layout import Layout
from deploy.hardware.state import write_whole

VERSION = re.compile(r'(?m)^__version__ = "([^"]+)"$')


def provide(layout: Layout) -> None:
    """Make ``ouhai_cloud`` importable and its commands known to ``openstack``."""
    packages = site_packages(layout)
    for path, text in files(layout.tree).items():
        target = packages / path
        if not target.is_file() or target.read_text() != text:
            write_whole(target, text)
    site.addsitedir(str(packages))  # for this process, which has read the .pth files before


def site_packages(layout: Layout) -> Path:
    """Return where the environment's packages are."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return layout.venv / "lib" / version / "site-packages"


def files(tree: Path) -> dict[str, str]:
    """Return the files of an editable installation by their path below site-packages."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(tree / "setup.cfg", encoding="utf-8")
    name = setup["metadata"]["name"]
    found = VERSION.search((tree / "extensions/ouhai_cloud/__init__.py").read_text())
    version = found[1] if found else "0"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    return {
        f"{name}.pth": f"{tree / 'extensions'}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/INSTALLER": "deploy/lab\n",
        f"{info}/entry_points.txt": entry_points(setup),
    }


def entry_points(setup: configparser.ConfigParser) -> str:
    """Return setup.cfg's entry points in the form in which packages are asked for them."""
    section = "options.entry_points"
    groups = setup[section] if setup.has_section(section) else {}
    return "\n".join(f"[{group}]{lines}\n" for group, lines in groups.items())
