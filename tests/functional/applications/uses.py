"""What people write in a copy of each application, and what they find there later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

from tests.browser.chromium import chromium, trust
from tests.browser.conftest import OUTPUT
from tests.browser.sogo import Sogo
from tests.browser.wordpress import WordPress
from tests.support.base_database import connect
from tests.support.business_system import Reader
from tests.support.oa import Office, Person
from tests.support.portal import Portal
from tests.support.website_copy import WebsiteCopy

# What is written, by its title; the titles are what is found again.
TEXTS = {
    "2026年秋季招生公告": "各学校：今年秋季招生工作定于七月一日开始。",
    "关于召开工作例会的通知": "各科室：请于周三上午九时到二楼会议室参加例会。",
}
BEFORE, AFTER = TEXTS
APPOINTMENTS = {BEFORE: "enrolment", AFTER: "meeting"}
CLERK = "wang.li"
Copy = Mapping[str, Any]


@dataclass(frozen=True)
class Use:
    """How somebody writes in a copy of an application, and sees what is there.

    Both get the copy and an empty folder of their own, whose name is the moment's.
    """

    write: Callable[[Copy, Path, str], object]
    titles: Callable[[Copy, Path], set[str]]


def _insert(copy: Copy, _: Path, title: str) -> None:
    with connect(copy, "owner") as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS culture.note (title text, content text)")
        owner.execute("INSERT INTO culture.note VALUES (%s, %s)", (title, TEXTS[title]))


def _select(copy: Copy, _: Path) -> set[str]:
    with connect(copy, "reader") as reader:
        rows = dict(reader.execute("SELECT title, content FROM culture.note").fetchall())
    assert rows.items() <= TEXTS.items()
    return set(rows)


def _publish(copy: Copy, folder: Path, title: str) -> None:
    site = Portal(copy, folder)
    with _browser(site) as browser:
        page = _editor(site, browser)
        link = page.write(title, TEXTS[title])
        assert page.from_elsewhere() == set()
    assert link.startswith(f"{site.address}/archives/")


def _articles(copy: Copy, folder: Path) -> set[str]:
    site = Portal(copy, folder)
    text = site.read().text
    found = {title for title in TEXTS if title in text}
    with _browser(site) as browser:
        page = _editor(site, browser)
        for number, title in enumerate(sorted(found), 1):
            page.open()
            page.screenshot("front")
            page.follow(title)
            assert page.article() == (title, TEXTS[title])
            page.screenshot(f"article-{number}")
        assert page.from_elsewhere() == set()
    return found


def _editor(site: Portal, browser: Chrome) -> WordPress:
    page = WordPress(browser, site.address, OUTPUT / site.folder.name)
    page.log_in(str(site.copy["editor"]), str(site.copy["editor_password"]))
    assert "仪表盘" in page.text
    page.screenshot("dashboard")
    return page


def _mail(copy: Copy, folder: Path, title: str) -> None:
    office = Office(copy, folder)
    clerk = office.person(CLERK)
    with _browser(office) as browser:
        page = _desk(office, clerk, browser)
        page.write(CLERK, clerk.mail_address, title, TEXTS[title])
        assert page.from_elsewhere() == set()
    assert TEXTS[title] in clerk.read(title)
    clerk.enter(APPOINTMENTS[title], title)


def _mails(copy: Copy, folder: Path) -> set[str]:
    office = Office(copy, folder)
    clerk = office.person(CLERK)
    found = {title for title in TEXTS if title in clerk.mails()}
    entered = {title for title in TEXTS if title in clerk.appointment(APPOINTMENTS[title])}
    assert entered == found, "mail and calendar are not of one time"
    with _browser(office) as browser:
        page = _desk(office, clerk, browser)
        for number, title in enumerate(sorted(found), 1):
            page.read(CLERK, title)
            assert all(words in page.text for words in ("收件箱", title, TEXTS[title]))
            page.screenshot(f"mail-{number}")
        assert page.from_elsewhere() == set()
    return found


def _desk(office: Office, clerk: Person, browser: Chrome) -> Sogo:
    page = Sogo(browser, office.address, OUTPUT / office.folder.name)
    page.log_in(CLERK, clerk.password)
    return page


@contextmanager
def _browser(site: WebsiteCopy) -> Iterator[Chrome]:
    home = site.folder / "home"
    trust(home, site.certificate)
    with chromium(home) as browser:
        yield browser


def _say(copy: Copy, _: Path, title: str) -> None:
    Reader(copy["health"]).write(title)


def _said(copy: Copy, _: Path) -> set[str]:
    page = Reader(copy["health"]).page()
    return {title for title in TEXTS if title in page}


USES = {
    "base-database": Use(_insert, _select),
    "portal": Use(_publish, _articles),
    "oa": Use(_mail, _mails),
    "business-system": Use(_say, _said),
}
