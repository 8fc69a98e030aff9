"""Marks and tags say what an object is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.cloud.marks import mark, tagged, unmark
from ouhai_cloud.tenancy.resources import Key

KEY = Key("network:E021/oa")


@given(st.text(st.characters(blacklist_categories=["Cs", "Zs", "Cc", "Zl", "Zp"]), max_size=60))
def test_a_description_comes_back_without_its_mark(text: str) -> None:
    assert unmark(mark(KEY, text)) == (text, KEY)


@pytest.mark.parametrize(
    "text", ["", "办公", "[ouhai nothing:E1]", "[ouhai network:E021/oa] x", "[ouhai]"]
)
def test_other_descriptions_have_no_mark(text: str) -> None:
    assert unmark(text) == (text, None)


def test_a_missing_description_is_empty() -> None:
    assert unmark(None) == ("", None)


def test_tags_name_bureau_and_system() -> None:
    assert tagged(("bureau=E021", "ouhai")) == ("E021", "")
    assert tagged(["ouhai", "bureau=E021", "system=oa", "x"]) == ("E021", "oa")


@pytest.mark.parametrize("tags", [[], ["ouhai"], ["bureau=E021"], ["ouhai", "bureau="]])
def test_other_tags_name_nothing(tags: list[str]) -> None:
    assert tagged(tags) is None
