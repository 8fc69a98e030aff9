"""An editor at a site that a bureau deployed: logs in in Chinese, writes an article, reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import chromium, trust
from tests.browser.conftest import OUTPUT
from tests.browser.wordpress import WordPress
from tests.support.applications import Key, Member, deploy
from tests.support.portal import Portal

TITLE = "瓯海区教育局门户网站"
ARTICLE = ("2026年秋季招生公告", "各学校：今年秋季招生工作定于七月一日开始。")


@pytest.fixture
def site(member: Member, key: Key, name: str, tmp_path: Path) -> Portal:
    """Return a copy of a bureau, gone in the end."""
    return Portal(deploy(member, "portal", name, key, f"title={TITLE}"), tmp_path)


def test_an_editor_writes_an_article_and_reads_it(site: Portal, tmp_path: Path) -> None:
    home = tmp_path / "home"
    trust(home, site.certificate)
    with chromium(home) as browser:
        page = WordPress(browser, site.address, OUTPUT)
        page.log_in(str(site.copy["editor"]), str(site.copy["editor_password"]))
        assert "仪表盘" in page.text and TITLE in page.text
        page.screenshot("portal-2-dashboard")

        link = page.write(*ARTICLE)
        assert link.startswith(f"{site.address}/archives/")
        fetched = page.addresses()
        page.open(link.removeprefix(site.address))
        assert page.article() == ARTICLE
        page.screenshot("portal-5-article")
        fetched |= page.addresses()
        page.open()
        assert TITLE in page.text and ARTICLE[0] in page.text
        page.screenshot("portal-6-front")
        fetched |= page.addresses()
        # Who reads the site may have no way to the internet either.
        assert {
            one for one in fetched if not one.startswith((site.address, "data:", "blob:"))
        } == set()
