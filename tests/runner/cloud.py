"""The parts that need a cloud, and the lab they run on."""

from __future__ import annotations

from tests.runner.checks import ENVIRONMENT, pytest_step
from tests.runner.execution import Step
from tests.runner.paths import OUTPUT

MINUTE = 60
APPLICATIONS = "tests/functional/applications"
TCPDUMP = ("tcpdump",)
CHROMIUM = ("chromium", "chromium-driver", "libnss3-tools", "fonts-wqy-microhei")


def lab_up() -> Step:
    """Bring the lab up; where it is up already, go over it again and verify it."""
    return Step("lab", ("deploy/lab", "up"), 25 * MINUTE)


def functional() -> Step:
    """Tests of the lab and of the cloud on it."""
    return pytest_step(
        "functional", "tests/functional", 60 * MINUTE, TCPDUMP, (f"--ignore={APPLICATIONS}",)
    )


def browser() -> Step:
    """The dashboard in a real browser."""
    return pytest_step("browser", "tests/browser", 10 * MINUTE, CHROMIUM)


def applications() -> Step:
    """The whole life of each application: many guests, each of which takes a minute and more."""
    return pytest_step("applications", APPLICATIONS, 180 * MINUTE, CHROMIUM, ("--timeout=2400",))


def tempest() -> Step:
    """OpenStack's own acceptance tests, the smoke set."""
    junit = OUTPUT / "tempest.xml"
    command = ("tests/tempest/run", f"--junitxml={junit}", f"--output={OUTPUT / 'tempest'}")
    return Step("tempest", command, 50 * MINUTE, ENVIRONMENT, junit)


def bench() -> Step:
    """The benchmark: minutes to hours, and therefore only when asked for."""
    return Step("bench", ("tests/bench/run",), 120 * MINUTE, ENVIRONMENT)
