"""Copies used from outside: real connections to a mail server and to sites on this machine."""

from __future__ import annotations

import base64
import email
import email.policy
import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ouhai_cloud.catalogue import setups, verifying
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.catalogue.uses import USES, mail
from ouhai_cloud.errors import CopyUnknown

from tests.runner.paths import ROOT
from tests.support import websites
from tests.support.mail_server import MailServer, mail_server
from tests.support.websites import Answer, Certificate, Request

PASSWORD = "Aa1secret"
ACCOUNT = {"check_account": "checker", "check_password": PASSWORD}
CHANGED = {"check_password": "Bb2former", "editor_password": "Bb2former"}
MAYBE_CHANGED = "Somebody may have changed it since"
OTHER_CERTIFICATE = "another certificate than the guest reported"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return websites.certificate(tmp_path_factory.mktemp("certificate"))


def seen(name: str, outputs: Mapping[str, object]) -> tuple[bool, str]:
    """Use a copy; whatever is told is one line without the password."""
    found = verifying.use(name, outputs)
    assert found.check == name and "\n" not in found.detail
    assert PASSWORD not in found.detail and CHANGED["check_password"] not in found.detail
    return found.good, found.detail


# Mail


@pytest.fixture
def mailbox(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server(certificate, ("checker", PASSWORD)) as served:
        monkeypatch.setattr(mail, "SUBMISSION_PORT", served.submission_port)
        monkeypatch.setattr(mail, "IMAPS_PORT", served.imaps_port)
        monkeypatch.setattr(mail, "POLL_SECONDS", 0.01)
        yield served


@pytest.fixture
def office(mailbox: MailServer, certificate: Certificate) -> dict[str, str]:
    """Return what an office tells of itself."""
    told = {"address": "127.0.0.1", "mail_domain": "mzj.ouhai.example"}
    return {**told, **ACCOUNT, "certificate_sha256": certificate.sha256}


def heard(served: MailServer, word: str) -> list[str]:
    return [one for one in served.heard if one.startswith(word)]


def test_a_mail_is_handed_in_read_and_removed(mailbox: MailServer, office: dict[str, str]) -> None:
    mailbox.late = 2
    mailbox.mails[7] = b"Subject: somebody's\r\n\r\nkeep\r\n"
    mailbox.marked.add(7)
    good, detail = seen("mail", office)
    assert good and "checker@mzj.ouhai.example hands in a mail" in detail
    assert list(mailbox.mails) == [7], "the mail is gone, and no other one"
    assert len(heard(mailbox, "SELECT")) == 3
    assert heard(mailbox, "MAIL FROM:<checker@mzj.ouhai.example>")


def test_a_mail_that_arrives_as_another_is_told_and_removed(
    mailbox: MailServer, office: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TEXT", "您好")
    sent: list[bytes] = []

    class Spoiling(dict[int, bytes]):
        def __setitem__(self, uid: int, body: bytes) -> None:
            sent.append(body)
            super().__setitem__(uid, re.sub(rb"(?s)\r\n\r\n.*", b"\r\n\r\nspoiled\r\n", body))

    mailbox.mails = Spoiling()
    good, detail = seen("mail", office)
    assert not good and "arrived with the text" in detail and "instead of '您好'" in detail
    assert mailbox.mails == {}
    read = email.message_from_bytes(sent[0], policy=email.policy.default)
    assert (read["Subject"], read.get_content().strip()) == (mail.TITLE, "您好")


def test_a_mail_that_never_arrives_is_waited_for_no_longer_than_said(
    mailbox: MailServer, office: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "ARRIVAL_SECONDS", 0.05)
    mailbox.late = 1000
    good, detail = seen("mail", office)
    assert not good and "did not arrive within 0.05 s" in detail


def test_another_certificate_hears_no_password_by_mail(
    mailbox: MailServer, office: dict[str, str], tmp_path: Path
) -> None:
    office["certificate_sha256"] = websites.certificate(tmp_path).sha256
    good, detail = seen("mail", office)
    assert not good and OTHER_CERTIFICATE in detail
    assert detail.startswith(f"127.0.0.1:{mailbox.submission_port} ")
    assert heard(mailbox, "STARTTLS") and not heard(mailbox, "AUTH")


def test_each_door_must_show_that_certificate(
    mailbox: MailServer,
    office: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mail_server(websites.certificate(tmp_path), ("checker", PASSWORD)) as other:
        monkeypatch.setattr(mail, "IMAPS_PORT", other.imaps_port)
        good, detail = seen("mail", office)
        assert not good and OTHER_CERTIFICATE in detail and f":{other.imaps_port} " in detail
        assert other.heard == []


def test_a_server_without_tls_hears_no_password(
    mailbox: MailServer, office: dict[str, str]
) -> None:
    mailbox.starttls = False
    good, detail = seen("mail", office)
    assert not good and "STARTTLS" in detail and not heard(mailbox, "AUTH")


def test_a_changed_password_is_told_as_one(mailbox: MailServer, office: dict[str, str]) -> None:
    good, detail = seen("mail", office | CHANGED)
    assert not good and MAYBE_CHANGED in detail and "535 5.7.8 authentication failed" in detail
    assert "does not let checker in with the password of the output check_password" in detail
    assert "answers" in detail


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        ("AUTH", "454 4.7.0 temporary failure", "does not take a mail: 454 4.7.0 temporary"),
        ("RCPT", "550 5.1.1 nobody has this address", "550 5.1.1 nobody has this address"),
        ("MAIL", "553 5.7.1 邮箱已停用", "553 5.7.1 邮箱已停用"),
        ("DATA", "452 4.3.1 insufficient system storage", "452 4.3.1 insufficient"),
        ("LOGIN", "NO [UNAVAILABLE] no directory", "not show a mail: [UNAVAILABLE] no directory"),
        ("SELECT", "NO no such folder", "does not show a mail: no such folder"),
        ("UID FETCH", "OK nothing", "somebody removed the mail before it could be read"),
        ("UID EXPUNGE", "NO read only", "cannot be removed: read only"),
        ("UID SEARCH", "NO the index is broken", "does not show a mail: the index is broken"),
    ],
)
def test_what_does_not_work_by_mail_is_told_in_the_servers_words(
    mailbox: MailServer, office: dict[str, str], command: str, answer: str, words: str
) -> None:
    mailbox.instead[command] = answer
    good, detail = seen("mail", office)
    assert not good and words in detail and MAYBE_CHANGED not in detail


def test_a_login_that_imap_alone_refuses_is_told_with_its_door(
    mailbox: MailServer, office: dict[str, str]
) -> None:
    mailbox.instead["LOGIN"] = "NO [AUTHENTICATIONFAILED] not you"
    good, detail = seen("mail", office)
    assert not good and MAYBE_CHANGED in detail and f":{mailbox.imaps_port} answers" in detail


def test_no_mail_server_is_told_with_what_lets_people_in(
    mailbox: MailServer, office: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SUBMISSION_PORT", 1)
    good, detail = seen("mail", office)
    assert not good and "127.0.0.1:1 does not answer" in detail and "is mail_from right" in detail


# Calendars and articles


class Site:
    """A site that answers as its pages say, until a test lets it answer otherwise.

    :param instead: answers in the place of the usual, by method and the path's beginning.
    """

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}
        self.instead: dict[tuple[str, str], Answer] = {}
        self.requests: list[Request] = []
        self.address = ""

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        usual = self.pages(request)
        for (method, begin), answer in self.instead.items():
            if request.method == method and request.path.startswith(begin):
                return answer
        return usual

    def pages(self, request: Request) -> Answer:
        raise NotImplementedError


class Calendar(Site):
    """SOGo's calendars."""

    def pages(self, request: Request) -> Answer:
        credentials = base64.b64decode(request.headers["Authorization"].split()[1]).decode()
        if credentials != f"checker:{PASSWORD}":
            return Answer(401, "<h1>Unauthorized</h1>")
        assert re.fullmatch(r"/SOGo/dav/checker/Calendar/personal/[\w-]+\.ics", request.path)
        if request.method == "PUT":
            self.kept[request.path] = request.body
            return Answer(201)
        if request.path not in self.kept:
            return Answer(404)
        if request.method == "DELETE":
            del self.kept[request.path]
            return Answer(204)
        return Answer(200, self.kept[request.path])


class Press(Site):
    """WordPress, as far as an editor and a reader need it."""

    def pages(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        if url.path == "/wp-login.php":
            return self.login(parse_qs(request.body))
        if url.path.startswith("/archives/"):
            return self.page(int(url.path.rpartition("/")[2]))
        if request.headers.get("Cookie") != "in=1":
            return Answer(401, json.dumps({"message": "您尚未登录。"}))
        if url.path == "/wp-admin/admin-ajax.php":
            return Answer(200, "nonce1")
        assert request.headers["X-WP-Nonce"] == "nonce1"
        return self.articles(request, url.path, parse_qs(url.query))

    def login(self, form: Mapping[str, list[str]]) -> Answer:
        if form == {"log": ["editor"], "pwd": [PASSWORD]}:
            return Answer(302, headers={"Set-Cookie": "in=1; path=/; secure; HttpOnly"})
        return Answer(200, "<style>b{}</style><p>错误：密码不正确。</p><form></form>")

    def page(self, number: int) -> Answer:
        if number not in self.kept:
            return Answer(404, "找不到页面")
        one = self.kept[number]
        assert one["status"] == "publish"
        text = "".join(f"<p>{html.escape(one[name])}</p>" for name in ("title", "content"))
        return Answer(200, f"<html>{text}</html>")

    def articles(self, request: Request, path: str, query: dict[str, list[str]]) -> Answer:
        if request.method == "POST":
            self.kept[5] = json.loads(request.body)
            link = "https://www.ouhai.example/archives/5"
            return Answer(201, json.dumps({"id": 5, "link": link}))
        if request.method == "DELETE":
            assert query == {"force": ["true"]} and path.endswith("/5")
            del self.kept[5]
            return Answer(200, "{}")
        found = [number for number, one in self.kept.items() if [one["slug"]] == query["slug"]]
        return Answer(200, json.dumps([{"id": number} for number in found]))


def served(site: Site, certificate: Certificate) -> Iterator[dict[str, str]]:
    """Serve a site and give what a copy tells of it."""
    with websites.website(site, certificate) as port:
        told = {"health": f"https://127.0.0.1:{port}/SOGo/", **ACCOUNT, "editor": "editor"}
        yield {**told, "editor_password": PASSWORD, "certificate_sha256": certificate.sha256}


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def press() -> Press:
    return Press()


@pytest.fixture
def calendar_told(calendar: Calendar, certificate: Certificate) -> Iterator[dict[str, str]]:
    yield from served(calendar, certificate)


@pytest.fixture
def press_told(press: Press, certificate: Certificate) -> Iterator[dict[str, str]]:
    yield from served(press, certificate)


def test_an_appointment_is_entered_read_and_removed(
    calendar: Calendar, calendar_told: dict[str, str]
) -> None:
    good, detail = seen("calendar", calendar_told)
    assert good and "checker enters an appointment" in detail and calendar.kept == {}
    assert [one.method for one in calendar.requests] == ["PUT", "GET", "DELETE"]
    assert "SUMMARY:系统核验\r\n" in calendar.requests[0].body


def test_a_changed_password_of_a_calendar_is_told_as_one(calendar_told: dict[str, str]) -> None:
    good, detail = seen("calendar", calendar_told | CHANGED)
    assert not good and MAYBE_CHANGED in detail and "401 Unauthorized" in detail
    assert "cannot be removed" not in detail


@pytest.mark.parametrize(
    ("method", "answer", "words"),
    [
        ("PUT", Answer(501, "<h1>日历不可用</h1>"), "can be entered (501 日历不可用)"),
        ("GET", Answer(200, "BEGIN:VCALENDAR"), "cannot be read again (200 BEGIN:VCALENDAR)"),
        ("GET", Answer(500), "cannot be read again (500)"),
    ],
)
def test_an_appointment_that_does_not_work_leaves_nothing(
    calendar: Calendar, calendar_told: dict[str, str], method: str, answer: Answer, words: str
) -> None:
    calendar.instead[method, "/"] = answer
    good, detail = seen("calendar", calendar_told)
    assert not good and words in detail and calendar.kept == {}


def test_an_appointment_that_stays_is_told_beside_what_went_wrong(
    calendar: Calendar, calendar_told: dict[str, str]
) -> None:
    calendar.instead["DELETE", "/"] = Answer(423, "Locked")
    good, detail = seen("calendar", calendar_told)
    assert not good and ".ics cannot be removed (423 Locked)" in detail
    calendar.instead["GET", "/"] = Answer(500)
    good, detail = seen("calendar", calendar_told)
    assert not good and "cannot be read again" in detail and "cannot be removed" in detail


def test_an_article_is_published_read_by_everybody_and_removed(
    press: Press, press_told: dict[str, str]
) -> None:
    good, detail = seen("article", press_told)
    base = press_told["health"].removesuffix("/SOGo/")
    assert good and detail.startswith(f"{base}/archives/5: editor publishes") and press.kept == {}
    read = next(one for one in press.requests if one.path == "/archives/5")
    assert not {"Cookie", "X-WP-Nonce", "Authorization"} & set(read.headers)
    written = json.loads(next(one for one in press.requests if "posts" in one.path).body)
    assert written["title"] == "系统核验，请忽略" and written["date"].startswith("2000-")


def test_an_editors_changed_password_is_told_as_one(
    press: Press, press_told: dict[str, str]
) -> None:
    good, detail = seen("article", press_told | CHANGED)
    assert not good and MAYBE_CHANGED in detail and "200 错误：密码不正确。" in detail
    assert "answers, but does not let editor in" in detail and "editor_password" in detail
    assert [one.path for one in press.requests] == ["/wp-login.php"]


POSTS = "/wp-json/wp/v2/posts"


@pytest.mark.parametrize(
    ("asked", "answer", "words"),
    [
        (("POST", "/wp-login"), Answer(500, "数据库错误"), "editor cannot log in (500 数据库错误)"),
        (("GET", "/wp-admin"), Answer(400, "0"), "editor is not logged in (400 0)"),
        (
            ("POST", POSTS),
            Answer(403, json.dumps({"message": "抱歉，您不能发布文章。"})),
            "no article can be published (403 抱歉，您不能发布文章。)",
        ),
        (("GET", "/archives"), Answer(404, "<b>找不到</b>"), "to everybody (404 找不到)"),
        (("GET", "/archives"), Answer(200, "需要密码"), "to everybody (200 需要密码)"),
    ],
)
def test_an_article_that_cannot_be_read_leaves_nothing(
    press: Press,
    press_told: dict[str, str],
    asked: tuple[str, str],
    answer: Answer,
    words: str,
) -> None:
    press.instead[asked] = answer
    good, detail = seen("article", press_told)
    assert not good and words in detail and MAYBE_CHANGED not in detail
    # The site has taken it even where it says that it has not.
    assert press.kept == {}


@pytest.mark.parametrize(
    ("method", "words"),
    [("DELETE", "the article 5 (系统核验，请忽略) cannot be removed"), ("GET", "nobody knows")],
)
def test_an_article_that_stays_is_told(
    press: Press, press_told: dict[str, str], method: str, words: str
) -> None:
    press.instead[method, POSTS] = Answer(500, "no")
    good, detail = seen("article", press_told)
    assert not good and words in detail and "(500 no)" in detail


def cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_article_is_removed_also_when_the_reader_is_cut_off(
    press: Press, press_told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ouhai_cloud.catalogue.uses.article._read", cut_off)
    with pytest.raises(KeyboardInterrupt):
        verifying.use("article", press_told)
    assert press.kept == {}


@pytest.mark.parametrize("name", ["calendar", "article"])
def test_another_certificate_hears_nothing(
    name: str, press: Press, press_told: dict[str, str], tmp_path: Path
) -> None:
    press_told["certificate_sha256"] = websites.certificate(tmp_path).sha256
    good, detail = seen(name, press_told)
    assert not good and OTHER_CERTIFICATE in detail and press.requests == []


def test_a_site_that_leads_elsewhere_is_not_followed(
    press: Press, press_told: dict[str, str]
) -> None:
    press.instead["GET", "/archives"] = Answer(302, headers={"Location": "http://127.0.0.1/"})
    good, detail = seen("article", press_told)
    assert not good and "http://127.0.0.1/" in detail and press.kept == {}


@pytest.mark.parametrize("name", ["calendar", "article"])
def test_no_site_is_told_with_what_lets_people_in(name: str, press_told: dict[str, str]) -> None:
    good, detail = seen(name, press_told | {"health": "https://127.0.0.1:1/"})
    assert not good and "does not answer" in detail and "is web_from right" in detail


# What a copy is used for


@pytest.mark.parametrize("name", USES)
def test_a_copy_that_has_reported_nothing_is_not_used(name: str) -> None:
    good, detail = seen(name, {"certificate_sha256": None, "check_account": "checker"})
    assert not good and "has not said" in detail and "certificate_sha256" in detail


def test_a_use_of_a_later_release_is_not_passed_over() -> None:
    assert seen("fax", {}) == (False, "nobody knows how to do that; a newer client may")


@pytest.mark.parametrize(
    ("application", "uses"),
    [("oa", ("mail", "calendar")), ("portal", ("article",)), ("server", ())],
)
def test_a_version_says_what_its_copies_are_used_for(
    application: str, uses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = load(ROOT / "heat-templates" / application / "1", "lab")
    monkeypatch.setattr(setups, "read", lambda *_: (setups.Setup(entry, {}), None))
    copy: Any = SimpleNamespace(stack=SimpleNamespace(outputs={}))
    assert entry.uses == uses
    assert [one.check for one in verifying.used(copy, copy)] == list(uses)


def test_a_copy_that_carries_nothing_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CopyUnknown("web1 does not carry what it was made of")

    monkeypatch.setattr(setups, "read", refuse)
    copy: Any = SimpleNamespace(stack=None)
    found = list(verifying.used(copy, copy))
    assert [(one.check, one.good) for one in found] == [("uses", False)]
    assert "does not carry" in found[0].detail


def test_the_account_of_the_template_is_the_one_that_the_guest_makes() -> None:
    entry = load(ROOT / "heat-templates/oa/1", "lab")
    account = entry.template["outputs"]["check_account"]["value"]
    prepare = ROOT / "deploy/images/files/oa/usr/local/lib/ouhai/prepare"
    assert f'entry check {account} {account} "$check_password"' in prepare.read_text()
