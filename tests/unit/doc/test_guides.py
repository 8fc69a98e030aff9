"""The operator's guide says the same in both languages."""

from __future__ import annotations

import re

import pytest

from tests.runner.paths import ROOT

UNDERLINE = re.compile(r"^([=\-~])\1{2,}$", re.MULTILINE)


@pytest.fixture(scope="module")
def guides() -> tuple[str, str]:
    """Return the guide in English and in Chinese."""
    english, chinese = (ROOT / "doc" / f"operators-guide{end}" for end in (".rst", ".zh.rst"))
    return english.read_text(encoding="utf-8"), chinese.read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Return the lines of a text that are commands; those of tables are farther in."""
    return re.findall(r"^ {4}\S.*$", text, re.MULTILINE)


def literals(text: str) -> set[str]:
    """Return what a text names as it is typed."""
    return {" ".join(one.split()) for one in re.findall(r"``(.+?)``", text, re.DOTALL)}


def test_commands_are_the_same(guides: tuple[str, str]) -> None:
    english, chinese = guides
    assert len(commands(english)) > 20
    assert commands(chinese) == commands(english)


def test_sections_are_the_same(guides: tuple[str, str]) -> None:
    english, chinese = guides
    assert UNDERLINE.findall(chinese) == UNDERLINE.findall(english)


def test_the_same_things_are_named(guides: tuple[str, str]) -> None:
    english, chinese = guides
    each_other = {"operators-guide.rst", "operators-guide.zh.rst"}
    assert literals(chinese) ^ literals(english) == each_other
