"""Who holds roles in whose domains and projects."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Grant
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.checks.people import ADMIN, DUTIES, duty_groups
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole


def foreign(facts: Facts) -> Iterator[Hole]:
    """Find groups of one bureau with a role in another one's domain or projects."""
    for grant, code in _within(facts):
        owners = _owners(facts, grant)
        if owners and code not in owners:
            yield hole(
                naming.grant(facts, grant),
                (code, *owners),
                f"Group {grant.subject_name} of {', '.join(sorted(owners))} has role "
                f"{grant.role} within {code}.",
                f"{'、'.join(sorted(owners))} 的组 {grant.subject_name} 在 {code} 的范围内拥有"
                f"角色 {grant.role}。",
            )


def unknown(facts: Facts) -> Iterator[Hole]:
    """Find users, and groups that the register does not name, with a role within a bureau."""
    for grant, code in _within(facts):
        if grant.role == ADMIN or _owners(facts, grant):
            continue  # those have checks of their own
        yield hole(
            naming.grant(facts, grant),
            (code,),
            f"{grant.subject_name or grant.subject_id}, whom the register does not name, has role "
            f"{grant.role} within {code}.",
            f"登记册未登记的主体 {grant.subject_name or grant.subject_id} 在 {code} 的范围内拥有"
            f"角色 {grant.role}。",
        )


def admin(facts: Facts) -> Iterator[Hole]:
    """Find the administrator's role given within a bureau: it reaches the whole cloud."""
    for grant, code in _within(facts):
        if grant.role == ADMIN:
            yield hole(
                naming.grant(facts, grant),
                (code,),
                f"Role admin was given within {code}; whoever holds it rules the whole cloud.",
                f"在 {code} 的范围内授予了 admin 角色，持有者可管理整个云平台。",
            )


def outside(facts: Facts) -> Iterator[Hole]:
    """Find anybody of the directory with a role on the system, or where no bureau lives.

    There the register gives nothing to anybody, but a duty's role to its own group at most.
    """
    for grant in facts.exposure.grants:
        if _outside(facts, grant) and _staff(facts, grant) and not _own_duty(facts, grant):
            codes = _owners(facts, grant) | ({facts.bureau_of(grant.subject_domain_id)} - {""})
            subject = grant.subject_name or grant.subject_id
            yield hole(
                naming.grant(facts, grant),
                codes,
                f"{subject} of {', '.join(sorted(codes)) or 'the directory'} has role {grant.role} "
                "outside of all bureaus.",
                f"{'、'.join(sorted(codes)) or '用户目录'} 的 {subject} 在各单位的范围之外拥有"
                f"角色 {grant.role}。",
            )


def cross_domain(facts: Facts) -> Iterator[Hole]:
    """Find roles that were defined in one domain and are used in another one."""
    for grant in facts.exposure.grants:
        scope = facts.projects.get(grant.scope_id)
        if grant.role_domain_id and (scope is None or scope.domain_id != grant.role_domain_id):
            yield hole(
                naming.grant(facts, grant),
                (facts.bureau_of(grant.role_domain_id), facts.bureau_of(grant.scope_id)),
                f"Role {grant.role} is specific to another domain but is used here.",
                f"角色 {grant.role} 属于另一个域，却在此处使用。",
            )


def _within(facts: Facts) -> Iterator[tuple[Grant, str]]:
    for grant in facts.exposure.grants:
        if code := facts.bureau_of(grant.scope_id):
            yield grant, code


def _outside(facts: Facts, grant: Grant) -> bool:
    # what was made since projects were listed is not known to be outside
    known = grant.scope_kind == "system" or grant.scope_id in facts.projects
    return known and not facts.bureau_of(grant.scope_id)


def _staff(facts: Facts, grant: Grant) -> bool:
    """Tell whether it is of the directory, or of a bureau's own domain.

    Keystone does not tell the domain of who left the directory; the grant stays.
    """
    return not grant.subject_domain_id or facts.of_staff(grant.subject_domain_id)


def _own_duty(facts: Facts, grant: Grant) -> bool:
    of_directory = grant.subject_kind == "group" and facts.of_directory(grant.subject_domain_id)
    return of_directory and duty_groups(facts.register).get(grant.subject_name) == grant.role


def _owners(facts: Facts, grant: Grant) -> frozenset[str]:
    """Return the bureaus whose group it is; a group counts only in the directory's domain."""
    if grant.subject_kind != "group" or not facts.of_directory(grant.subject_domain_id):
        return frozenset()
    staff = facts.group_bureaus.get(grant.subject_name, frozenset())
    duty = grant.role in DUTIES and grant.subject_name in duty_groups(facts.register)
    return staff | ({facts.centre} if duty else frozenset())


_REVOKE = Text(
    "Revoke it by `openstack role remove`; if it is needed, write it into the register and run "
    "`openstack bureau apply`.",
    "用 openstack role remove 撤销该授权；若确有需要，应写入登记册后执行 openstack bureau apply。",
)

CHECKS = (
    Check(
        "I01",
        Severity.CRITICAL,
        Text("A foreign bureau's group has a role", "其他单位的组拥有本单位的角色"),
        Text(
            "Everybody in the group sees and handles this bureau's systems.",
            "该组的每个成员都能看到并操作这个单位的系统。",
        ),
        _REVOKE,
        foreign,
    ),
    Check(
        "I02",
        Severity.HIGH,
        Text("A subject that the register does not name has a role", "登记册未登记的主体拥有角色"),
        Text(
            "Nobody answers for it, and it stays when the person leaves.",
            "没有人对该主体负责；离岗后仍然有效。",
        ),
        _REVOKE,
        unknown,
    ),
    Check(
        "I03",
        Severity.CRITICAL,
        Text("Role admin was given within a bureau", "在单位范围内授予了 admin"),
        Text(
            "Role admin is not bound to its project or domain: all isolation ends with it.",
            "admin 角色不受项目或域的限制，隔离全部失效。",
        ),
        _REVOKE,
        admin,
    ),
    Check(
        "I05",
        Severity.CRITICAL,
        Text("Staff have a role outside of all bureaus", "人员在各单位的范围之外拥有角色"),
        Text(
            "A role on the system or in the platform's projects reaches all bureaus.",
            "系统级或平台项目的角色可触及所有单位。",
        ),
        _REVOKE,
        outside,
    ),
    Check(
        "I06",
        Severity.HIGH,
        Text("A role of one domain is used in another", "跨域使用域内角色"),
        Text(
            "The domain that defines the role decides what it brings, in the other bureau too.",
            "定义角色的域可以改变它的含义，从而影响另一个单位。",
        ),
        _REVOKE,
        cross_domain,
    ),
)
