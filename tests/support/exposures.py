"""A small clean cloud as the audit sees it, made from a register, to seed holes in."""

from __future__ import annotations

from dataclasses import fields, replace
from ipaddress import IPv4Network
from typing import Any

from ouhai_cloud.cloud.exposure.model import (
    Exposure,
    Grant,
    Implication,
    Membership,
    Net,
    Port,
    Project,
    Quota,
    Router,
    Rule,
    SecurityGroup,
    Server,
    Share,
    Subnet,
    Trust,
)
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.register.model import (
    Agreement,
    Allotment,
    Bureau,
    District,
    Duties,
    Register,
    Staff,
    System,
)
from ouhai_cloud.tenancy.resources import Kind, Ref, Resource, State, key

DIRECTORY = "d-district"
DEFAULT = "default"


def register() -> Register:
    """Return a register of the centre, and of bureaus A and B with two systems each."""
    duties = Duties(("centre-sys",), ("centre-sec",), ("centre-aud",))
    district = District("D", "d", "区", IPv4Network("172.20.0.0/17"), duties)
    bureaus = (_bureau("C", "centre"), _bureau("A", "bureau"), _bureau("B", "bureau"))
    agreement = Agreement("S1", "A/web", "B/web", "共享")
    return Register(district, bureaus, (agreement,))


def _bureau(code: str, kind: Any) -> Bureau:
    short = code.lower()
    part = Allotment(2, 2, 10, 2, 2)
    systems = (
        System("oa", f"{code}办公", "", 3, "production", part),
        System("web", f"{code}门户", "", 2, "production", part, (80, 443)),
    )
    staff = Staff((f"{short}-manager",), (f"{short}-member",), (f"{short}-reader",))
    whole = Allotment(4, 4, 20, 4, 4)
    return Bureau(code, short, f"{code}局", kind, None, f"{short}@x.example", whole, staff, systems)


def wanted() -> State:
    """Return what the audit asks of the wanted state: projects, routers, class 3 hosts."""
    projects = [
        Resource(
            Kind.PROJECT,
            key(Kind.PROJECT, bureau.code, system.code),
            bureau.code,
            {"name": system.name, "domain": Ref(key(Kind.DOMAIN, bureau.code))},
        )
        for bureau in register().bureaus
        for system in bureau.systems
    ]
    router = Resource(Kind.ROUTER, key(Kind.ROUTER, "A"), "A", {"external_network": "extranet"})
    hosts: dict[str, Any] = {"hosts": ("class3",)}
    aggregate = Resource(Kind.AGGREGATE, key(Kind.AGGREGATE, "security-class-3"), "", hosts)
    return {one.key: one for one in (*projects, router, aggregate)}


def clean() -> Exposure:
    """Return a cloud as the register wants it, with one server in each bureau's first system."""
    made = Exposure(
        projects=(
            Project(DIRECTORY, "district", DIRECTORY, True),
            Project(DEFAULT, "Default", DEFAULT, True, immutable=False),
            Project("p-admin", "admin", DEFAULT, immutable=False),
        ),
        grants=(
            Grant("admin", "user", "u-admin", "admin", DEFAULT, "project", "p-admin"),
            Grant("service", "user", "u-heat", "heat", DEFAULT, "project", "p-admin"),
            Grant("auditor", "group", "g-aud", "centre-aud", DIRECTORY, "project", "p-C-oa"),
        ),
        implications=(Implication("manager", "member"), Implication("member", "reader")),
        memberships=(
            Membership("centre-sys", ("u1",), ("一",)),
            Membership("centre-aud", ("u2",), ("二",)),
        ),
        trusts=(Trust("t-A", "p-A-oa", "u-a", "u-heat", "heat", DEFAULT),),
        networks=(Net("n-ext", "extranet", "p-admin", external=True),),
        subnets=(Subnet("s-ext", "extranet", "n-ext", "p-admin", IPv4Network("10.33.0.0/16")),),
        shares=(
            Share("s-ext", "network", "n-ext", "access_as_external", "p-admin", "*"),
            Share("s-ok", "network", "n-A-web", "access_as_shared", "p-admin", "p-B-web"),
        ),
    )
    for number, bureau in enumerate(register().bureaus):
        made = plus(made, **_of_bureau(bureau, number))
    return made


def _of_bureau(bureau: Bureau, number: int) -> dict[str, tuple[Any, ...]]:
    code = bureau.code
    systems = list(enumerate(bureau.systems))
    first = f"172.20.{number}.10"
    return {
        "projects": (
            Project(f"d-{code}", bureau.short, f"d-{code}", True, ("ouhai",)),
            *(
                Project(
                    f"p-{code}-{one.code}",
                    one.name,
                    f"d-{code}",
                    tags=(f"bureau={code}", "ouhai", f"system={one.code}"),
                )
                for _, one in systems
            ),
        ),
        "grants": tuple(
            Grant(role, "group", f"g-{name}", name, DIRECTORY, "domain", f"d-{code}", True)
            for role in ("manager", "member", "reader")
            for name in getattr(bureau.staff, role)
        ),
        "networks": tuple(
            Net(f"n-{code}-{one.code}", one.code, f"p-{code}-{one.code}") for _, one in systems
        ),
        "subnets": tuple(
            Subnet(
                f"s-{code}-{one.code}",
                one.code,
                f"n-{code}-{one.code}",
                f"p-{code}-{one.code}",
                IPv4Network(f"172.20.{number}.{place * 128}/25"),
            )
            for place, one in systems
        ),
        "routers": (Router(f"r-{code}", bureau.short, "p-admin", "n-ext"),),
        "ports": (
            port(
                f"i-{code}",
                code,
                project_id="p-admin",
                device_owner="network:router_interface",
                device_id=f"r-{code}",
                port_security=False,
                security_groups=(),
            ),
            port(
                f"m-{code}",
                code,
                device_owner="network:distributed",
                device_id=f"ovnmeta-n-{code}-oa",
                port_security=False,
                security_groups=(),
            ),
            port(
                f"o-{code}",
                code,
                network_id="n-ext",
                project_id="",
                device_owner="network:router_gateway",
                device_id=f"r-{code}",
                fixed=(("s-ext", f"10.33.0.{number + 1}"),),
                port_security=False,
                security_groups=(),
            ),
            port(f"v-{code}", code, fixed=((f"s-{code}-oa", first),)),
        ),
        "groups": tuple(
            SecurityGroup(f"g-{code}-{one.code}", "default", f"p-{code}-{one.code}")
            for _, one in systems
        ),
        "rules": (
            Rule(f"own-{code}", f"g-{code}-oa", "ingress", remote_group_id=f"g-{code}-oa"),
            Rule(f"out-{code}", f"g-{code}-oa", "egress"),
            Rule(f"web-{code}", f"g-{code}-web", "ingress", "tcp", (443, 443)),
        ),
        "servers": (Server(f"vm-{code}", "vm", f"p-{code}-oa", "class3"),),
        "quotas": tuple(
            Quota(f"p-{code}-{one.code}", service, resource, limit)
            for _, one in systems
            for service, resource, limit in QUOTAS
        ),
    }


QUOTAS = (
    ("compute", "class:VCPU", 2),
    ("compute", "class:MEMORY_MB", 2048),
    ("volumev3", "gigabytes", 10),
    ("volumev3", "per_volume_gigabytes", -1),
    ("network", "port", 8),
)


def port(port_id: str, code: str, **changes: Any) -> Port:
    """Return a port on the network of a bureau's first system, in that system's project."""
    values: dict[str, Any] = {
        "id": port_id,
        "name": "",
        "network_id": f"n-{code}-oa",
        "project_id": f"p-{code}-oa",
        "device_owner": "compute:nova",
        "security_groups": (f"g-{code}-oa",),
    }
    return Port(**(values | changes))


def plus(exposure: Exposure, **more: tuple[Any, ...]) -> Exposure:
    """Return a cloud with further objects; one with the same id takes the other's place."""
    merged = {}
    for name in (one.name for one in fields(exposure) if one.name in more):
        ids = {getattr(one, "id", None) for one in more[name]} - {None}
        kept = (one for one in getattr(exposure, name) if getattr(one, "id", None) not in ids)
        merged[name] = (*kept, *more[name])
    return replace(exposure, **merged)


def facts(exposure: Exposure) -> Facts:
    """Return a cloud together with the register that it was made from."""
    return Facts(exposure, register(), wanted())
