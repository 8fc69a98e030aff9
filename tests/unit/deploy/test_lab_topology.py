"""Topologies: those there are, and what a wrong one is refused with."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from deploy.hardware import topology
from deploy.hardware.errors import LabError
from deploy.hardware.requirements import CACHE_GIB
from tests.runner.paths import ROOT

GOOD: dict[str, Any] = {
    "description": "two hosts",
    "hosts": {
        "control1": {"address": 11, "groups": ["control", "network", "storage"]},
        "compute1": {"address": 21, "groups": ["compute"]},
    },
}


@pytest.mark.parametrize("name", topology.names())
def test_every_topology_is_sound_and_states_its_needs(name: str) -> None:
    assert topology.load(name).hosts
    assert topology.needs(name).memory_gib > 0
    assert topology.needs(name).disk_gib > 0


def test_readme_names_what_is_checked() -> None:
    text = " ".join((ROOT / "README.rst").read_text().split())
    aio, small = map(topology.needs, ("aio", "small"))
    disk = [needs.disk_gib + CACHE_GIB for needs in (aio, small)]
    assert f"{aio.memory_gib} GiB of free memory and {disk[0]} GiB of free disk::" in text
    assert f"needs {small.memory_gib} GiB and {disk[1]} GiB." in text


def test_aio_is_one_host_in_all_groups() -> None:
    (host,) = topology.load("aio").hosts
    assert (host.name, set(host.groups)) == ("ouhai1", {*topology.GROUPS, "directory"})


def test_small_has_two_compute_hosts_without_control() -> None:
    hosts = {host.name: host.groups for host in topology.load("small").hosts}
    assert list(hosts) == ["control1", "compute1", "compute2"]
    assert hosts["compute1"] == hosts["compute2"] == ("compute",)


def test_unknown_topology_names_those_there_are() -> None:
    with pytest.raises(LabError, match=r"'large'.*aio, small"):
        topology.load("large")


@pytest.mark.parametrize(
    ("host", "change", "message"),
    [
        ("compute1", {"address": 11}, "same address"),
        ("compute1", {"address": 60}, "not from 11 to 49"),
        ("compute1", {"groups": []}, "no host is in group 'compute'"),
        ("compute1", {"groups": ["compute", "web"]}, "no group 'web'"),
    ],
)
def test_wrong_data_is_refused(host: str, change: dict[str, Any], message: str) -> None:
    data = copy.deepcopy(GOOD)
    data["hosts"][host] |= change
    with pytest.raises(LabError, match=message):
        topology.parse("wrong", data)


def test_a_name_too_long_for_an_interface_is_refused() -> None:
    data = copy.deepcopy(GOOD)
    data["hosts"]["averylonghost"] = {"address": 22, "groups": ["compute"]}
    with pytest.raises(LabError, match="averylonghost"):
        topology.parse("wrong", data)


def test_a_host_is_left_out_only_where_its_groups_stay_filled() -> None:
    small = topology.load("small")
    left = topology.without(small, ["compute2"])
    assert [host.name for host in left.hosts] == ["control1", "compute1"]
    with pytest.raises(LabError, match="no host is in group 'control'"):
        topology.without(small, ["control1"])
    with pytest.raises(LabError, match="no such host"):
        topology.without(small, ["compute9"])
