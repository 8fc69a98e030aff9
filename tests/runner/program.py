"""Runs a drill, a benchmark or tempest in the environment of the tests, which is made if need be.

``python3 -m tests.runner.program MODULE [ARGUMENT ...]``, by any Python of the machine's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tests.runner import cloud, environment
from tests.runner.errors import RunnerError
from tests.runner.paths import ROOT, VENV

DEBIAN_PACKAGES = {
    "tests.drills.another_cloud": cloud.CHROMIUM,
    "tests.drills.small": cloud.TCPDUMP,
}
HELP = frozenset({"-h", "--help"})


def main(module: str, arguments: Sequence[str]) -> NoReturn:
    """Become the program; end with 2 when it could not be prepared."""
    try:
        environment.ensure_venv()
        if HELP.isdisjoint(arguments):
            environment.ensure_debian_packages(DEBIAN_PACKAGES.get(module, ()))
    except RunnerError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    python = str(VENV / "bin" / "python")
    extensions = str(ROOT / "extensions")
    sys.stdout.flush()
    os.execve(python, [python, "-m", module, *arguments], {**os.environ, "PYTHONPATH": extensions})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
