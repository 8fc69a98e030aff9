"""Nova makes an image of a server: it sends the disk to Glance, past haproxy and uWSGI."""

from __future__ import annotations

from openstack.connection import Connection

from tests.support.guests import Guest

TIMEOUT_SECONDS = 300


def test_an_image_of_a_running_server_is_whole(cloud: Connection, probe: Guest) -> None:
    name = f"ouhai-test-{probe.server_id}"
    try:
        image = cloud.compute.create_server_image(
            probe.server_id, name, wait=True, timeout=TIMEOUT_SECONDS
        )
        assert image.status == "active"
        assert image.size > 0
    finally:
        for left in cloud.image.images(name=name):
            cloud.image.delete_image(left.id)
