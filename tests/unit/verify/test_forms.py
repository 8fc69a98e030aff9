"""The dashboard's forms are read as a browser would fill them."""

from __future__ import annotations

from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.forms import form_with

PAGE = """
<form><input name="q"></form>
<form method="POST">
  <input type="hidden" name="csrfmiddlewaretoken" value="abc">
  <select name="region"><option value="default">one</option></select>
  <select name="language">
    <option value="en">English</option><option value="zh-hans" selected>简体中文</option>
  </select>
  <input type="password" name="password">
</form>
"""


def test_fields_hold_what_the_page_says() -> None:
    assert form_with(PAGE, "password") == (
        {
            "csrfmiddlewaretoken": "abc",
            "region": "default",
            "language": "zh-hans",
            "password": "",
        },
        [],
    )


def test_choices_are_listed() -> None:
    found = form_with(PAGE, "language")
    assert found is not None
    assert found[1] == ["en", "zh-hans"]


def test_a_missing_field_is_none() -> None:
    assert form_with(PAGE, "username") is None
