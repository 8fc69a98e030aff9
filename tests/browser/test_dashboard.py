"""The dashboard in a real browser: in Chinese, in English, over TLS that is checked."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from selenium.webdriver.common.by import By

from tests.browser.chromium import chromium
from tests.browser.dashboard import Dashboard, LoginRefused
from tests.support.access import CloudAccess


def test_speaks_chinese_to_who_asks_for_no_language(access: CloudAccess) -> None:
    page = requests.get(access.dashboard_url, verify=str(access.ca_file), timeout=60)
    page.raise_for_status()
    assert "登录" in page.text


def test_logs_in_in_chinese(dashboard: Dashboard) -> None:
    dashboard.open()
    assert dashboard.language == "zh-hans"
    assert "登录" in dashboard.text
    dashboard.screenshot("1-login")

    dashboard.log_in()

    dashboard.open("project/")
    assert dashboard.language == "zh-hans"
    assert "项目" in dashboard.text
    assert "概况" in dashboard.text
    dashboard.screenshot("2-overview")


def test_switches_to_english(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard.log_in()

    dashboard.choose_language("en")

    dashboard.open("project/")
    assert dashboard.language == "en"
    assert "Overview" in dashboard.text
    assert "概况" not in dashboard.text
    dashboard.screenshot("3-english")


def test_refuses_a_wrong_password(dashboard: Dashboard) -> None:
    dashboard.open()
    with pytest.raises(LoginRefused):
        dashboard.log_in(password="wrong")
    dashboard.screenshot("4-refused")


def test_browser_refuses_the_certificate_of_an_unknown_authority(
    access: CloudAccess, tmp_path: Path
) -> None:
    with chromium(tmp_path) as stranger:
        stranger.get(access.dashboard_url)
        assert "ERR_CERT_AUTHORITY_INVALID" in stranger.find_element(By.TAG_NAME, "body").text
