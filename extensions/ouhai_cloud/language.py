"""The languages in which people are spoken to."""

from __future__ import annotations

import os
from typing import Literal

Language = Literal["zh", "en"]


def preferred() -> Language:
    """Return the language of the environment: Chinese if it asks for Chinese, English if not."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"
