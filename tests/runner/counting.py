"""Counting tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Count:
    """Numbers of tests by how they ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        """Add up two counts."""
        return Count(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def closing_line(self) -> str:
        """The line that ends a run, understood by people and by CI."""
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


def count_junit(path: Path) -> Count:
    """Count the test cases of a JUnit file; one that cannot be read counts as one failure."""
    try:
        document = ElementTree.parse(path)  # noqa: S314  (our own tools wrote it)
    except ElementTree.ParseError:
        return Count(failed=1)
    cases = list(document.iter("testcase"))
    failed = [case for case in cases if _has(case, "failure", "error")]
    skipped = [case for case in cases if case not in failed and _has(case, "skipped")]
    return Count(len(cases) - len(failed) - len(skipped), len(failed), len(skipped))


def _has(case: ElementTree.Element, *tags: str) -> bool:
    return any(case.find(tag) is not None for tag in tags)
