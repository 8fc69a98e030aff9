"""The environment of the tests is the same for everybody, whatever is first in PATH."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.runner.paths import ROOT

SHOWN = "from tests.runner import environment as e; print(e.PYTHON, e._fingerprint())"


def test_it_does_not_depend_on_which_python_asks(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    base = str(Path(sys.base_prefix, "bin", "python3"))
    asked = [
        subprocess.run([python, "-c", SHOWN], cwd=ROOT, check=True, capture_output=True, text=True)
        for python in (base, str(tmp_path / "bin" / "python3"))
    ]
    assert asked[0].stdout == asked[1].stdout
    assert asked[0].stdout.startswith(base)
