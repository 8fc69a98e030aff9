"""Groups: enough hosts in each, no host outside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.check_groups import check_groups
from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Host

from tests.unit.playbooks.inventories import GROUPS, host, inventory

SIZES = {
    "control": {"least": 1, "most": 1},
    "network": {"least": 1},
    "compute": {"least": 1},
    "storage": {"least": 1},
}


def test_a_good_inventory_has_no_failure() -> None:
    assert check_groups(inventory(), SIZES) == []


@pytest.mark.parametrize("group", list(SIZES))
def test_an_empty_group_is_named(group: str) -> None:
    for members in ({**GROUPS, group: []}, {g: m for g, m in GROUPS.items() if g != group}):
        (failure,) = check_groups(replace(inventory(), groups=members), SIZES)
        assert failure.where == f"group {group}"
        assert "empty" in failure.what


def test_too_many_control_hosts_are_named() -> None:
    members = {**GROUPS, "control": ["control1", "compute1"]}
    (failure,) = check_groups(replace(inventory(), groups=members), SIZES)
    assert "2 hosts" in failure.what
    assert "at most 1" in failure.what


def test_a_host_in_a_misspelt_group_gets_a_hint() -> None:
    (failure,) = check_groups(inventory(Host("stray", frozenset({"all", "comptue"}))), SIZES)
    assert failure.where == "stray"
    assert "compute by comptue" in failure.remedy


def test_a_storage_host_without_devices_is_named() -> None:
    (failure,) = check_groups(inventory(host("control1", storage_devices=[])), SIZES)
    assert failure.where == "control1"
    assert "storage_devices" in failure.what
