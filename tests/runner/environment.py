"""What the checks need on the machine: a virtual environment and a few of Debian's packages."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.runner.errors import RunnerError
from tests.runner.paths import CACHE, ROOT, VENV

REQUIREMENTS = ROOT / "tests" / "requirements.txt"
CONSTRAINTS = ROOT / "constraints.txt"
INSTALL_TIMEOUT_SECONDS = 900
PYTHON = str(Path(sys.base_prefix, "bin", "python3"))
"""Not that of a virtual environment which is first in somebody's PATH, be it the one made here."""


def ensure_venv() -> bool:
    """Make the virtual environment of the tests unless the one there fits; True when it was made.

    Raises RunnerError when it cannot be made.
    """
    wanted = _fingerprint()
    stamp = VENV / ".made-from"
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / "venv-tests.lock"):
        if stamp.is_file() and stamp.read_text() == wanted:
            return False
        if VENV.exists():
            shutil.rmtree(VENV)
        _run((PYTHON, "-m", "venv", str(VENV)), "apt-get install python3-venv")
        _run(
            (
                str(VENV / "bin" / "python"),
                *("-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--requirement", str(REQUIREMENTS), "--constraint", str(CONSTRAINTS)),
            ),
            "look whether the package index answers and whether the versions in "
            "tests/requirements.txt and constraints.txt agree",
        )
        # Written last, so that an interrupted installation is made anew.
        stamp.write_text(wanted)
    return True


def ensure_debian_packages(packages: Iterable[str]) -> None:
    """Install those of the packages that the machine lacks; RunnerError when it cannot."""
    missing = sorted(package for package in packages if not _is_installed(package))
    if not missing:
        return
    if os.geteuid() != 0:
        raise RunnerError(
            f"Debian packages are missing: {' '.join(missing)}. They can be installed by root "
            f"only: sudo apt-get install --no-install-recommends {' '.join(missing)}"
        )
    _run(("apt-get", "update", "--quiet=2"), "look at the machine's apt sources")
    _run(
        ("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *missing),
        "look at the machine's apt sources",
    )


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{PYTHON} {sys.version}".encode())
    for path in (REQUIREMENTS, CONSTRAINTS):
        if not path.is_file():
            raise RunnerError(f"{path} is missing: the versions of the test tools are pinned there")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_installed(package: str) -> bool:
    asked = subprocess.run(
        ("dpkg-query", "--show", "--showformat=${db:Status-Status}", package),
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.returncode == 0 and asked.stdout == "installed"


def _run(command: tuple[str, ...], advice: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_TIMEOUT_SECONDS,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunnerError(f"cannot prepare the tests: {error}; next: {advice}") from error
    if done.returncode != 0:
        # pip warns of every index that lacks a package, which buries the reason.
        lines = [line for line in done.stdout.splitlines() if not line.startswith("WARNING:")]
        said = "\n".join(lines[-30:])
        raise RunnerError(
            f"cannot prepare the tests: `{' '.join(command)}` ended with {done.returncode}:\n"
            f"{said}\nnext: {advice}"
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep a second `tests/run` from filling the same environment at the same time."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
