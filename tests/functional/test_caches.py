"""The caches are really hit: a memcached that nobody reaches costs no error, only time."""

from __future__ import annotations

import csv

import pytest
from openstack.connection import Connection

from tests.support.lab import Lab

CALLS = 10
# Prints the counters of everything that haproxy has a name for.
COUNTERS = """
import socket
with socket.socket(socket.AF_UNIX) as stream:
    stream.settimeout(5)
    stream.connect("/run/haproxy/admin.sock")
    stream.sendall(b"show stat\\n")
    print(stream.makefile().read().removeprefix("# "))
"""

# A cheap request to each service that validates tokens.
REQUESTS = {
    "image": "/v2/images?limit=1",
    "network": "/v2.0/networks?limit=1",
    "compute": "/flavors?limit=1",
    "block-storage": "/volumes?limit=1",
    "orchestration": "/stacks?limit=1",
    "placement": "/resource_providers",
}


def asked_of_keystone(lab: Lab) -> int:
    """Return how many requests haproxy has passed on to Keystone, on all control hosts.

    memcached's own counters tell nothing: Keystone keeps its answers there, too.
    """
    found = 0
    for host in lab.groups["control"]:
        rows = csv.DictReader(lab.python(host, COUNTERS).splitlines())
        (row,) = (row for row in rows if (row["pxname"], row["svname"]) == ("keystone", "BACKEND"))
        found += int(row["stot"])
    assert found, "Keystone was never asked anything"
    return found


@pytest.mark.parametrize("service", REQUESTS)
def test_a_token_is_validated_from_the_cache(lab: Lab, cloud: Connection, service: str) -> None:
    endpoint = cloud.endpoint_for(service).rstrip("/")
    path = REQUESTS[service]
    version = f"/{path.split('/')[1]}"
    url = endpoint.removesuffix(version) + path if version.startswith("/v") else endpoint + path
    cloud.session.get(url)
    before = asked_of_keystone(lab)
    for _ in range(CALLS):
        cloud.session.get(url)
    # Others ask, too, meanwhile. Without the cache there is one request for each of ours.
    assert asked_of_keystone(lab) - before < CALLS
