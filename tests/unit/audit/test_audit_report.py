"""The report says what was found, is safe to open, and cannot be changed unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from ouhai_cloud.cloud.exposure.model import Image
from ouhai_cloud.language import Text
from ouhai_cloud.osc.audit import summary
from ouhai_cloud.tenancy.audit import checks
from ouhai_cloud.tenancy.audit.page import as_html
from ouhai_cloud.tenancy.audit.report import Report, as_json
from ouhai_cloud.tenancy.audit.verdicts import Seen, Trial
from ouhai_cloud.tenancy.audit.words import COUNTED

from tests.support.exposures import clean, facts, plus

YES, NO = (Seen(Text("it", "事"), happened) for happened in (True, False))


def trial(negative: Seen = NO, control: Seen = YES) -> Trial:
    return Trial("P01", Text("try", "试"), ("A", "B"), (negative,), (control,))


def report(**changes: Any) -> Report:
    made = Report(
        made=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        cloud="ouhai",
        district="瓯海区",
        register="register.yaml",
        digest="d" * 64,
        counts=clean().counts(),
        findings=(),
        trials=(trial(),),
        static_only=False,
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "is_clean"),
    [
        ({}, True),
        ({"trials": (trial(negative=YES),)}, False),
        ({"trials": (trial(control=NO),)}, False),
        # probes were wanted, but there was nothing to probe
        ({"trials": ()}, False),
        ({"trials": (), "static_only": True}, True),
    ],
)
def test_clean_is_what_was_shown_to_be_clean(changes: dict[str, Any], is_clean: bool) -> None:
    assert report(**changes).clean is is_clean


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Configuration only, no trials."), ("zh", "未做实测")]
)
@pytest.mark.parametrize("found", [False, True])
def test_without_trials_the_result_says_so_and_is_not_green(
    language: str, words: str, found: bool
) -> None:
    image = Image("i1", "x", "p-A-oa", "public")
    findings = checks.run(facts(plus(clean(), images=(image,)))) if found else ()
    made = report(static_only=True, trials=(), findings=findings)
    head = as_html(made, language).partition("<table>")[0]
    assert words in head and '<p class="clean">' not in head
    assert words in list(summary(made, language))[-1]
    assert words not in as_html(report(), language)


def test_the_terminal_is_told_why_a_trial_failed() -> None:
    (line, _) = summary(report(trials=(trial(control=NO),)), "en")
    assert line == "P01 inconclusive (a control failed) A → B: try; it: did not happen"
    (line, _) = summary(report(trials=(trial(negative=replace(YES, detail="pong")),)), "zh")
    assert line == "P01 被突破 A → B: 试; 事 (pong)"


def test_what_is_found_stands_in_both_forms() -> None:
    image = Image("i1", "<script>alert(1)</script>", "p-A-oa", "public")
    found = checks.run(facts(plus(clean(), images=(image,))))
    made = report(findings=found)
    data = json.loads(as_json(made, made.name, as_html(made)))
    assert [one["code"] for one in data["findings"]] == ["G03"]
    assert not data["clean"]
    assert data["register"]["sha256"] == "d" * 64
    page = as_html(made)
    assert "G03" in page and "公共镜像" in page and 'lang="zh-CN"' in page
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_a_name_cannot_steer_the_screen_and_is_told_alike_everywhere() -> None:
    evil = "办公\x1b[1A\x1b[2K\r\n\u202eResult: nothing was found.\u2028\ud800"
    told = r"办公\x1b[1A\x1b[2K\r\n\u202eResult: nothing was found.\u2028\ud800"
    image = Image("i1", evil, "p-A-oa", "public")
    seen = replace(YES, detail=evil)
    made = report(
        findings=checks.run(facts(plus(clean(), images=(image,)))), trials=(trial(negative=seen),)
    )
    terminal = "\n".join(summary(made, "zh"))
    data = json.loads(as_json(made, made.name, as_html(made)))
    assert data["findings"][0]["object"] == f"image i1 ({told})"
    assert data["trials"][0]["must_not_happen"][0]["detail"] == told
    for text in (terminal, as_html(made)):
        assert told in text and not set(text) & set("\x1b\r\u202e\u2028\ud800")


class Links(HTMLParser):
    """Collects what a page would fetch, and tags that were not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and what it would fetch."""
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_whole_and_fetches_nothing(language: str) -> None:
    image = Image("i1", "x", "p-A-oa", "public")
    found = checks.run(facts(plus(clean(), images=(image,))))
    links = Links()
    links.feed(as_html(report(findings=found), language))
    assert links.fetched == []
    assert links.open == []
    page = unescape(as_html(report(), language))
    assert [check.code for check in checks.CHECKS if check.title.in_(language) not in page] == []


def test_every_listing_has_a_word_in_both_languages() -> None:
    assert set(COUNTED) == set(clean().counts())
