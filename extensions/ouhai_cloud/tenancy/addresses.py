"""The address plan: which subnet each system gets, which blocks each top unit.

Each system gets the smallest subnet that holds its addresses, each top unit a block with room to
grow. What lives never moves: neither a subnet nor a block. Everything else takes the first place
that fits, in the order of codes, so that the same register gives the same plan.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, collapse_addresses

from ouhai_cloud.errors import AddressesExhausted, Fault, RegisterInvalid
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.free_space import FreeSpace
from ouhai_cloud.tenancy.mapping.names import Tenant, tenants, units
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State, Value

OVERHEAD = 6
"""Network, broadcast, gateway, DHCP with metadata, and two spare."""
LONGEST_PREFIX = 28
GROWTH = 2


@dataclass(frozen=True)
class Living:
    """What is in use and must stay where it is.

    :param subnets: range of each living subnet by key, those of leaving systems included.
    :param blocks: prefixes of each living subnet pool by key.
    """

    subnets: Mapping[Key, IPv4Network] = field(default_factory=dict)
    blocks: Mapping[Key, tuple[IPv4Network, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class AddressPlan:
    """The whole plan: the register's subnets, and each top unit's blocks, merged and sorted."""

    subnets: Mapping[Key, IPv4Network]
    blocks: Mapping[Key, tuple[IPv4Network, ...]]


def living_of(observed: State, recorded: State, address_range: IPv4Network) -> Living:
    """Return what lives in the cloud, or did when we last looked: what is missing comes back.

    Of subnet pools only ours count, and those that others put into our address scope, where
    Neutron lets no two overlap. What a pool of ours holds beyond our record is ours as long as it
    lies in the district's range: a killed apply may have put it there. Anything else is drift.

    :param address_range: the district's.
    """
    seen = {**recorded, **observed}
    subnets = {
        key: IPv4Network(str(one.attributes["cidr"]))
        for key, one in seen.items()
        if one.kind is Kind.SUBNET and ":" not in str(one.attributes["cidr"])
    }
    blocks = {
        key: _blocks(one, recorded.get(key), address_range)
        for key, one in seen.items()
        if one.kind is Kind.SUBNET_POOL and _counts(one)
    }
    return Living(subnets, blocks)


def _counts(pool: Resource) -> bool:
    foreign = pool.key == keys.foreign(Kind.SUBNET_POOL, pool.id)
    return not foreign or pool.attributes["scope"] == Ref(keys.address_scope())


def _blocks(
    seen: Resource, memory: Resource | None, address_range: IPv4Network
) -> tuple[IPv4Network, ...]:
    here = tuple(_prefixes(seen))
    if memory is not None:
        here = (*_prefixes(memory), *(one for one in here if one.subnet_of(address_range)))
    return tuple(collapse_addresses(here))


def _prefixes(pool: Resource) -> Iterator[IPv4Network]:
    texts = _texts(pool.attributes["prefixes"])
    return (IPv4Network(text) for text in texts if ":" not in text)


def plan_addresses(register: Register, living: Living) -> AddressPlan:
    """Return the address plan of a register.

    :raises AddressesExhausted: the range has no room; says whose, how much, what is free.
    :raises RegisterInvalid: a system asks for more than its living subnet holds.
    """
    all_units = units(register)
    all_tenants = tuple(tenants(all_units))
    _refuse_growth(all_tenants, living, register.source)
    used = [*living.subnets.values(), *(one for many in living.blocks.values() for one in many)]
    district = FreeSpace([register.district.address_range], used)
    in_use = _by_pool(living)
    subnets: dict[Key, IPv4Network] = {}
    blocks: dict[Key, tuple[IPv4Network, ...]] = {}
    newcomers = _newcomers(all_tenants, living)
    for top in (one.bureau.code for one in all_units if one.bureau.parent is None):
        pool = keys.subnet_pool(top)
        own = living.blocks.get(pool, ())
        room = FreeSpace(own, in_use.get(pool, ()))
        more = _place(newcomers.get(top, ()), room, subnets)
        added = _place_in_new_blocks(top, more, district, subnets)
        if own or added:
            blocks[pool] = tuple(collapse_addresses([*own, *added]))
    stay = {one: living.subnets[one] for one in map(_subnet, all_tenants) if one in living.subnets}
    return AddressPlan(subnets | stay, blocks)


def prefix_length(addresses: int) -> int:
    """Return the prefix length of the smallest subnet for so many servers: 28 for up to 10."""
    return min(LONGEST_PREFIX, 32 - (addresses + OVERHEAD - 1).bit_length())


def _newcomers(all_tenants: Iterable[Tenant], living: Living) -> Mapping[str, Sequence[Tenant]]:
    """Return the systems without a subnet by their top unit, large ones first, then by code.

    So they leave no gaps between them.
    """
    grouped: dict[str, list[Tenant]] = {}
    for tenant in all_tenants:
        if _subnet(tenant) not in living.subnets:
            grouped.setdefault(tenant.unit.top.code, []).append(tenant)
    return {top: sorted(many, key=_largest_first) for top, many in grouped.items()}


def _place(
    newcomers: Iterable[Tenant], room: FreeSpace, subnets: dict[Key, IPv4Network]
) -> list[Tenant]:
    """Give subnets to those that there is room for; return the others."""
    left = []
    for tenant in newcomers:
        place = room.take(_length(tenant))
        if place is None:
            left.append(tenant)
        else:
            subnets[_subnet(tenant)] = place
    return left


def _place_in_new_blocks(
    top: str, newcomers: list[Tenant], district: FreeSpace, subnets: dict[Key, IPv4Network]
) -> list[IPv4Network]:
    """Give subnets in new blocks: one with room to grow, else what the district still has."""
    added = []
    while newcomers:
        block = _new_block(top, newcomers, district)
        added.append(block)
        newcomers = _place(newcomers, FreeSpace([block]), subnets)
    return added


def _new_block(top: str, newcomers: Sequence[Tenant], district: FreeSpace) -> IPv4Network:
    """Take the largest block that is not more than a unit should have.

    :raises AddressesExhausted: there is not even room for the first of the newcomers.
    """
    asked = sum(1 << (32 - _length(one)) for one in newcomers)
    largest = 32 - (asked * GROWTH - 1).bit_length()
    for length in range(max(largest, 0), _length(newcomers[0]) + 1):
        block = district.take(length)
        if block is not None:
            return block
    raise AddressesExhausted(
        f"No room for the networks of bureau {top}: {_names(newcomers)} ask for {asked} addresses, "
        f"and of the district's address_range {district.addresses} are free, at most "
        f"{district.longest_run} in one piece. Widen district.address_range in the register (it "
        "must stay within the inventory's project_range), or retire what is no longer needed."
    )


def _refuse_growth(all_tenants: Iterable[Tenant], living: Living, source: str) -> None:
    """Refuse demands that a living subnet cannot hold: it can neither grow nor move."""
    faults = tuple(
        Fault(
            source,
            0,
            f"{one.place}: allotment.addresses",
            f"{one.system.allotment.addresses} addresses are more than the system's living network "
            f"{living.subnets[_subnet(one)]} holds ({_holds(living.subnets[_subnet(one)])}), and "
            "that never moves. Keep within it, or register what is added as a system of its own; "
            "to start again with a larger network, retire this system first.",
        )
        for one in all_tenants
        if _subnet(one) in living.subnets
        and one.system.allotment.addresses > _holds(living.subnets[_subnet(one)])
    )
    if faults:
        raise RegisterInvalid(faults)


def _by_pool(living: Living) -> Mapping[Key, Sequence[IPv4Network]]:
    """Return living subnets by the pool whose block they lie in."""
    blocks = sorted((one, pool) for pool, many in living.blocks.items() for one in many)
    starts = [block.network_address for block, _ in blocks]
    grouped: dict[Key, list[IPv4Network]] = {}
    for cidr in living.subnets.values():
        at = bisect_right(starts, cidr.network_address) - 1
        if at >= 0 and cidr.subnet_of(blocks[at][0]):
            grouped.setdefault(blocks[at][1], []).append(cidr)
    return grouped


def _subnet(tenant: Tenant) -> Key:
    return keys.subnet(tenant.code, tenant.system.code)


def _length(tenant: Tenant) -> int:
    return prefix_length(tenant.system.allotment.addresses)


def _largest_first(tenant: Tenant) -> tuple[int, str]:
    return _length(tenant), tenant.place


def _holds(cidr: IPv4Network) -> int:
    return cidr.num_addresses - OVERHEAD


def _names(newcomers: Sequence[Tenant]) -> str:
    shown = ", ".join(one.place for one in newcomers[:3])
    return shown if len(newcomers) <= 3 else f"{shown} and {len(newcomers) - 3} more"


def _texts(value: Value) -> Iterable[str]:
    return map(str, value) if isinstance(value, tuple) else (str(value),)
