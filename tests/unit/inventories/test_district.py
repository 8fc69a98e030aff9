"""The sample inventory holds what the product knows, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runner.paths import ROOT

DISTRICT = ROOT / "deploy" / "inventories" / "district"
DEFAULTS = ROOT / "playbooks" / "group_vars" / "all"
GROUPS = ("control", "network", "compute", "storage")


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    return {
        name: value
        for path in sorted(DISTRICT.glob("group_vars/all/*.yml"))
        for name, value in load(path).items()
    }


@pytest.fixture(scope="module")
def groups() -> dict[str, Any]:
    children: dict[str, Any] = load(DISTRICT / "hosts.yml")["all"]["children"]
    return children


def hosts(groups: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for group in groups.values():
        yield from group["hosts"].items()


def declared() -> set[str]:
    """Names with a default or a type."""
    names = {name for path in DEFAULTS.glob("*.yml") for name in load(path)}
    schemas = load(ROOT / "playbooks" / "schemas" / "variables.yml")
    return names.union(*(schema["properties"] for schema in schemas.values()))


def test_every_variable_is_declared(values: dict[str, Any], groups: dict[str, Any]) -> None:
    used = {
        *values,
        *(name for _, variables in hosts(groups) for name in variables),
        *(name for group in groups.values() for name in group.get("vars", {})),
    }
    assert {name for name in used if not name.startswith("ansible_")} <= declared()


def unexplained(text: str) -> list[str]:
    """Lines that begin a variable without a comment right above."""
    lines = ["", *text.splitlines()]
    return [line for before, line in pairwise(lines) if line[:1].isalpha() and before[:1] != "#"]


def test_every_variable_is_explained() -> None:
    for path in sorted(DISTRICT.glob("group_vars/all/*.yml")):
        assert unexplained(path.read_text()) == [], path.name


def test_the_start_of_a_document_explains_nothing() -> None:
    assert unexplained("# What for.\n---\na: 1\n# Why.\nb: 2\n\nc: 3\n") == ["a: 1", "c: 3"]
    assert unexplained("d: 4\n") == ["d: 4"]


def test_the_guide_builds_the_images_that_are_uploaded(values: dict[str, Any]) -> None:
    guide = (ROOT / "doc" / "operators-guide.rst").read_text()
    (built,) = re.findall(r"^    deploy/images/build (.+)$", guide, re.MULTILINE)
    uploaded = values.get("images", load(DEFAULTS / "flavors.yml")["images"])
    assert sorted(built.split()) == sorted(uploaded)


def test_groups_are_those_of_the_product(groups: dict[str, Any]) -> None:
    assert tuple(groups) == GROUPS
    assert len(groups["control"]["hosts"]) == 1


def test_no_two_hosts_share_an_address(groups: dict[str, Any]) -> None:
    everyone = dict(hosts(groups))
    for variable in ("ansible_host", "tunnel_address"):
        addresses = [host[variable] for host in everyone.values()]
        assert len(set(addresses)) == len(everyone)


def test_addresses_are_in_their_ranges(values: dict[str, Any], groups: dict[str, Any]) -> None:
    management, tunnels = (ip_network(values[n]) for n in ("management_range", "tunnel_range"))
    for name, host in hosts(groups):
        assert ip_address(host["ansible_host"]) in management, name
        assert ip_address(host["tunnel_address"]) in tunnels, name
    assert ip_address(values["api_address"]) in management


def test_ranges_do_not_overlap(values: dict[str, Any]) -> None:
    names = ("management_range", "tunnel_range", "project_range")
    ranges = [ip_network(values[name]) for name in names]
    ranges.append(ip_network(values["external_network"]["range"]))
    assert not [pair for pair in combinations(ranges, 2) if pair[0].overlaps(pair[1])]


def test_pool_of_floating_addresses_leaves_the_gateway_alone(values: dict[str, Any]) -> None:
    network = values["external_network"]
    start, end = IPv4Address(network["pool_start"]), IPv4Address(network["pool_end"])
    assert start < end
    assert {start, end} <= set(IPv4Network(network["range"]))
    assert not start <= IPv4Address(network["gateway"]) <= end
