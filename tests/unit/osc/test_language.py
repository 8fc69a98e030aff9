"""Texts that hold both languages."""

from __future__ import annotations

import pytest
from ouhai_cloud.language import spoken


def test_a_text_is_split_where_its_chinese_ends() -> None:
    text = "地址段，最大为 /8 / a range of addresses, at most a /8, or a / b"
    assert spoken(text, "zh") == "地址段，最大为 /8"
    assert spoken(text, "en") == "a range of addresses, at most a /8, or a / b"


@pytest.mark.parametrize("text", ["read / write", "地址", "a range of addresses", ""])
def test_a_text_in_one_language_stays_as_it_is(text: str) -> None:
    assert spoken(text, "zh") == spoken(text, "en") == text
