"""Reads the forms of a page: their fields and what each holds at first."""

from __future__ import annotations

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.choices: dict[str, list[str]] = {}
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input" and "name" in values:
            self.forms[-1][values["name"]] = values.get("value", "")
        elif tag == "select" and "name" in values:
            self._select = values["name"]
            self.choices[self._select] = []
        elif tag == "option" and self._select:
            self.choices[self._select].append(values.get("value", ""))
            if "selected" in values or self._select not in self.forms[-1]:
                self.forms[-1][self._select] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


def form_with(html: str, field: str) -> tuple[dict[str, str], list[str]] | None:
    """Return the fields of the first form that has `field`, and the choices of `field`."""
    parser = _Forms()
    parser.feed(html)
    for form in parser.forms:
        if field in form:
            return form, parser.choices.get(field, [])
    return None
