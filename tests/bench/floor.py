"""The least that this machine needs to install a host: the base tree, and one apt transaction."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.hardware import base_tree
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from deploy.hardware.mirrors import machine_mirrors
from deploy.hardware.requirements import disk
from deploy.repository import wanted
from deploy.repository.errors import RepositoryError
from tests.bench.table import BenchFailed
from tests.runner.paths import OUTPUT

SCRATCH_GIB = 8
LOG = OUTPUT / "bench-floor.log"
LOG_TAIL_LINES = 15
TIMEOUT_SECONDS = 1800
KEY = "etc/apt/bench-floor.asc"
FILES = {
    "etc/apt/sources.list.d/bench-floor.list": f"deb [signed-by=/{KEY}] file:/srv trixie main\n",
    "etc/apt/apt.conf.d/80bench-floor": (
        'Acquire::Check-Valid-Until "false";\nAPT::Install-Recommends "false";\n'
    ),
    "etc/dpkg/dpkg.cfg.d/bench-floor": "force-unsafe-io\n",
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
}
# In mount and process namespaces of its own: nothing of it outlives the measurement. The
# repository is at hand, without a server and without TLS between: it is the floor.
INSTALL = """\
set -eu
tree=$1 snapshot=$2
shift 2
mount --bind "$snapshot" "$tree/srv"
mount -t proc proc "$tree/proc"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot "$tree" apt-get --quiet update -o APT::Update::Error-Mode=any
exec chroot "$tree" apt-get --quiet --yes install "$@"
"""


@dataclass(frozen=True)
class Floor:
    """What was measured."""

    packages: int
    tree_seconds: float
    install_seconds: float


def host_packages(tree: Path) -> list[str]:
    """Return the packages of a host that is in all groups, from the source tree.

    :raises BenchFailed: the tree's lists cannot be read.
    """
    try:
        lists = wanted.from_tree(tree)
    except RepositoryError as error:
        raise BenchFailed(str(error)) from error
    return sorted({name for part in (*lists.base, *lists.hosts) for name in part.packages})


def measure(layout: Layout) -> Floor:
    """Build a scratch tree and install a host's packages into it; the tree is removed again.

    :raises BenchFailed: there is no repository or no room, or a command failed.
    """
    snapshot = (layout.repository / "current").resolve()
    key = layout.repository / "repository.asc"
    if not (snapshot / "dists").is_dir() or not key.is_file():
        raise BenchFailed(
            f"the floor is measured from the signed repository, and {layout.repository} has none: "
            "run `deploy/lab up --until repository` first"
        )
    names = host_packages(layout.tree)
    with tempfile.TemporaryDirectory(prefix="ouhai-bench-", dir="/var/tmp") as folder:
        if shortcoming := disk(Path(folder), SCRATCH_GIB):
            raise BenchFailed(f"no room for the scratch tree: {shortcoming}")
        tree = Path(folder, "tree")
        try:
            make_tree = base_tree.command(base_tree.packages(layout), machine_mirrors(), tree)
        except LabError as error:
            raise BenchFailed(str(error)) from error
        tree_seconds = timed(make_tree)
        base_tree.customise(tree)
        prepare(tree, key.read_text())
        install_seconds = timed(install_command(tree, snapshot, names))
    return Floor(len(names), tree_seconds, install_seconds)


def prepare(tree: Path, key: str) -> None:
    """Point the tree's apt to the repository alone, and hold services back."""
    for name, text in {**FILES, KEY: key}.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tree / "usr/sbin/policy-rc.d").chmod(0o755)


def install_command(tree: Path, snapshot: Path, names: Sequence[str]) -> list[str]:
    """Return the command that installs packages into the tree in one transaction."""
    own = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    return [*own, "sh", "-c", INSTALL, "install", str(tree), str(snapshot), *names]


def timed(command: Sequence[str]) -> float:
    """Run a command with its output in LOG; return its seconds.

    :raises BenchFailed: it failed.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with LOG.open("w") as log:
        try:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_SECONDS,
                check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchFailed(f"{command[0]} could not be run to its end: {error}") from error
    seconds = time.monotonic() - start
    if code != 0:
        said = "\n".join(LOG.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        raise BenchFailed(f"`{' '.join(command[:8])} …` ended with {code}:\n{said}\nlog: {LOG}")
    return seconds
