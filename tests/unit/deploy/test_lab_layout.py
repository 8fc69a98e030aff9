"""Names and paths of a lab, its client configuration, its rules, its inventory."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deploy.hardware import inventory, network, ssh, topology
from deploy.hardware.addresses import Addresses
from deploy.hardware.errors import LabError
from deploy.hardware.layout import INTERFACE_NAME_MAX, Layout, layout_from

FIRST = layout_from({}, Path("/tree"))
SECOND = layout_from({"OUHAI_LAB_STATE": "/srv/ouhai-lab-b"}, Path("/tree"))


def test_names_of_two_labs_differ() -> None:
    assert FIRST.bridges == ("ouhai-mgmt", "ouhai-ext", "ouhai-tun")
    assert SECOND.bridges == ("ouhai-mgmt-b", "ouhai-ext-b", "ouhai-tun-b")
    assert FIRST.table != SECOND.table
    assert FIRST.lock != SECOND.lock


@pytest.mark.parametrize(
    "state", ["/srv/lab", "/srv/ouhai-lab-long", "ouhai-lab", "/srv/ouhai-labB"]
)
def test_a_state_directory_that_names_nothing_is_refused(state: str) -> None:
    with pytest.raises(LabError, match="OUHAI_LAB_STATE"):
        layout_from({"OUHAI_LAB_STATE": state}, Path("/tree"))


def test_no_name_of_an_interface_is_too_long() -> None:
    longest = layout_from({"OUHAI_LAB_STATE": "/srv/ouhai-lab-xyz"}, Path("/tree"))
    names = [longest.interface("m", "a12345678"), *longest.bridges]
    assert max(len(name) for name in names) <= INTERFACE_NAME_MAX


def test_rules_let_nothing_pass_between_a_bridge_and_anything_else() -> None:
    rules = network.ruleset(SECOND)
    for bridge in SECOND.bridges:
        assert f'iifname "{bridge}" oifname != "{bridge}" drop' in rules
        assert f'iifname != "{bridge}" oifname "{bridge}" drop' in rules


def test_ssh_configuration_checks_host_keys() -> None:
    text = ssh.configuration({"c1": "10.118.0.11"}, Path("/k"), Path("/known"))
    assert "StrictHostKeyChecking yes" in text
    assert "Host c1 10.118.0.11" in text
    assert "HostName 10.118.0.11" in text


def test_inventory_puts_hosts_into_their_groups() -> None:
    hosts = topology.load("small").hosts
    cloud = inventory.hosts_file(FIRST, hosts, Addresses("10.118"))["all"]["children"]["cloud"]
    groups = {name: list(group["hosts"]) for name, group in cloud["children"].items()}
    assert groups == {
        "control": ["control1"],
        "network": ["control1"],
        "compute": ["compute1", "compute2"],
        "storage": ["control1"],
        "directory": ["control1"],
    }
    assert cloud["hosts"]["compute2"] == {
        "ansible_host": "10.118.0.22",
        "tunnel_address": "10.118.2.22",
    }
    assert cloud["hosts"]["control1"]["storage_devices"][0]["size_gib"] == 40


def test_variables_follow_the_address_plan_and_the_snapshot() -> None:
    values = inventory.variables(FIRST, Addresses("10.120"), "20260101")
    assert values["api_address"] == "10.120.0.10"
    assert values["external_network"]["pool_end"] == "10.120.7.232"
    assert values["tunnel_range"] == "10.120.2.0/24"
    assert values["repository_url"] == "https://10.120.0.1:8043/20260101"


def test_written_inventory_is_private_and_reads_back(tmp_path: Path) -> None:
    layout = Layout(tree=tmp_path, cache=tmp_path, state=tmp_path, suffix="")
    addresses = Addresses("10.118")
    data = inventory.hosts_file(layout, topology.load("aio").hosts, addresses)
    inventory.write(layout.inventory, data, inventory.variables(layout, addresses, "current"))
    assert yaml.safe_load((layout.inventory / "hosts.yml").read_text()) == data
    assert layout.inventory.stat().st_mode & 0o077 == 0
    key_file = layout.inventory / inventory.VAULT_KEY_FILE
    first = key_file.read_text()
    assert key_file.stat().st_mode & 0o777 == 0o600
    inventory.write(layout.inventory, data, {})
    assert key_file.read_text() == first
