"""What the browser tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import chromium, trust
from tests.browser.dashboard import Dashboard
from tests.support.access import CloudAccess
from tests.support.lab import cloud_access

OUTPUT = Path(__file__).with_name("output")


@pytest.fixture(scope="session")
def access() -> CloudAccess:
    return cloud_access()


@pytest.fixture
def browser(access: CloudAccess, tmp_path: Path) -> Iterator[Chrome]:
    """A browser that trusts the cloud's certificate authority."""
    trust(tmp_path, access.ca_file)
    with chromium(tmp_path) as driver:
        yield driver


@pytest.fixture
def dashboard(access: CloudAccess, browser: Chrome) -> Dashboard:
    """The dashboard with nobody logged in."""
    return Dashboard(browser, access, OUTPUT)
