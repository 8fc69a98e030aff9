"""A guest that boots from the volume."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from ..cloud.errors import CLOUD_ERRORS, CheckFailed
from ..cloud.waiting import Wait
from .scene import Scene

CONSOLE_LINES = 25
METADATA_KEY = "ouhai_verify"


def create_key_pair(scene: Scene) -> str:
    """Import a fresh public key; the private one is forgotten at once, nobody logs in."""
    scene.public_key = (
        ed25519.Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )
    scene.member.compute.create_keypair(
        name=scene.name, public_key=f"{scene.public_key} {scene.name}"
    )
    return ""


def create_server(scene: Scene) -> str:
    """Boot a guest from the volume and wait until Nova calls it ACTIVE."""
    compute, flavor_name = scene.member.compute, scene.settings.flavor
    flavor = compute.find_flavor(flavor_name)
    if flavor is None:
        raise CheckFailed(
            f"No flavor {flavor_name!r}",
            where="Nova, seen as a member",
            why="It is missing or not public.",
            remedy="Run playbooks/images.yml; it creates the flavors of `flavors`.",
        )
    scene.server_id = compute.create_server(
        name=scene.name,
        flavor_id=flavor.id,
        key_name=scene.name,
        networks=[{"port": scene.port_id}],
        metadata={METADATA_KEY: scene.marker},
        user_data=base64.b64encode(user_data(scene.marker).encode()).decode(),
        block_device_mapping=[
            {
                "boot_index": 0,
                "uuid": scene.volume_id,
                "source_type": "volume",
                "destination_type": "volume",
                "delete_on_termination": False,
            }
        ],
    ).id
    _wait_active(scene)
    return ""


def user_data(marker: str) -> str:
    """Return user data that any guest accepts: cloud-init ignores what a comment says."""
    return f"#cloud-config\n# {marker}\n"


def console_tail(scene: Scene) -> str:
    """Return the last lines of the guest's console, or why there are none."""
    try:
        output = scene.member.compute.get_server_console_output(
            scene.server_id, length=CONSOLE_LINES
        )
    except CLOUD_ERRORS as error:
        return f"(no console log: {error})"
    return output["output"].rstrip() or "(the console log is empty)"


def _wait_active(scene: Scene) -> None:
    seen = "unknown"

    def active() -> bool | None:
        nonlocal seen
        server = scene.member.compute.get_server(scene.server_id)
        seen = f"{server.status}, task {server.task_state}"
        if server.status == "ERROR":
            fault = server.fault or {}
            raise CheckFailed(
                "The guest did not start",
                where=f"Nova, server {scene.server_id}",
                why=f"{fault.get('message', 'no fault recorded')} (code {fault.get('code')})",
                remedy="`openstack server event list --long` names the failed event; look at the "
                "journal of nova-scheduler, and of nova-compute on the host it names.",
            )
        return True if server.status == "ACTIVE" else None

    Wait(
        what="The guest becomes ACTIVE",
        where=f"Nova, server {scene.server_id}",
        remedy="When the task is `spawning` and no port is bound, look at neutron-api and at "
        "ovn-controller on the compute host (`ovs-vsctl list open`).",
        timeout_seconds=scene.settings.build_timeout_seconds,
    ).until(active, lambda: f"Its state is still {seen}.")
