"""Neutron looks for no host of a router's port: the events of all others would wait meanwhile."""

from __future__ import annotations

import time

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
    with surroundings(cloud, "ouhai-test-router-ports", outside) as around:
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
