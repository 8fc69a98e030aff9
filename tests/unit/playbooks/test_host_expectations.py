"""What a host has to be like, by its groups and variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ouhai.cloud.plugins.plugin_utils.host_expectations import (
    expectations,
    record_ports,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Host, Inventory

from tests.unit.playbooks.inventories import host, inventory

PORTS = [
    {"port": 3306, "protocol": "tcp", "service": "db", "groups": ["control"], "units": ["mariadb"]}
]
REPOSITORY = {"repository_url": None, "repository_key": None, "repository_authority": None}
SERVICES = sorted((Path(__file__).parents[3] / "deploy" / "services").glob("*.yml"))


def expect(seen: Inventory) -> dict[str, dict[str, Any]]:
    return expectations(seen, PORTS, REPOSITORY, "fsid")


def test_floors_of_all_groups_add_up_for_memory_and_the_largest_counts_for_processors() -> None:
    expected = expect(inventory())
    assert expected["control1"]["memory_gib"] == 8
    assert expected["compute1"]["memory_gib"] == 2
    assert [expected[name]["cpus"] for name in ("control1", "compute1")] == [2, 4]


def test_every_other_address_is_a_peer() -> None:
    seen = inventory(host("compute1", tunnel_address="10.119.0.1"))
    assert expect(seen)["control1"]["peers"] == {
        "10.118.0.21": "compute1",
        "10.119.0.1": "compute1",
        "10.118.0.22": "compute2",
    }


def test_an_address_on_br_tun_cannot_answer_before_site_yml() -> None:
    seen = inventory(host("compute1", tunnel_address="10.119.0.1", tunnel_interface="tun0"))
    expected = expect(seen)
    assert expected["control1"]["peers"] == {"10.118.0.21": "compute1", "10.118.0.22": "compute2"}
    assert expected["compute1"]["interfaces"]["tunnel_interface"] == "tun0"
    assert "tunnel_interface" not in expected["compute2"]["interfaces"]


def test_ports_belong_to_groups() -> None:
    expected = expect(inventory())
    assert [port["port"] for port in expected["control1"]["ports"]] == [3306]
    assert expected["compute1"]["ports"] == []


def test_the_kernel_datapath_and_kvm_need_their_features() -> None:
    seen = inventory(host("compute1", ovs_datapath="system", virt_type="kvm"))
    expected = expect(seen)
    assert expected["compute1"]["features"] == ["nf_tables", "tun", "openvswitch", "geneve", "kvm"]
    assert expected["compute2"]["features"] == ["nf_tables", "tun"]


def test_only_network_hosts_need_the_external_interface() -> None:
    expected = expect(inventory())
    assert expected["control1"]["interfaces"]["external_interface"] == "ext0"
    assert "external_interface" not in expected["compute1"]["interfaces"]


def test_an_api_name_that_is_an_address_is_not_looked_up() -> None:
    assert "10.118.0.10" not in expect(inventory())["control1"]["names"]
    named = expect(inventory(api_name="cloud.example"))["control1"]["names"]
    assert named["cloud.example"] == "10.118.0.10"


def test_a_spoilt_inventory_still_gives_expectations() -> None:
    seen = Inventory({"x": Host("x", frozenset({"storage"}), {"storage_devices": "sdb"})}, {})
    expected = expect(seen)["x"]
    assert expected["storage_devices"] == []
    assert expected["mtu"] == 1500


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_the_ports_of_every_record_are_read(path: Path) -> None:
    record = yaml.safe_load(path.read_text())["service"]
    count = len(record.get("apis", []))
    assert len(record_ports(record)) >= count
    assert all(isinstance(port["port"], int) for port in record_ports(record))
