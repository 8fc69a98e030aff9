"""Where the tests find the tree and where they leave things."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("OUHAI_CACHE", "/var/cache/ouhai"))
VENV = CACHE / "venv-tests"
OUTPUT = ROOT / "tests" / "output"

# What no check looks into: made by tools, or not ours.
NOT_OURS = frozenset({".git", ".ansible", ".tox", "output", "__pycache__", "build", "dist"})
