"""Our own package in the lab's Python environment, straight from the tree: no build, no copy.

What ``pip install --editable`` leaves behind, written without pip: it has no build tools to ask
for, takes no time, and so is done by every ``up``.
"""

from __future__ import annotations

import site
import sys
from pathlib import Path

from deploy import distribution
from deploy.hardware.layout import Layout
from deploy.hardware.state import write_whole


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
    ours = distribution.read(tree)
    return {
        f"{ours.name}.pth": f"{tree / distribution.EXTENSIONS}\n",
        f"{ours.info}/INSTALLER": "deploy/lab\n",
        **{f"{ours.info}/{name}": text for name, text in ours.metadata.items()},
    }
