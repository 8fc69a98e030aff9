"""What a member has made before the bureau leaves, all of it in use, and whether it is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from openstack.connection import Connection
from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.archive import ARCHIVE

from tests.drills.steps import DrillFailed
from tests.support.guests import FLAVOR, IMAGE

STACK: Json = {
    "heat_template_version": "2021-04-16",
    "resources": {
        "data": {"type": "OS::Cinder::Volume", "properties": {"size": 1}},
        # Makes a user in Heat's domain.
        "handle": {"type": "OS::Heat::WaitConditionHandle"},
    },
}
WAIT_SECONDS = 180
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Belongings:
    """Servers that run, with their volumes, and a stack's volume.

    :param volumes: ids by what they are: ``stack``, ``data``, ``root``.
    :param servers: ids by name.
    :param pictured: name of the server whose disk is no volume, and is kept as an image.
    """

    volumes: Mapping[str, str]
    servers: Mapping[str, str]
    pictured: str

    @property
    def ids(self) -> list[str]:
        """Everything that a report must name."""
        return [*self.volumes.values(), *self.servers.values()]


def furnish(one: Connection, other: Connection) -> Belongings:
    """Make a stack, and servers with their volumes; wait until all of it is in use.

    :param one: a member's way to where the stack and a server with a data volume will be.
    :param other: one to where there will be a server that lives on a volume.
    :raises DrillFailed: something does not come to run.
    """
    stack = one.orchestration.create_stack(name="drill-stack", template=STACK)
    from_image, from_volume = "drill-from-image", "drill-from-volume"
    image = one.image.find_image(IMAGE, ignore_missing=False).id
    data = one.block_storage.create_volume(name="drill-data", size=1).id
    # As Horizon asks for it, where the volume is to go with the server unless somebody sees to it.
    disk = {"source_type": "image", "destination_type": "volume", "uuid": image}
    disk |= {"boot_index": 0, "volume_size": 1, "delete_on_termination": True}
    pictured = _boot(one, from_image, image_id=image)
    living_on_volume = _boot(other, from_volume, block_device_mapping=[disk])
    _wait(lambda: one.compute.get_server(pictured), "ACTIVE")
    _wait(lambda: one.block_storage.get_volume(data), "available")
    one.compute.create_volume_attachment(pictured, volume_id=data)
    _wait(lambda: one.block_storage.get_volume(data), "in-use")
    _wait(lambda: other.compute.get_server(living_on_volume), "ACTIVE")
    _wait(lambda: one.orchestration.get_stack(stack.id), "CREATE_COMPLETE")
    (attached,) = other.compute.volume_attachments(living_on_volume)
    made = {each.logical_resource_id: each for each in one.orchestration.resources(stack)}
    return Belongings(
        {"stack": made["data"].physical_resource_id, "data": data, "root": attached.volume_id},
        {from_image: pictured, from_volume: living_on_volume},
        from_image,
    )


def expect_kept(api: Api, belongings: Belongings) -> None:
    """See that volumes are whole and the archive's, and a disk that was none an image there.

    :raises DrillFailed: it is not so.
    """
    archives = [one["id"] for one in api.list("identity", "/projects", name=ARCHIVE)]
    listed = api.list("block_storage", "/volumes/detail", collection="volumes", all_tenants="1")
    volumes = {one["id"]: one for one in listed}
    for what, id_ in belongings.volumes.items():
        found = volumes.get(id_, {})
        if (
            found.get("os-vol-tenant-attr:tenant_id") not in archives
            or found["status"] != "available"
        ):
            raise DrillFailed(f"{what} volume {id_} is not kept in {ARCHIVE}: {found or 'gone'}")
    name = f"{belongings.pictured} {belongings.servers[belongings.pictured]}"
    images = [one for one in api.list("image", "/images", name=name) if one["owner"] in archives]
    whole = [one for one in images if one["status"] == "active" and one["size"]]
    if len(images) != 1 or not whole:
        raise DrillFailed(f"not one whole image {name} is kept in {ARCHIVE}: {images}")


def _boot(member: Connection, name: str, **disk: object) -> str:
    flavor = member.compute.find_flavor(FLAVOR, ignore_missing=False).id
    project = member.current_project_id
    (network,) = member.network.networks(project_id=project)
    asked = {"name": name, "flavor_id": flavor, "networks": [{"uuid": network.id}], **disk}
    return str(member.compute.create_server(**asked).id)


def _wait(look: Callable[[], Json], wanted: str) -> None:
    """Wait until something has a status.

    :raises DrillFailed: it fails, or does not in time.
    """
    end = time.monotonic() + WAIT_SECONDS
    while (found := look())["status"] != wanted:
        status = str(found["status"]).upper()
        if "ERROR" in status or "FAILED" in status or time.monotonic() > end:
            raise DrillFailed(f"{found['name']} is {status} and not {wanted}: {found}")
        time.sleep(POLL_SECONDS)
