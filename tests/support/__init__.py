"""What functional tests and benchmarks share."""

import sys
from pathlib import Path

# pytest puts the collections on the path by its configuration; a benchmark runs without pytest.
_COLLECTIONS = str(Path(__file__).resolve().parents[2] / "playbooks" / "collections")
if _COLLECTIONS not in sys.path:
    sys.path.append(_COLLECTIONS)
