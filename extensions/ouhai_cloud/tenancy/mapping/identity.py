"""Bureaus as domains, sub-units and systems as projects, staff and duties as grants."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.mapping.names import CLASSES, ENVIRONMENTS, Tenant, Unit, tags, wish
from ouhai_cloud.tenancy.register.model import Duties
from ouhai_cloud.tenancy.resources import Key, Ref, Resource

DUTIES_DESCRIPTION = "三员分立: 系统管理员、安全管理员、审计员; 不放虚拟机"
DUTY_ROLES = ("system_administrator", "security_administrator", "auditor")
STAFF_ROLES = ("manager", "member", "reader")


def unit_home(unit: Unit) -> Resource:
    """Return the domain of a top unit, or the container project of a sub-unit."""
    bureau = unit.bureau
    if bureau.parent is None:
        return wish(
            unit.home,
            bureau.code,
            bureau.code,
            name=bureau.short,
            description=bureau.name,
            tags=tags(bureau=bureau.code),
            enabled=True,
            immutable=True,
        )
    at_top = bureau.parent == unit.top.code
    return wish(
        unit.home,
        bureau.code,
        bureau.code,
        name=bureau.name,
        domain=Ref(keys.domain(unit.top.code)),
        parent=Ref(keys.domain(bureau.parent) if at_top else keys.container(bureau.parent)),
        description=f"{unit.top.name}的下属单位",
        tags=tags(bureau=bureau.code),
        enabled=True,
        immutable=True,
    )


def system_project(tenant: Tenant) -> Resource:
    """Return the project of a system."""
    system = tenant.system
    return wish(
        tenant.project,
        tenant.code,
        tenant.place,
        name=system.name,
        domain=Ref(keys.domain(tenant.unit.top.code)),
        parent=Ref(tenant.unit.home),
        description=(
            f"{tenant.title}; {CLASSES[system.security_class]}, {ENVIRONMENTS[system.environment]}"
        ),
        tags=tags(
            bureau=tenant.code,
            system=system.code,
            security_class=str(system.security_class),
            environment=system.environment,
            service_class=system.service_class,
        ),
        enabled=True,
        immutable=True,
    )


def duties_project(centre: Unit) -> Resource:
    """Return the centre's project that the three duties have their roles on."""
    code = centre.bureau.code
    return wish(
        keys.project(code, keys.DUTIES),
        code,
        f"{code}/{keys.DUTIES}",
        name=keys.DUTIES_NAME,
        domain=Ref(keys.domain(centre.top.code)),
        parent=Ref(centre.home),
        description=DUTIES_DESCRIPTION,
        tags=tags(bureau=code, system=keys.DUTIES),
        enabled=True,
        immutable=True,
    )


def staff_grants(unit: Unit) -> Iterator[Resource]:
    """Yield the roles of a unit's staff: inherited by its projects.

    Managers of a top unit have theirs on the domain itself too, where Keystone looks for it.
    """
    code = unit.bureau.code
    for role in STAFF_ROLES:
        for group in getattr(unit.bureau.staff, role):
            yield _grant(unit.home, role, group, code, inherited=True)
            if role == "manager" and unit.bureau.parent is None:
                yield _grant(unit.home, role, group, code, inherited=False)


def duty_grants(centre: Unit, duties: Duties) -> Iterator[Resource]:
    """Yield the roles of the centre's duties, on their project alone."""
    scope = keys.project(centre.bureau.code, keys.DUTIES)
    for role in DUTY_ROLES:
        for group in getattr(duties, role):
            yield _grant(scope, role, group, centre.bureau.code, inherited=False)


def _grant(scope: Key, role: str, group: str, bureau: str, *, inherited: bool) -> Resource:
    subject = f"group:{group}"
    return wish(
        keys.grant(scope, role, subject, inherited=inherited),
        bureau,
        bureau,
        scope=Ref(scope),
        subject=subject,
        role=role,
        inherited=inherited,
    )
