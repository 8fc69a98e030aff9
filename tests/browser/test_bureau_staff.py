"""A bureau's staff at the dashboard: Chinese names, the own projects, what the role allows."""

from __future__ import annotations

import pytest
from ouhai_cloud.tenancy.register.model import Bureau

from tests.browser.dashboard import Dashboard
from tests.support.bureaus import Bureaus
from tests.support.lab import Lab

DIRECTORY = "district"
# Pages with the button above their table that makes something.
MAKING = {
    "instances": "launch-ng",
    "volumes": "create",
    "networks": "create",
    "security_groups": "create",
    "floating_ips": "allocate",
    "stacks": "launch",
}

# Words of Heat's pages, and what they are in English.
HEAT = {
    "stacks": ("创建堆栈", "Stack"),
    "resource_types": ("资源类型", "Resource Types"),
    "template_versions": ("模板版本", "Template Versions"),
}


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


@pytest.mark.parametrize(
    ("role", "offered"),
    [("manager", set(MAKING)), ("member", set(MAKING)), ("reader", set())],
)
def test_is_offered_to_make_what_the_services_would_let_the_role_make(
    dashboard: Dashboard, bureaus: Bureaus, bureau: Bureau, role: str, offered: set[str]
) -> None:
    dashboard.open()
    dashboard.log_in_as(f"{bureau.short}-{role}", bureaus.password, DIRECTORY)
    seen = set()
    for page, action in MAKING.items():
        dashboard.open(f"project/{page}/")
        if dashboard.offers(page, action):
            seen.add(page)
        dashboard.screenshot(f"7-{role}-{page}")
    assert seen == offered


def test_reads_heats_pages_in_chinese(
    dashboard: Dashboard, bureaus: Bureaus, bureau: Bureau
) -> None:
    """Debian leaves their translations uncompiled."""
    dashboard.open()
    dashboard.log_in_as(f"{bureau.short}-member", bureaus.password, DIRECTORY)
    for page, (chinese, english) in HEAT.items():
        dashboard.open(f"project/{page}/")
        dashboard.screenshot(f"8-{page}")
        assert chinese in dashboard.text
        assert english not in dashboard.text
