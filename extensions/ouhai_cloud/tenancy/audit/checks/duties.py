"""三员分立: three duties are different people, and no role brings more than it says."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.checks.people import ADMIN, BRINGS, DUTIES, duty_groups
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole


def two_duties(facts: Facts) -> Iterator[Hole]:
    """Find people who are in the groups of two duties."""
    duty_of = duty_groups(facts.register)
    held: dict[tuple[str, str], set[str]] = {}
    for membership in facts.exposure.memberships:
        people = zip(membership.user_ids, membership.user_names, strict=True)
        for person in people:
            held.setdefault(person, set()).add(duty_of.get(membership.group, ""))
    for (user_id, name), duties in sorted(held.items()):
        yield from _two(facts, naming.named("user", user_id, name), duties - {""})


def two_duty_roles(facts: Facts) -> Iterator[Hole]:
    """Find subjects that hold the roles of two duties."""
    held: dict[tuple[str, str, str], set[str]] = {}
    for grant in facts.exposure.grants:
        if grant.role in DUTIES:
            subject = (grant.subject_kind, grant.subject_id, grant.subject_name)
            held.setdefault(subject, set()).add(grant.role)
    for subject, duties in sorted(held.items()):
        yield from _two(facts, naming.named(*subject), duties)


def _two(facts: Facts, what: str, duties: set[str]) -> Iterator[Hole]:
    if len(duties) > 1:
        yield hole(
            what,
            (facts.centre,),
            f"Has the duties {' and '.join(sorted(duties))} at once.",
            f"同时承担 {'、'.join(sorted(duties))}。",
        )


def stranger_with_duty(facts: Facts) -> Iterator[Hole]:
    """Find a duty's role that is held by anybody but the groups the register lists for it."""
    duty_of = duty_groups(facts.register)
    for grant in facts.exposure.grants:
        listed = (
            grant.subject_kind == "group"
            and facts.of_directory(grant.subject_domain_id)
            and duty_of.get(grant.subject_name) == grant.role
        )
        if grant.role in DUTIES and not listed:
            yield hole(
                naming.grant(facts, grant),
                (facts.centre, facts.bureau_of(grant.scope_id)),
                f"The register does not give {grant.role} to "
                f"{grant.subject_name or grant.subject_id}.",
                f"登记册没有把 {grant.role} 交给 {grant.subject_name or grant.subject_id}。",
            )


def widened_role(facts: Facts) -> Iterator[Hole]:
    """Find roles of staff or of a duty that bring more than they should, others that rule all."""
    for one in facts.exposure.implications:
        brings = BRINGS.get(one.prior)
        ruling = one.prior != ADMIN and one.implied in (ADMIN, *DUTIES)
        if ruling if brings is None else one.implied not in brings:
            yield hole(
                f"role inference {one.prior} → {one.implied}",
                (),
                f"Role {one.prior} brings role {one.implied} with it.",
                f"角色 {one.prior} 会带来角色 {one.implied}。",
            )


CHECKS = (
    Check(
        "I04",
        Severity.CRITICAL,
        Text("One person has two of the three duties", "一人承担两种职责"),
        Text(
            "The three duties watch one another; one person with two of them is not watched.",
            "三员分立要求系统管理员、安全管理员和审计员相互制约。",
        ),
        Text(
            "Remove the person from one group in the directory.", "在目录中将此人移出其中一个组。"
        ),
        two_duties,
    ),
    Check(
        "I09",
        Severity.CRITICAL,
        Text("One subject holds the roles of two duties", "一个主体拥有两种职责的角色"),
        Text(
            "The roles of the three duties exclude one another.",
            "三员分立要求三种职责的角色互斥。",
        ),
        Text(
            "Revoke the surplus role by `openstack role remove`.",
            "用 openstack role remove 撤销多余的角色。",
        ),
        two_duty_roles,
    ),
    Check(
        "I10",
        Severity.CRITICAL,
        Text("A duty's role is held by a stranger", "职责角色授予了登记册之外的主体"),
        Text(
            "The duties' roles see, or act, across all bureaus.",
            "职责角色可跨单位查看或操作。",
        ),
        Text(
            "Revoke it by `openstack role remove`, or name the group under `duties` in the "
            "register.",
            "用 openstack role remove 撤销，或写入登记册的 duties。",
        ),
        stranger_with_duty,
    ),
    Check(
        "I11",
        Severity.CRITICAL,
        Text("A role brings a greater one with it", "角色隐含了更大的权限"),
        Text(
            "Everybody who holds the lesser role gets the greater one.",
            "拥有较小角色的每个人都随之得到更大的权限。",
        ),
        Text(
            "Remove it by `openstack implied role delete`.",
            "用 openstack implied role delete 删除该隐含关系。",
        ),
        widened_role,
    ),
)
