"""A bureau's staff at the dashboard: Chinese names, the own projects, nobody else's."""

from __future__ import annotations

import pytest
from ouhai_cloud.tenancy.register.model import Bureau

from tests.browser.dashboard import Dashboard
from tests.support.bureaus import Bureaus
from tests.support.lab import Lab

DIRECTORY = "district"


@pytest.fixture(scope="module")
def bureaus() -> Bureaus:
    return Bureaus(Lab())


@pytest.fixture(scope="module")
def bureau(bureaus: Bureaus) -> Bureau:
    """The first one with more than one project."""
    return next(
        one
        for one in bureaus.register.bureaus
        if one.kind == "bureau" and len(bureaus.sees(one)) > 1
    )


@pytest.mark.parametrize("role", ["manager", "member", "reader"])
def test_sees_the_own_projects_in_chinese_and_no_others(
    dashboard: Dashboard, bureaus: Bureaus, bureau: Bureau, role: str
) -> None:
    own = bureaus.sees(bureau)
    others = {system.name for one in bureaus.register.bureaus for system in one.systems} - own

    dashboard.open()
    dashboard.log_in_as(f"{bureau.short}-{role}", bureaus.password, DIRECTORY)

    dashboard.open("project/")
    assert dashboard.language == "zh-hans"
    assert "概况" in dashboard.text
    assert dashboard.open_projects() == own
    dashboard.screenshot(f"5-{role}-overview")

    for page in ("networks", "routers", "security_groups", "instances"):
        dashboard.open(f"project/{page}/")
        assert {name for name in others if name in dashboard.text} == set()
        dashboard.screenshot(f"6-{role}-{page}")
