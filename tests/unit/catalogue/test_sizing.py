"""What a copy takes and costs, and whether there is room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.catalogue import sizing
from ouhai_cloud.catalogue.entry import load
from ouhai_cloud.catalogue.sizing import Size
from ouhai_cloud.cloud.headroom import Room
from ouhai_cloud.errors import NotEnoughLeft, ValuesInvalid

from tests.runner.paths import ROOT

ENTRY = load(ROOT / "heat-templates/server/1", "lab")
FLAVORS: list[dict[str, Any]] = [
    {"id": "1", "name": "probe", "vcpus": 1, "ram": 128, "disk": 1},
    {"id": "2", "name": "small", "vcpus": 1, "ram": 1024, "disk": 10},
]
SIZES = st.builds(Size, **{name: st.integers(0, 1000) for name in asdict(Size())})


def resources(flavor: str = "small") -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [{}, {}]
    return [
        {"resource_type": "OS::Nova::Server", "properties": {"flavor": flavor}},
        {"resource_type": "OS::Cinder::Volume", "properties": {"size": 20}},
        {"resource_type": "OS::Neutron::FloatingIP", "properties": {}},
        {"resource_type": "OS::Neutron::Port", "properties": {}},
        {"resource_type": "OS::Neutron::SecurityGroup", "properties": {"rules": rules}},
        {"resource_type": "Ouhai::Server::Report", "properties": {}},
    ]


def test_what_resources_take_is_summed_up() -> None:
    expected = Size(1, 1, 1024, 10, 1, 20, 1, 1, 1, 4)
    assert sizing.size(resources(), FLAVORS) == expected
    assert sizing.size(resources("2"), FLAVORS) == expected
    assert sizing.size([*resources(), *resources()], FLAVORS) == expected + expected


def test_a_flavor_on_which_it_does_not_run_is_refused_with_those_that_fit() -> None:
    sizing.check_flavors(ENTRY, {"flavor": "small", "other": "2"}, FLAVORS)
    with pytest.raises(ValuesInvalid) as caught:
        sizing.check_flavors(ENTRY, {"flavor": "probe", "other": "huge"}, FLAVORS)
    text = str(caught.value)
    assert "flavor = 'probe': that flavor is too small: 1 cores, 128 MiB, 1 GiB" in text
    assert "other = 'huge': there is no such flavor; take one of small" in text


def test_too_little_room_is_told_for_each_resource() -> None:
    room = {"cores": Room(4, 4), "volume_gib": Room(20, 1), "addresses": Room(-1, 7)}
    with pytest.raises(NotEnoughLeft) as caught:
        sizing.check_room(sizing.size(resources(), FLAVORS), room)
    text = str(caught.value)
    assert "Nothing was created" in text
    assert "needs 1, left 0 (4 of 4 used)" in text
    assert "needs 20, left 19 (1 of 20 used)" in text
    assert "floating" not in text


@given(SIZES, SIZES)
def test_what_fits_twice_fits_once(one: Size, room: Size) -> None:
    rooms = {name: Room(limit, 0) for name, limit in asdict(room).items()}
    try:
        sizing.check_room(one + one, rooms)
    except NotEnoughLeft:
        return
    sizing.check_room(one, rooms)


def test_the_cost_follows_the_tariff() -> None:
    taken = Size(cores=2, memory_mib=2048, disk_gib=10, volume_gib=20, addresses=1)
    tariff = {"core": 60, "memory_gib": 30, "disk_gib": 0.6, "address": 10}
    assert sizing.monthly_cost(taken, tariff) == 120 + 60 + 18 + 10
    assert sizing.monthly_cost(taken, {}) is None
    assert sizing.monthly_cost(Size(), ENTRY.tariff) == 0


def test_everything_that_is_taken_has_a_word() -> None:
    assert set(sizing.WORDS) == set(asdict(Size()))
