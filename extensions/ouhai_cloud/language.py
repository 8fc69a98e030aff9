"""The languages in which people are spoken to."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
BILINGUAL = re.compile(r"(?s)(?P<zh>.*?[\u4e00-\u9fff].*?) / (?P<en>.*[A-Za-z].*)")
"""A text in both languages: ``云硬盘 / a volume``."""


@dataclass(frozen=True)
class Text:
    """The same said in both languages."""

    english: str
    chinese: str

    def in_(self, language: str) -> str:
        """Return the text in a language: Chinese for ``zh``, else English."""
        return self.chinese if language == "zh" else self.english


def preferred() -> Language:
    """Return the language of the environment: Chinese if it asks for Chinese, English if not."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").startswith("zh") else "en"


def spoken(text: str, language: Language) -> str:
    """Return what a text in both languages says in one of them; another text as it is."""
    both = BILINGUAL.fullmatch(text)
    return both[language] if both else text
