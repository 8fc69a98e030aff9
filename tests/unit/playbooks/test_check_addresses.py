"""Addresses and ranges: every kind of mistake is named, and a good inventory is left in peace."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.check_addresses import check_addresses

from tests.unit.playbooks.inventories import VARIABLES, host, inventory


def test_a_good_inventory_has_no_failure() -> None:
    assert check_addresses(inventory()) == []


def test_two_hosts_with_one_address_are_both_named() -> None:
    spoilt = inventory(host("compute2", host_address="10.118.0.21", tunnel_address="10.118.0.21"))
    (failure,) = check_addresses(spoilt)
    assert failure.where == "host_address of compute1 and host_address of compute2"
    assert "10.118.0.21 is used 2 times" in failure.what


@pytest.mark.parametrize("taken", ["10.118.0.11", "10.118.0.1"])
def test_the_api_address_must_not_be_a_hosts(taken: str) -> None:
    (failure,) = check_addresses(inventory(api_address=taken))
    assert "api_address" in failure.where
    assert taken in failure.what


def test_a_tunnel_address_must_not_be_another_hosts() -> None:
    spoilt = inventory(host("compute2", tunnel_address="10.118.0.21"))
    (failure,) = check_addresses(spoilt)
    assert failure.where == "host_address of compute1 and tunnel_address of compute2"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"project_range": "10.118.0.0/16"}, "project_range"),
        ({"project_range": "10.118.1.128/25"}, "external_network and project_range"),
        ({"tunnel_range": "10.118.0.0/25"}, "management_range and tunnel_range"),
        ({"project_range": "169.254.0.0/20"}, "project_range"),
    ],
)
def test_overlapping_ranges_are_named(changes: dict[str, str], named: str) -> None:
    failures = check_addresses(inventory(**changes))
    assert any(named in failure.where and "overlap" in failure.what for failure in failures)


def test_what_moves_to_br_tun_must_not_be_the_hosts_own() -> None:
    good = {"tunnel_range": "10.119.0.0/24"}
    hosts = [
        host(name, tunnel_address=f"10.119.0.{number}", tunnel_interface="tun0")
        for number, name in enumerate(("control1", "compute1", "compute2"), 1)
    ]
    assert check_addresses(inventory(*hosts, **good)) == []
    hosts[0] = host("control1", tunnel_address="10.119.0.1", tunnel_interface="host0")
    (failure,) = check_addresses(inventory(*hosts, **good))
    assert failure.what == "host0 is its management_interface too"
    (failure,) = check_addresses(inventory(host("compute1", tunnel_interface="tun0")))
    assert failure.what == "it is tun0, but tunnel_range is the management_range"


def test_a_tunnel_range_of_its_own_is_good() -> None:
    hosts = [
        host(name, tunnel_address=f"10.119.0.{number}")
        for number, name in enumerate(("control1", "compute1", "compute2"), start=1)
    ]
    assert check_addresses(inventory(*hosts, tunnel_range="10.119.0.0/24")) == []


@pytest.mark.parametrize("address", ["10.119.0.11", "10.118.0.0", "10.118.0.255"])
def test_a_host_outside_of_the_management_range_is_named(address: str) -> None:
    failures = check_addresses(inventory(host("control1", host_address=address)))
    assert [failure.where for failure in failures] == ["host_address of control1"]


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"gateway": "10.118.2.1"}, "gateway 10.118.2.1 is not"),
        ({"pool_end": "10.118.2.9"}, "pool_end 10.118.2.9 is not"),
        ({"pool_start": "10.118.1.251"}, "comes after"),
        ({"pool_start": "10.118.1.1"}, "is in the pool"),
    ],
)
def test_the_external_network_is_consistent(change: dict[str, Any], seen: str) -> None:
    failures = check_addresses(inventory(external_network=VARIABLES["external_network"] | change))
    assert [seen in failure.what for failure in failures] == [True]


def test_what_guests_must_reach_is_not_in_their_range() -> None:
    (failure,) = check_addresses(inventory(time_servers=["172.20.1.1", "ntp.example.org"]))
    assert "time_servers 172.20.1.1" in failure.where


def test_values_of_a_wrong_type_are_left_to_the_types() -> None:
    spoilt = inventory(
        host("control1", host_address=7),
        management_range=["10.118.0.0/24"],
        external_network="extranet",
        repository_url=None,
        api_address="nonsense",
    )
    assert check_addresses(spoilt) == []
