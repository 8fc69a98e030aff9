"""The bureaus' domains and projects themselves."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Project
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole
from ouhai_cloud.tenancy.resources import Kind, Ref, place_of

OUR_TAG = "ouhai"


def mutable(facts: Facts) -> Iterator[Hole]:
    """Find domains and projects of bureaus that could be removed by mistake."""
    for project, code in _of_bureaus(facts):
        if not project.immutable:
            yield hole(
                naming.project(facts, project.id),
                (code,),
                "Is not immutable: it can be changed or removed past the register.",
                "未设置 immutable，可能被误删或改动。",
            )


def unknown(facts: Facts) -> Iterator[Hole]:
    """Find projects in a bureau's domain that neither the register asks for nor we made."""
    wanted = {
        (place_of(domain.key), attributes["name"])
        for attributes in facts.wanted_of(Kind.PROJECT)
        if isinstance(domain := attributes.get("domain"), Ref)
    }
    for project, code in _of_bureaus(facts):
        if project.is_domain or OUR_TAG in project.tags or (code, project.name) in wanted:
            continue
        yield hole(
            naming.project(facts, project.id),
            (code,),
            "The register knows no such project; what it may use is beyond the bureau's allotment.",
            "登记册中没有这个项目，它的配额不计入该单位的总额。",
        )


def absent(facts: Facts) -> Iterator[Hole]:
    """Find bureaus of the register whose domain is not there by its mark, nor by its name."""
    there = set(facts.domains.values())
    for unit in facts.register.bureaus:
        if unit.parent is None and unit.code not in there:
            yield hole(
                f"unit {unit.code} ({unit.name})",
                (unit.code,),
                f"No domain bears the tag bureau={unit.code}, and none has the name {unit.short}.",
                f"云平台上没有带 bureau={unit.code} 标签的域，也没有名为 {unit.short} 的域。",
            )


def left(facts: Facts) -> Iterator[Hole]:
    """Find domains that bear the mark of a bureau that the register does not have."""
    known = {one.code for one in facts.register.bureaus if one.parent is None}
    for domain_id, code in facts.domains.items():
        if code not in known:
            yield hole(
                naming.project(facts, domain_id),
                (code,),
                f"The register has no bureau {code}, but its domain is still there.",
                f"登记册中没有单位 {code}，它的域仍在。",
            )


def _of_bureaus(facts: Facts) -> Iterator[tuple[Project, str]]:
    for project in facts.exposure.projects:
        if code := facts.bureau_of(project.id):
            yield project, code


CHECKS = (
    Check(
        "I07",
        Severity.MEDIUM,
        Text("A domain or project is not immutable", "域或项目未设为不可变"),
        Text(
            "Servers and data of a project that is removed belong to nobody.",
            "误删项目会使其中的云主机和数据失去归属。",
        ),
        Text(
            "`openstack project set --immutable`, for a domain `openstack domain set --immutable`.",
            "openstack project set --immutable（域：openstack domain set --immutable）。",
        ),
        mutable,
    ),
    Check(
        "I08",
        Severity.MEDIUM,
        Text("A bureau's domain has an unknown project", "单位的域中有未登记的项目"),
        Text(
            "Inherited roles hold in it, but the register does not bound it.",
            "继承的角色在其中有效，资源却不受登记册约束。",
        ),
        Text(
            "Write it into the register, or empty and remove it.",
            "写入登记册，或清空后删除该项目。",
        ),
        unknown,
    ),
    Check(
        "I12",
        Severity.HIGH,
        Text("A bureau of the register has no domain", "登记册中的单位没有域"),
        Text(
            "If its domain lost both name and mark, the audit sees nothing of what is in it.",
            "域若失去了名称和标签，审计便看不到其中的问题。",
        ),
        Text(
            "See `openstack bureau plan`; make what is not there yet by `openstack bureau apply`.",
            "用 openstack bureau plan 查看；尚未建立的用 openstack bureau apply 建立。",
        ),
        absent,
    ),
    Check(
        "I13",
        Severity.MEDIUM,
        Text("A bureau that left the register still has its domain", "已不在登记册的单位仍有域"),
        Text(
            "The register no longer bounds its staff and what it has.",
            "其人员和资源不再受登记册约束。",
        ),
        Text(
            "See it out by `openstack bureau retire`, or write it into the register again.",
            "用 openstack bureau retire 办理撤出，或重新写入登记册。",
        ),
        left,
    ),
)
