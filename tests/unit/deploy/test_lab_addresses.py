"""The lab's address plan and its search for a free range."""

from __future__ import annotations

import pytest

from deploy.hardware.addresses import Addresses, choose, overlaps, parse_prefix, used_networks
from deploy.hardware.errors import LabError

FREE: list[tuple[str, str]] = [("192.0.2.0/24", "address of interface eth0")]


def test_first_candidate_is_taken_on_a_free_machine() -> None:
    assert choose(None, FREE) == Addresses("10.118")


def test_candidate_in_use_is_passed_over() -> None:
    assert choose(None, [("10.118.7.0/28", "route through eth1")]) == Addresses("10.119")


def test_wanted_range_in_use_is_refused_and_says_where() -> None:
    with pytest.raises(LabError, match=r"10\.0\.0\.0/8 \(route through tun0\).*--network-prefix"):
        choose("10.119", [("10.0.0.0/8", "route through tun0")])


def test_no_free_candidate_is_an_error() -> None:
    with pytest.raises(LabError, match="no free range"):
        choose(None, [("10.0.0.0/8", "route through tun0")])


@pytest.mark.parametrize("prefix", ["8.8", "10", "10.119.0", "10.300", "", "ten.one"])
def test_prefix_that_is_not_two_parts_of_a_private_range_is_refused(prefix: str) -> None:
    with pytest.raises(LabError, match="--network-prefix"):
        parse_prefix(prefix)


def test_networks_of_the_lab_itself_do_not_count() -> None:
    links = [
        {"ifname": "eth0", "addr_info": [address("192.0.2.2", 24)]},
        {"ifname": "ouhai-mgmt", "addr_info": [address("10.118.0.1", 24)]},
    ]
    routes = [
        {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
        {"dst": "10.118.0.0/24", "dev": "ouhai-mgmt"},
        {"dst": "10.7.0.0/16", "dev": "tun0"},
        {"dst": "10.8.0.0/16", "type": "unreachable"},
    ]
    assert used_networks(links, routes, ("ouhai-mgmt", "ouhai-ext")) == [
        ("192.0.2.2/24", "address of interface eth0"),
        ("10.7.0.0/16", "route through tun0"),
        ("10.8.0.0/16", "route through no interface"),
    ]


def test_an_address_inside_the_plan_overlaps() -> None:
    assert overlaps(Addresses("10.118"), [("10.118.0.77/32", "host route")])
    assert overlaps(Addresses("10.118"), [("10.118.2.77/32", "host route")])
    assert not overlaps(Addresses("10.118"), [("10.118.3.0/24", "beside it")])


def address(local: str, length: int) -> dict[str, object]:
    return {"family": "inet", "local": local, "prefixlen": length}
