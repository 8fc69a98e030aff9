from __future__ import annotations

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ouhai_cloud.errors import AddressesExhausted, RegisterInvalid
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import (
    OVERHEAD,
    AddressPlan,
    Living,
    living_of,
    plan_addresses,
    prefix_length,
)
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.free_space import FreeSpace
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Key, Kind, Ref, Resource, State

from tests.support.registers import big_register
from tests.support.tenancy_strategies import SETTINGS, bureau, register, small_registers, system

OA = keys.subnet("E002", "oa")
POOL = keys.subnet_pool("E002")


def overlap(networks: list[IPv4Network]) -> bool:
    return any(one.overlaps(two) for one, two in pairwise(sorted(networks)))


def check(plan: AddressPlan, wanted: Register) -> None:
    blocks = [one for many in plan.blocks.values() for one in many]
    assert not overlap(blocks)
    assert not overlap(list(plan.subnets.values()))
    assert all(one.subnet_of(wanted.district.address_range) for one in blocks)
    for unit in wanted.bureaus:
        own = plan.blocks.get(keys.subnet_pool(wanted.top(unit).code), ())
        for one in unit.systems:
            subnet = plan.subnets[keys.subnet(unit.code, one.code)]
            assert any(subnet.subnet_of(block) for block in own)
            assert subnet.num_addresses >= one.allotment.addresses + OVERHEAD


def living(plan: AddressPlan) -> Living:
    return Living(plan.subnets, plan.blocks)


@settings(max_examples=60, deadline=None)
@given(small_registers(), small_registers())
def test_nothing_overlaps_and_nothing_that_lives_moves(first: Register, second: Register) -> None:
    before = plan_addresses(first, Living())
    check(before, first)
    after = plan_addresses(second, living(before))
    check(after, second)
    assert not overlap(list({**before.subnets, **after.subnets}.values()))
    assert all(
        after.subnets[key] == before.subnets[key] for key in before.subnets.keys() & after.subnets
    )
    for pool in before.blocks.keys() & after.blocks.keys():
        for block in before.blocks[pool]:
            assert any(block.subnet_of(one) for one in after.blocks[pool])
    assert after == plan_addresses(second, living(before))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(24, 32), max_size=12),
    st.lists(st.tuples(st.integers(24, 30), st.integers(0, 127)), max_size=5),
)
def test_free_space_gives_the_lowest_that_fits(
    lengths: list[int], used: list[tuple[int, int]]
) -> None:
    whole = IPv4Network("10.0.0.0/23")
    size = {length: 1 << (32 - length) for length in range(23, 33)}
    start = int(whole.network_address)
    taken = [
        IPv4Network((start + place % (512 // size[length]) * size[length], length))
        for length, place in used
    ]
    space = FreeSpace([whole], taken)
    for length in lengths:
        free = [
            one for one in whole.subnets(new_prefix=length) if not any(map(one.overlaps, taken))
        ]
        assert space.take(length) == (free[0] if free else None)
        taken += free[:1]
    busy = {address for one in taken for address in range(int(one[0]), int(one[-1]) + 1)}
    assert space.addresses == 512 - len(busy)


@pytest.mark.parametrize(
    ("addresses", "length"), [(0, 28), (10, 28), (11, 27), (26, 27), (27, 26), (250, 24)]
)
def test_a_subnet_is_the_smallest_that_holds_the_addresses(addresses: int, length: int) -> None:
    assert prefix_length(addresses) == length


def test_a_block_has_room_for_as_much_again() -> None:
    plan = plan_addresses(register(bureau("E002", system("oa"), system("web"))), Living())
    assert plan.blocks == {POOL: (IPv4Network("172.20.0.0/26"),)}
    assert plan.subnets[OA] == IPv4Network("172.20.0.0/28")


def test_sub_units_live_in_the_block_of_their_top_unit() -> None:
    plan = plan_addresses(
        register(bureau("E002", system("oa")), bureau("S001", system("db"))), Living()
    )
    assert list(plan.blocks) == [POOL]
    assert plan.subnets[keys.subnet("S001", "db")] == IPv4Network("172.20.0.16/28")


def test_a_full_block_is_joined_by_another_one() -> None:
    first = register(bureau("E002", system("oa")), bureau("E003", system("oa")))
    before = plan_addresses(first, Living())
    assert before.blocks[POOL] == (IPv4Network("172.20.0.0/27"),)
    large = system("db", addresses=50)
    after = plan_addresses(
        register(bureau("E002", system("oa"), large), bureau("E003", system("oa"))), living(before)
    )
    assert after.blocks[POOL] == (IPv4Network("172.20.0.0/27"), IPv4Network("172.20.0.128/25"))
    assert after.subnets[OA] == before.subnets[OA]


def test_a_pool_stays_when_its_last_system_left() -> None:
    before = plan_addresses(register(bureau("E002", system("oa"))), Living())
    after = plan_addresses(register(bureau("E002")), living(before))
    assert after.blocks == before.blocks
    assert not after.subnets


def test_a_living_subnet_outside_of_any_block_is_in_nobodys_way() -> None:
    stray = {keys.foreign(Kind.SUBNET, "5f0c"): IPv4Network("172.20.0.16/28")}
    plan = plan_addresses(register(bureau("E002", system("oa"))), Living(stray))
    assert plan.blocks == {POOL: (IPv4Network("172.20.0.32/27"),)}


def test_room_for_growth_is_given_up_before_anybody_is_refused() -> None:
    wanted = register(bureau("E002", system("oa"), system("web")), space="10.0.0.0/27")
    plan = plan_addresses(wanted, Living())
    assert plan.blocks == {POOL: (IPv4Network("10.0.0.0/27"),)}


def test_exhaustion_says_whose_how_much_and_what_is_free() -> None:
    wanted = register(
        bureau("E002", system("oa", addresses=20)),
        bureau("E003", system("web")),
        space="10.0.0.0/27",
    )
    with pytest.raises(AddressesExhausted) as caught:
        plan_addresses(wanted, Living())
    said = str(caught.value)
    assert "bureau E003: E003/web ask for 16 addresses" in said
    assert "0 are free" in said
    assert "Widen district.address_range" in said


def test_every_system_that_outgrew_its_network_is_named() -> None:
    before = plan_addresses(register(bureau("E002", system("oa"), system("web"))), Living())
    grown = register(bureau("E002", system("oa", addresses=11), system("web", addresses=300)))
    with pytest.raises(RegisterInvalid) as caught:
        plan_addresses(grown, living(before))
    assert [one.path for one in caught.value.faults] == [
        "E002/oa: allotment.addresses",
        "E002/web: allotment.addresses",
    ]
    assert "172.20.0.0/28 holds (10)" in str(caught.value)


def test_what_lives_is_read_from_the_cloud_and_else_from_our_record() -> None:
    wanted = register(bureau("E002", system("oa"), system("web")))
    state = desired(wanted, SETTINGS)
    seen = {key: one for key, one in state.items() if key != OA}
    found = living_of(seen, state, wanted.district.address_range)
    assert found.subnets.keys() == {key for key, one in state.items() if one.kind is Kind.SUBNET}
    assert found.blocks == {POOL: (IPv4Network("172.20.0.0/26"),)}


def a_pool(key: Key, scope: Key | None, *prefixes: str) -> State:
    place = Ref(scope) if scope else None
    id_ = key.rpartition("/")[2]
    return {
        key: Resource(Kind.SUBNET_POOL, key, "", {"scope": place, "prefixes": prefixes}, id=id_)
    }


@pytest.mark.parametrize("prefix", ["2001:db8::/48", "172.16.0.0/12", "172.20.0.16/28"])
def test_pools_of_others_outside_of_our_scope_take_no_addresses(prefix: str) -> None:
    wanted = register(bureau("E002", system("oa"), system("web")))
    state = desired(wanted, SETTINGS)
    theirs = a_pool(keys.foreign(Kind.SUBNET_POOL, "x"), None, prefix)
    found = living_of({**state, **theirs}, state, wanted.district.address_range)
    assert found.blocks == {POOL: (IPv4Network("172.20.0.0/26"),)}


def test_pools_of_others_in_our_scope_keep_their_addresses() -> None:
    theirs = a_pool(keys.foreign(Kind.SUBNET_POOL, "x"), keys.address_scope(), "172.20.0.0/24")
    wanted = register(bureau("E002", system("oa")))
    found = living_of(theirs, {}, wanted.district.address_range)
    plan = plan_addresses(wanted, found)
    assert plan.subnets[OA] == IPv4Network("172.20.1.0/28")


@pytest.mark.parametrize(
    ("added", "counts"),
    [
        ("192.168.0.0/16", False),  # by somebody: drift
        ("172.20.0.64/26", True),  # where a killed apply may have put it
    ],
)
def test_what_a_pool_got_past_our_record(added: str, counts: bool) -> None:
    wanted = register(bureau("E002", system("oa"), system("web")))
    state = desired(wanted, SETTINGS)
    seen = a_pool(POOL, keys.address_scope(), "172.20.0.0/26", added)
    found = living_of(seen, state, wanted.district.address_range)
    ours = IPv4Network("172.20.0.0/25" if counts else "172.20.0.0/26")
    assert found.blocks == {POOL: (ours,)}
    lost = living_of(seen, {}, wanted.district.address_range)
    assert len(list(lost.blocks[POOL])) == 2 - counts


def test_a_large_district_fits_and_is_the_same_every_time() -> None:
    wanted = big_register(120, 460)
    plan = plan_addresses(wanted, Living())
    check(plan, wanted)
    assert plan == plan_addresses(wanted, Living())
    assert plan_addresses(wanted, living(plan)) == plan
