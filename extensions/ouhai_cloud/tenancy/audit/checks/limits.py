"""No bureau may starve the others: what its projects may use in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ouhai_cloud.cloud.exposure.model import Quota
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole
from ouhai_cloud.tenancy.register.model import Allotment, Bureau

UNLIMITED = -1
Place = tuple[str, str]
"""Type of a service, and a resource of its."""
MIB_PER_GIB = 1024

WATCHED: Mapping[str, frozenset[str]] = {
    "compute": frozenset({"servers", "class:VCPU", "class:MEMORY_MB", "class:DISK_GB"}),
    "volumev3": frozenset({"volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes"}),
    "network": frozenset({"network", "subnet", "router", "port", "floatingip", "security_group"}),
    "image": frozenset({"image_size_total", "image_count_total"}),
}
"""By type of service; other resources cost nothing that could run out."""


def ceilings(allotment: Allotment) -> Mapping[tuple[Place, ...], int]:
    """Return what all projects of a unit together may have of resources, those summed up.

    Disk is given out by two services that do not know of each other. Backups are beside it, and
    have as much once more (see `mapping.quotas`).
    """
    return {
        (("compute", "servers"),): allotment.addresses,
        (("compute", "class:VCPU"),): allotment.cores,
        (("compute", "class:MEMORY_MB"),): allotment.memory_gib * MIB_PER_GIB,
        (("compute", "class:DISK_GB"), ("volumev3", "gigabytes")): allotment.disk_gib,
        (("volumev3", "snapshots"),): allotment.snapshots,
        (("volumev3", "backups"),): allotment.snapshots,
        (("volumev3", "backup_gigabytes"),): allotment.disk_gib,
    }


def unlimited(facts: Facts) -> Iterator[Hole]:
    """Find projects that may take as much as there is."""
    for quota in facts.exposure.quotas:
        code = facts.bureau_of(quota.project_id)
        watched = quota.resource in WATCHED.get(quota.service, ())
        if code and watched and quota.limit == UNLIMITED:
            yield hole(
                f"{quota.service} {quota.resource} of {naming.project(facts, quota.project_id)}",
                (code,),
                f"{quota.resource} of {quota.service} has no limit.",
                f"{quota.service} 的 {quota.resource} 没有上限。",
            )


def beyond(facts: Facts) -> Iterator[Hole]:
    """Find units whose projects may have more together than the unit was granted."""
    for unit in facts.register.bureaus:
        totals = _totals(facts, unit)
        for places, ceiling in ceilings(unit.allotment).items():
            total = sum(totals.get(place, 0) for place in places)
            if total > ceiling:
                yield hole(
                    f"unit {unit.code} ({unit.name}): {' + '.join(map(' '.join, places))}",
                    (facts.tops[unit.code],),
                    f"Its projects may have {total} together, but {ceiling} were granted.",
                    f"各项目上限之和为 {total}，超过核定的 {ceiling}。",
                )


def missing(facts: Facts) -> Iterator[Hole]:
    """Find systems without a limit of their own, so that the district's default holds."""
    limited = {one.project_id for one in facts.exposure.quotas if one.resource == "class:VCPU"}
    for project_id, place in sorted(facts.system_projects.items(), key=lambda item: item[1]):
        if project_id not in limited:
            yield hole(
                naming.project(facts, project_id),
                (facts.bureau_of(project_id),),
                f"System {place} has no limit of its own for class:VCPU.",
                f"系统 {place} 没有自己的 VCPU 上限。",
            )


def _totals(facts: Facts, unit: Bureau) -> Mapping[Place, int]:
    found: dict[Place, int] = {}
    for quota in facts.exposure.quotas:
        if quota.limit > 0 and _counts(facts, quota, unit):
            place = (quota.service, quota.resource)
            found[place] = found.get(place, 0) + quota.limit
    return found


def _counts(facts: Facts, quota: Quota, unit: Bureau) -> bool:
    system = facts.system_of(quota.project_id)
    if system is not None:
        return unit.code in facts.lines[system[0].code]
    # What nobody declared, or what left the register and is not gone yet, burdens the top unit. Our
    # own that are no systems, such as the duties', are limited to nothing.
    return facts.bureau_of(quota.project_id) == unit.code


_APPLY = Text(
    "See `openstack bureau plan`, then restore it by `openstack bureau drift --revert`.",
    "执行 openstack bureau plan 查看偏差，再用 openstack bureau drift --revert 恢复。",
)
_STARVE = Text(
    "One bureau can use up the pool of all.",
    "一个单位可以耗尽整个资源池。",
)

CHECKS = (
    Check(
        "L01",
        Severity.MEDIUM,
        Text("A quota without an end", "没有上限的配额"),
        _STARVE,
        _APPLY,
        unlimited,
    ),
    Check(
        "L02",
        Severity.HIGH,
        Text("Limits sum to more than was granted", "上限之和超过核定总额"),
        _STARVE,
        _APPLY,
        beyond,
    ),
    Check(
        "L03",
        Severity.MEDIUM,
        Text("A system has no limit of its own", "系统没有自己的上限"),
        _STARVE,
        _APPLY,
        missing,
    ),
)
