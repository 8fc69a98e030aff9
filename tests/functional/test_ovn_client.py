"""Neutron looks for no host of a router's port, and waits for what another process has made."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest
from openstack.connection import Connection

from tests.support.guests import surroundings
from tests.support.lab import Lab

PATIENCE_SECONDS = 60
# Neutron looks three times within six seconds, then complains.
COMPLAINS_WITHIN_SECONDS = 8
COMPLAINT = "No hosting information found for port"


def journal(lab: Lab) -> str:
    """Return what Neutron's processes wrote in the last two minutes, on all control hosts."""
    return "".join(
        lab.ssh(host, "journalctl --unit 'neutron-*' --since -2min --no-pager").output
        for host in lab.groups["control"]
    )


def test_neutron_looks_for_no_host_of_a_routers_port(lab: Lab, cloud: Connection) -> None:
    outside = lab.variables["external_network"]["name"]
    with surroundings(cloud, "ouhai-test-ovn-client", outside) as around:
        owner = "network:router_interface"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            (port,) = cloud.network.ports(network_id=around.network_id, device_owner=owner)
            if port.status == "ACTIVE" or time.monotonic() > deadline:
                break
            time.sleep(1)
        assert port.status == "ACTIVE"
        time.sleep(COMPLAINS_WITHIN_SECONDS)
        written = journal(lab)
    assert f"OVN reports status up for port: {port.id}" in written
    assert f"{COMPLAINT} {port.id}" not in written


# On a host, with Neutron's own classes: a copy of OVN's database that learns of the options late,
# or never.
STALE_COPY = """
import json, time
from oslo_config import cfg
from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovn_client
from ouhai_cloud.services import ovn_client as ours

cfg.CONF([], project="neutron")

class Copy:
    def __init__(self, looks_without):
        self.looks, self.looks_without = 0, looks_without
    def get_subnets_dhcp_options(self, subnet_ids):
        self.looks += 1
        return [{"uuid": "options", "options": {}}] if self.looks > self.looks_without else []

class Plugin:
    def __init__(self, dhcp):
        self.dhcp = dhcp
    def get_subnets(self, context, filters, fields):
        return [{"id": one} for one in filters["id"]] if self.dhcp else []

def options(base, looks_without, dhcp=True):
    class Tried(base):
        _plugin = Plugin(dhcp)
        def __init__(self):
            self._nb_idl = Copy(looks_without)
    port = {"id": "port", "fixed_ips": [{"subnet_id": "subnet", "ip_address": "192.0.2.7"}]}
    start = time.monotonic()
    try:
        found = Tried()._get_subnet_dhcp_options_for_port(port, 4)
        said = found and found["uuid"]
    except ours.DhcpOptionsMissing as error:
        said = str(error)
    return [said, time.monotonic() - start]

print(json.dumps({
    "neutron's own": options(ovn_client.OVNClient, 3),
    "late": options(ours.Client, 3),
    "no DHCP": options(ours.Client, 3, dhcp=False),
    "never": options(ours.Client, 10**9),
}))
"""


def test_a_port_waits_for_its_subnets_dhcp_options(lab: Lab) -> None:
    host = lab.groups["control"][0]
    answer = lab.ssh(host, f"python3 -W ignore - <<'END'\n{STALE_COPY}\nEND")
    assert answer.code == 0, answer.errors
    said = json.loads(answer.output.splitlines()[-1])
    # The fault is there still; without it, the client of our own can go.
    assert said["neutron's own"][0] is None
    assert said["late"][0] == "options"
    assert said["late"][1] < 1
    assert said["no DHCP"][0] is None
    assert said["no DHCP"][1] < 1
    assert "no DHCP options for subnet subnet of port port" in said["never"][0]
    assert 9 < said["never"][1] < 15


# Holds back what OVN's database tells one of Neutron's API processes.
HOLD_BACK = """
set -e
process=$(pgrep -P "$(systemctl show --value -p MainPID neutron-api)" | tail -n 1)
own=$(ss -tnpH state established '( dport = :6641 )' | grep "pid=$process," | awk '{print $3}')
port=${own##*:}
test -n "$port"
nft add table inet ouhai-test
nft 'add chain inet ouhai-test input { type filter hook input priority -200; }'
nft "add rule inet ouhai-test input tcp sport 6641 tcp dport $port drop"
"""
LET_GO = "nft delete table inet ouhai-test"
# Long enough for a request that the other process takes.
HELD_SECONDS = 3.0
NETWORKS = 8


@pytest.fixture
def scratch_networks(cloud: Connection) -> Iterator[list[str]]:
    """Collect ids of networks; at the end they are removed with their ports."""
    made: list[str] = []
    yield made
    for network_id in made:
        for port in cloud.network.ports(network_id=network_id):
            cloud.network.delete_port(port)
        cloud.network.delete_network(network_id)


@contextmanager
def one_process_held_back(lab: Lab) -> Iterator[None]:
    held = lab.ssh(lab.control, HOLD_BACK)
    try:
        assert held.code == 0, held.errors
        yield
    finally:
        lab.ssh(lab.control, LET_GO)


def test_a_process_that_hears_late_of_a_network_gives_its_guests_addresses(
    lab: Lab, cloud: Connection, scratch_networks: list[str]
) -> None:
    """Which process is asked is chance: in a quarter, the late one is for the subnet."""
    network = cloud.network
    ports = []
    with ThreadPoolExecutor(1) as pool:
        for number in range(NETWORKS):
            name = f"ouhai-test-late-{number}"
            subnet = None
            with one_process_held_back(lab):
                made = pool.submit(network.create_network, name=name)
                wait([made], HELD_SECONDS)
                # Else the late one was asked for the network, and answers when it is let go.
                if made.done():
                    facts = {"network_id": made.result().id, "cidr": "192.0.2.0/24"}
                    subnet = pool.submit(network.create_subnet, ip_version=4, **facts)
                    wait([subnet], HELD_SECONDS)
            network_id = made.result().id
            scratch_networks.append(network_id)
            if subnet:
                subnet.result()
                network.create_port(network_id=network_id)
                # With the metadata port, which answers if it has an address.
                ports += [one.id for one in network.ports(network_id=network_id)]
    columns = "--columns=name,dhcpv4_options,external_ids"
    answer = lab.ssh(lab.control, f"ovn-nbctl --format=json {columns} list Logical_Switch_Port")
    rows = {
        name: (options, dict(ids[1])) for name, options, ids in json.loads(answer.output)["data"]
    }
    without_address = [one for one in ports if not rows[one][1]["neutron:cidrs"]]
    guests = [one for one in ports if rows[one][1]["neutron:device_owner"] == ""]
    without_options = [one for one in guests if rows[one][0] == ["set", []]]
    assert (without_address, without_options) == ([], [])
    assert guests
