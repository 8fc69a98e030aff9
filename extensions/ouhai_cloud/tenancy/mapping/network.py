"""Pools, networks, subnets and routers; groups for what is exposed; shares that were agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.mapping.names import Tenant, Unit, wish
from ouhai_cloud.tenancy.register.model import Agreement
from ouhai_cloud.tenancy.resources import Key, Ref, Resource

EXPOSED = "exposed"
ANYWHERE = "0.0.0.0/0"


def address_scope() -> Resource:
    """Return the district's address scope: within it Neutron lets no two pools overlap."""
    return wish(keys.address_scope(), "", keys.DISTRICT, name=keys.DISTRICT)


def unit_network(
    unit: Unit, blocks: tuple[IPv4Network, ...], external_network: str
) -> Iterator[Resource]:
    """Yield a top unit's pool and router. A unit without a system has no pool yet."""
    bureau = unit.bureau
    if blocks:
        yield wish(
            keys.subnet_pool(bureau.code),
            bureau.code,
            bureau.code,
            name=bureau.short,
            description=bureau.name,
            scope=Ref(keys.address_scope()),
            prefixes=tuple(sorted(map(str, blocks))),
        )
    yield wish(
        keys.router(bureau.code),
        bureau.code,
        bureau.code,
        name=bureau.short,
        description=bureau.name,
        external_network=external_network,
        snat=True,
        enabled=True,
        routes=(),
    )


def tenant_network(
    tenant: Tenant, cidr: IPv4Network, resolvers: tuple[str, ...]
) -> Iterator[Resource]:
    """Yield a system's network, its subnet, and the subnet's attachment to the unit's router."""
    top, code, system = tenant.unit.top.code, tenant.code, tenant.system.code
    network, subnet, router = (
        keys.network(code, system),
        keys.subnet(code, system),
        keys.router(top),
    )
    yield wish(
        network,
        code,
        tenant.place,
        name=tenant.label,
        description=tenant.title,
        project=Ref(tenant.project),
        enabled=True,
        port_security=True,
    )
    yield wish(
        subnet,
        code,
        tenant.place,
        name=tenant.label,
        network=Ref(network),
        pool=Ref(keys.subnet_pool(top)),
        cidr=str(cidr),
        gateway=str(cidr.network_address + 1),
        resolvers=resolvers,
        dhcp=True,
        host_routes=(),
    )
    yield wish(
        keys.interface(router, subnet), code, tenant.place, router=Ref(router), subnet=Ref(subnet)
    )


def exposure(tenant: Tenant) -> Iterator[Resource]:
    """Yield the group that opens what a system exposes, with a rule for each port; else nothing."""
    if not tenant.system.exposes:
        return
    group = keys.security_group(tenant.code, tenant.system.code)
    yield wish(
        group,
        tenant.code,
        tenant.place,
        name=EXPOSED,
        description=f"{tenant.title}对外开放的端口",
        project=Ref(tenant.project),
    )
    for port in tenant.system.exposes:
        yield wish(
            keys.rule(group, "ingress", "tcp", port, ANYWHERE),
            tenant.code,
            tenant.place,
            group=Ref(group),
            direction="ingress",
            protocol="tcp",
            port=port,
            remote=ANYWHERE,
        )


def share(agreement: Agreement, by_place: Mapping[str, Tenant]) -> Resource:
    """Return the share that an agreement declares: the consumer may attach to the network."""
    provider, consumer = by_place[agreement.provider], by_place[agreement.consumer]
    network = keys.network(provider.code, provider.system.code)
    return wish(
        keys.share(network, consumer.place),
        provider.code,
        agreement.code,
        network=Ref(network),
        project=Ref(consumer.project),
    )


def kept_hosts(projects: tuple[Key, ...], hosts: tuple[str, ...]) -> Resource:
    """Return the aggregate of hosts that are kept for systems of security class 3."""
    return wish(
        keys.aggregate(),
        "",
        keys.DISTRICT,
        name=keys.CLASS_3,
        projects=tuple(sorted(map(Ref, projects))),
        hosts=tuple(sorted(hosts)),
    )
