"""A guest's interface is up on its host, also when it was taken down while the guest started."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

from openstack.connection import Connection

from tests.support.guests import guest, surroundings
from tests.support.lab import Lab

WAIT_SECONDS = 120
# As the switch in user space does now and then: as soon as libvirt brought it up, it is down again.
SPOIL = """
import subprocess, time
def up():
    shown = subprocess.run(["ip", "link", "show", "up", "dev", {tap!r}], capture_output=True)
    return shown.stdout
deadline = time.monotonic() + {seconds}
while not up():
    assert time.monotonic() < deadline, "the interface never came up"
subprocess.run(["ip", "link", "set", {tap!r}, "down"], check=True)
"""


def test_an_interface_that_was_taken_down_at_the_start_comes_up(
    lab: Lab, cloud: Connection
) -> None:
    name, external = f"ouhai-test-{secrets.token_hex(4)}", lab.variables["external_network"]["name"]
    with surroundings(cloud, name, external) as around, guest(cloud, around) as one:
        server = cloud.compute.get_server(one.server_id)
        host = str(server.compute_host).partition(".")[0]
        (port,) = cloud.network.ports(device_id=one.server_id)
        tap = f"tap{port.id[:11]}"
        cloud.compute.stop_server(server)
        cloud.compute.wait_for_server(server, "SHUTOFF", wait=WAIT_SECONDS)

        code = SPOIL.format(tap=tap, seconds=WAIT_SECONDS)
        with ThreadPoolExecutor(1) as pool:
            spoilt = pool.submit(lab.python, host, code, timeout=WAIT_SECONDS + 10)
            cloud.compute.start_server(server)
            cloud.compute.wait_for_server(server, "ACTIVE", wait=WAIT_SECONDS)
            spoilt.result()
        assert lab.ssh(host, f"ip -brief link show up dev {tap}").output.startswith(tap)
