"""Staff at an office that a bureau deployed: log in in Chinese, write a mail, read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import chromium, trust
from tests.browser.conftest import OUTPUT
from tests.browser.sogo import Sogo
from tests.support.applications import Key, Member, deploy
from tests.support.oa import Office

ACCOUNT = "wang.li"
MAIL = ("关于召开工作例会的通知", "各科室：请于周三上午九时到二楼会议室参加例会。")


@pytest.fixture
def office(member: Member, name: str, key: Key, tmp_path: Path) -> Office:
    """Return a copy of a bureau, gone in the end."""
    return Office(deploy(member, "oa", name, key), tmp_path)


def test_somebody_writes_a_mail_and_reads_it(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "home"
    trust(home, office.certificate)
    with chromium(home) as browser:
        page = Sogo(browser, office.address, OUTPUT)
        person = office.person(ACCOUNT)
        page.log_in(ACCOUNT, person.password)
        page.write(ACCOUNT, person.mail_address, *MAIL)
        page.read(ACCOUNT, MAIL[0])
        assert "收件箱" in page.text and all(words in page.text for words in MAIL)
        page.screenshot("oa-3-read")
        # Staff may have no way to the internet.
        fetched = page.addresses()
        assert {one for one in fetched if not one.startswith((office.address, "data:"))} == set()
