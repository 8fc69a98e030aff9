"""The tree that all hosts are overlays of: a bare Debian 13, built once and cached."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from deploy.hardware import jobs
from deploy.hardware.layout import Layout
from deploy.hardware.mirrors import Mirrors
from deploy.hardware.mounts import remove_tree

SUITE = "trixie"
# Counts up when customise() changes, so that cached trees made by the former are not used.
REVISION = 1


def packages(layout: Layout) -> list[str]:
    """Read the packages of a bare host; the repository carries the same list."""
    import yaml  # in the lab's own environment

    data: dict[str, Any] = yaml.safe_load((layout.tree / "deploy/repository/base.yml").read_text())
    return sorted(data["packages"])


def identity(include: list[str], mirrors: Mirrors) -> str:
    """Return a short digest of all that goes into a tree."""
    inputs = [SUITE, REVISION, include, mirrors.archive, mirrors.security]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:12]


def command(include: list[str], mirrors: Mirrors, target: Path) -> list[str]:
    """Return the command that builds a tree; its mounts go with it, since they are its own."""
    return [
        *("unshare", "--mount", "--propagation", "private"),
        *("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(include)}"),
        *(SUITE, str(target), *mirrors.sources(SUITE)),
    ]


def provide(layout: Layout, mirrors: Mirrors) -> Path:
    """Return the cached tree, built if there is none; raise JobFailed if that does not work."""
    include = packages(layout)
    tree = layout.cache / "base-tree" / identity(include, mirrors)
    if tree.is_dir():
        return tree
    partial = tree.with_name(tree.name + ".partial")
    remove_tree(partial)
    tree.parent.mkdir(parents=True, exist_ok=True)
    jobs.start(layout, "base-tree", command(include, mirrors, partial)).wait()
    customise(partial)
    partial.rename(tree)
    return tree


def customise(tree: Path) -> None:
    """Take out what must not be shared or lead outward, and turn on networking."""
    for key in (tree / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (tree / "etc/machine-id").write_text("")
    for name in ("etc/hostname", "etc/resolv.conf"):
        (tree / name).unlink(missing_ok=True)
    (tree / "etc/resolv.conf").write_text("")
    (tree / "etc/apt/sources.list").write_text("")
    for directory in ("var/lib/apt/lists", "var/cache/apt/archives"):
        shutil.rmtree(tree / directory, ignore_errors=True)
        (tree / directory / "partial").mkdir(parents=True)
    wants = tree / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    unit = wants / "systemd-networkd.service"
    if not unit.is_symlink():
        unit.symlink_to("/usr/lib/systemd/system/systemd-networkd.service")
