"""Websites looked at from outside: real connections to a site on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ouhai_cloud.catalogue import website
from ouhai_cloud.catalogue.verifying import PROBES

from tests.support import websites
from tests.support.websites import Answer, Certificate, Request

TITLE = "瓯海区门户网站"
PAGE = Answer(200, f"<html><head><title>{TITLE}</title></head><body>政务公开</body></html>")
AWAY = Answer(301, headers={"Location": "https://127.0.0.1/"})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return websites.certificate(tmp_path_factory.mktemp("certificate"))


class Site:
    """A site with a door for http and one for https.

    :param page: what https answers.
    :param door: what http answers.
    """

    def __init__(self, page: Answer, door: Answer) -> None:
        self.page = page
        self.door = door


@pytest.fixture
def site(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Site, str]]:
    """Return a good site, which a test may spoil, and its address."""
    one = Site(PAGE, AWAY)

    def page(_: Request) -> Answer:
        return one.page

    def door(_: Request) -> Answer:
        return one.door

    with websites.website(page, certificate) as port, websites.website(door) as http_port:
        monkeypatch.setattr(website, "HTTP_PORT", http_port)
        yield one, f"https://127.0.0.1:{port}/"


def look(address: str, sha256: str, title: str = TITLE) -> tuple[bool, str]:
    outputs = {"certificate_sha256": sha256, "title": title}
    found = PROBES["https"](urlsplit(address), outputs)
    return found.good, found.detail


def test_a_site_as_reported_is_well(site: tuple[Site, str], certificate: Certificate) -> None:
    good, detail = look(site[1], certificate.sha256)
    assert good and "shows the certificate that the guest reported" in detail and TITLE in detail


@pytest.mark.parametrize("title", ["政策 & 法规", "\u201c瓯海\u201d"])
def test_what_html_writes_otherwise_is_the_same_title(
    site: tuple[Site, str], certificate: Certificate, title: str
) -> None:
    site[0].page = Answer(200, title.replace("&", "&amp;").replace("\u201c", "&#8220;"))
    assert look(site[1], certificate.sha256, title)[0]


def test_another_certificate_is_found_out(site: tuple[Site, str], tmp_path: Path) -> None:
    good, detail = look(site[1], websites.certificate(tmp_path).sha256)
    assert not good and "another certificate than the guest reported" in detail


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Answer(500, "<style>b{}</style><p>建立数据库连接时出错</p>"), "500"),
        (Answer(500, "<style>b{}</style><p>建立数据库连接时出错</p>"), ": 建立数据库连接时出错"),
        (Answer(200, "<p>Welcome to nginx!</p>"), "Welcome to nginx!"),
        (Answer(500, TITLE), "answers 500"),
    ],
)
def test_a_page_that_is_not_the_sites_is_told_in_its_words(
    site: tuple[Site, str], certificate: Certificate, page: Answer, words: str
) -> None:
    site[0].page = page
    good, detail = look(site[1], certificate.sha256)
    assert not good and words in detail and "<" not in detail


@pytest.mark.parametrize(
    "door", [Answer(200, TITLE), Answer(301, headers={"Location": "http://127.0.0.1/"})]
)
def test_http_must_lead_to_https(
    site: tuple[Site, str], certificate: Certificate, door: Answer
) -> None:
    site[0].door = door
    good, detail = look(site[1], certificate.sha256)
    assert not good and "does not lead to https" in detail


def test_a_site_that_does_not_answer_is_told_of(certificate: Certificate) -> None:
    with websites.website(lambda _: PAGE, certificate) as port:
        pass
    good, detail = look(f"https://127.0.0.1:{port}/", certificate.sha256)
    assert not good and "does not answer" in detail and "web_from" in detail


@pytest.mark.parametrize(("sha256", "title"), [("", TITLE), ("00", "")])
def test_without_a_report_nothing_is_trusted(
    site: tuple[Site, str], sha256: str, title: str
) -> None:
    good, detail = look(site[1], sha256, title)
    assert not good and "certificate_sha256 and title" in detail
