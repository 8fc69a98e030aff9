"""From the register to the wanted state: a pure function, the same answer for the same question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import AddressPlan, Living, plan_addresses
from ouhai_cloud.tenancy.mapping import identity, network, quotas
from ouhai_cloud.tenancy.mapping.names import Tenant, Unit, centre, tenants, units
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Resource, State


@dataclass(frozen=True)
class Settings:
    """What the wanted state takes from the inventory.

    :param external_network: name of the extranet in Neutron.
    :param class3_hosts: compute hosts kept for security class 3; none when there are no such.
    """

    external_network: str
    class3_hosts: tuple[str, ...] = ()


def desired(register: Register, settings: Settings, living: Living | None = None) -> State:
    """Return the wanted state of a valid register.

    :param living: subnets and blocks that exist (``addresses.living_of``) and therefore stay.
    :raises AddressesExhausted: the district's range has no room.
    :raises RegisterInvalid: a system asks for more addresses than its living subnet holds.
    """
    addresses = plan_addresses(register, living or Living())
    all_units = units(register)
    all_tenants = tuple(tenants(all_units))
    wishes = [
        network.address_scope(),
        *_units(all_units, addresses, settings),
        *_duties(centre(all_units), register),
        *_systems(all_tenants, addresses, register.district.resolvers),
        *_shared(all_tenants, register, settings),
    ]
    return {one.key: one for one in wishes}


def _units(
    all_units: tuple[Unit, ...], addresses: AddressPlan, settings: Settings
) -> Iterator[Resource]:
    for unit in all_units:
        code = unit.bureau.code
        yield identity.unit_home(unit)
        yield from identity.staff_grants(unit)
        if unit.bureau.parent is None:
            blocks = addresses.blocks.get(keys.subnet_pool(code), ())
            yield from network.unit_network(unit, blocks, settings.external_network)
        else:
            yield from quotas.no_quotas(unit.home, code, code)


def _duties(unit: Unit, register: Register) -> Iterator[Resource]:
    project = identity.duties_project(unit)
    yield project
    yield from identity.duty_grants(unit, register.district.duties)
    yield from quotas.no_quotas(project.key, project.bureau, project.reason)


def _systems(
    all_tenants: tuple[Tenant, ...], addresses: AddressPlan, resolvers: tuple[str, ...]
) -> Iterator[Resource]:
    for tenant in all_tenants:
        cidr = addresses.subnets[keys.subnet(tenant.code, tenant.system.code)]
        yield identity.system_project(tenant)
        yield from quotas.tenant_quotas(tenant)
        yield from network.tenant_network(tenant, cidr, resolvers)
        yield from network.exposure(tenant)


def _shared(
    all_tenants: tuple[Tenant, ...], register: Register, settings: Settings
) -> Iterator[Resource]:
    by_place = {one.place: one for one in all_tenants}
    for agreement in register.agreements:
        yield network.share(agreement, by_place)
    if settings.class3_hosts:
        class3 = tuple(one.project for one in all_tenants if one.system.security_class == 3)
        yield network.kept_hosts(class3, settings.class3_hosts)
