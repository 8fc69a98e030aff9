"""All checks of the static audit, and how they are run."""

from __future__ import annotations

from ouhai_cloud.tenancy.audit.checks import (
    duties,
    grants,
    images,
    limits,
    ports,
    projects,
    routers,
    rules,
    servers,
    shares,
    trusts,
)
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Finding

CHECKS: tuple[Check, ...] = (
    *grants.CHECKS,
    *duties.CHECKS,
    *trusts.CHECKS,
    *projects.CHECKS,
    *shares.CHECKS,
    *routers.CHECKS,
    *ports.CHECKS,
    *rules.CHECKS,
    *images.CHECKS,
    *servers.CHECKS,
    *limits.CHECKS,
)


def run(facts: Facts) -> tuple[Finding, ...]:
    """Return what all checks find, the worst first; nothing on a clean cloud."""
    found = [Finding(check, hole) for check in CHECKS for hole in check.find(facts)]
    return tuple(sorted(found, key=lambda finding: finding.sort_key))
