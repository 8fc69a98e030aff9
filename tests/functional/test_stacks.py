"""Heat finds things by their names as they are now."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from openstack.connection import Connection

WAIT_SECONDS = 120
CONTENT = bytes(1 << 20)


@contextmanager
def image(cloud: Connection, name: str) -> Iterator[str]:
    """Have an image of a name for a while; return its id."""
    made = cloud.image.create_image(
        name, data=CONTENT, disk_format="raw", container_format="bare", validate_checksum=False
    )
    try:
        yield str(made.id)
    finally:
        cloud.image.delete_image(made.id)


@contextmanager
def volume_of(cloud: Connection, image_name: str) -> Iterator[str]:
    """Have a stack with a volume of an image, which is named only; return the volume's id."""
    properties = {"size": 1, "image": image_name}
    heat = cloud.orchestration
    stack = heat.create_stack(
        name=f"{image_name}-{secrets.token_hex(2)}",
        template={
            "heat_template_version": "2021-04-16",
            "resources": {"volume": {"type": "OS::Cinder::Volume", "properties": properties}},
        },
    )
    try:
        heat.wait_for_status(
            stack, "CREATE_COMPLETE", failures=["CREATE_FAILED"], wait=WAIT_SECONDS
        )
        (volume,) = heat.resources(stack)
        yield str(volume.physical_resource_id)
    finally:
        heat.delete_stack(stack)
        heat.wait_for_delete(stack, wait=WAIT_SECONDS)


def test_an_image_that_took_the_place_of_another_is_found(cloud: Connection) -> None:
    """As when images.yml replaces the district's."""
    name = f"ouhai-test-{secrets.token_hex(4)}"
    for _ in range(2):
        with image(cloud, name) as image_id, volume_of(cloud, name) as volume_id:
            made = cloud.block_storage.get_volume(volume_id)
            assert made.volume_image_metadata["image_id"] == image_id
