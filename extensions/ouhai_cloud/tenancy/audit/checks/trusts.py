"""Whom people let act in their place: Keystone's trusts."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Trust
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.checks.people import SERVICE
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole


def stranger(facts: Facts) -> Iterator[Hole]:
    """Find trusts by which somebody acts in a project without being of its bureau's staff.

    Heat makes one for each stack, to its own account.
    """
    services = _services(facts)
    for trust in facts.exposure.trusts:
        owner, bureaus = facts.bureau_of(trust.project_id), _bureaus(facts, trust)
        if trust.project_id not in facts.projects or trust.trustee_id in services:
            continue
        if not owner and not facts.of_staff(trust.trustee_domain_id):
            continue  # the platform among itself
        # a duty is handed on by the directory's groups alone
        colleague = owner in bureaus and not facts.of_duties(trust.project_id)
        if colleague or trust.trustee_id == trust.trustor_id:
            continue
        who = trust.trustee_name or trust.trustee_id
        where = naming.project(facts, trust.project_id)
        yield hole(
            naming.named("trust", trust.id),
            (owner, *bureaus),
            f"By it {who} acts in {where} in the place of user {trust.trustor_id}.",
            f"{who} 可凭此委托代替用户 {trust.trustor_id} 在 {where} 中操作。",
        )


def _services(facts: Facts) -> frozenset[str]:
    """Return the ids of the accounts of services, as the platform's own projects know them."""
    return frozenset(
        one.subject_id
        for one in facts.exposure.grants
        if one.role == SERVICE and one.scope_kind == "project" and not facts.bureau_of(one.scope_id)
    )


def _bureaus(facts: Facts, trust: Trust) -> frozenset[str]:
    """Return the bureaus whose staff the trustee is of."""
    if not facts.of_directory(trust.trustee_domain_id):
        return frozenset()
    nobody = frozenset[str]()
    return nobody.union(*(facts.group_bureaus.get(one, nobody) for one in trust.trustee_groups))


CHECKS = (
    Check(
        "I14",
        Severity.CRITICAL,
        Text("A trust lets a stranger act in a project", "委托让外人在项目中操作"),
        Text(
            "The stranger has the roles of whoever gave the trust, and no grant shows it.",
            "外人由此得到委托人的角色，而授权列表中看不到。",
        ),
        Text("Remove it by `openstack trust delete`.", "用 openstack trust delete 删除该委托。"),
        stranger,
    ),
)
