"""The caches are really hit: a memcached that nobody reaches costs no error, only time."""

from __future__ import annotations

import json

import pytest
from openstack.connection import Connection

from tests.support.lab import Lab

CALLS = 10
STATISTICS = """
import json, socket
with socket.create_connection(("127.0.0.1", 11211), 5) as stream:
    stream.sendall(b"stats\\r\\nquit\\r\\n")
    text = stream.makefile().read()
pairs = [line.split()[1:3] for line in text.splitlines() if line.startswith("STAT")]
print(json.dumps({name: value for name, value in pairs}))
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


def hits(lab: Lab) -> int:
    """Return how often memcached had what it was asked for, on all control hosts."""
    shown = [json.loads(lab.python(host, STATISTICS)) for host in lab.groups["control"]]
    assert all(int(row["cmd_get"]) > 0 for row in shown), "memcached is never asked"
    return sum(int(row["get_hits"]) for row in shown)


@pytest.mark.parametrize("service", REQUESTS)
def test_a_token_is_validated_from_the_cache(lab: Lab, cloud: Connection, service: str) -> None:
    endpoint = cloud.endpoint_for(service).rstrip("/")
    path = REQUESTS[service]
    version = f"/{path.split('/')[1]}"
    url = endpoint.removesuffix(version) + path if version.startswith("/v") else endpoint + path
    cloud.session.get(url)
    before = hits(lab)
    for _ in range(CALLS):
        cloud.session.get(url)
    assert hits(lab) - before >= CALLS
