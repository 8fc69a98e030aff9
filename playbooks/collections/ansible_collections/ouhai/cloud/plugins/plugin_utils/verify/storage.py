"""A volume made from the image, and a snapshot of it while the guest runs."""

from __future__ import annotations

import json
from typing import Any

from ..cloud.errors import CheckFailed
from ..cloud.waiting import Wait
from .control_host import ask
from .scene import Scene


def create_volume(scene: Scene) -> str:
    """Create a volume from the image and wait until it is available."""
    name = scene.settings.image
    image = scene.member.image.find_image(name)
    if image is None or image.status != "active":
        raise CheckFailed(
            f"No usable image {name!r}",
            where="Glance, seen as a member",
            why="It is missing." if image is None else f"Its status is {image.status}.",
            remedy="Run playbooks/images.yml; it uploads the images and says what is wrong.",
        )
    scene.image_id = image.id
    storage = scene.member.block_storage
    scene.volume_id = storage.create_volume(
        name=scene.name, size=max(1, image.min_disk or 1), image_id=image.id
    ).id
    _wait_available(scene, "volume", lambda: storage.get_volume(scene.volume_id))
    return ""


def create_snapshot(scene: Scene) -> str:
    """Take a snapshot of the volume that the guest runs on."""
    storage = scene.member.block_storage
    snapshot = storage.create_snapshot(name=scene.name, volume_id=scene.volume_id, force=True)
    _wait_available(scene, "snapshot", lambda: storage.get_snapshot(snapshot.id))
    return ""


def check_clone(scene: Scene) -> str:
    """Ask Ceph whether the volume is a clone of the image rather than a copy."""
    if not scene.settings.control_command:
        return "not asked (no way to a control host given)"
    volume = f"{scene.settings.volume_pool}/volume-{scene.volume_id}"
    answer = ask(scene, "rbd", "info", "--format", "json", volume)
    if answer.returncode != 0:
        raise CheckFailed(
            "Ceph was not able to describe the volume",
            where=" ".join(answer.args),
            why=answer.stderr.strip()[-500:] or f"exit code {answer.returncode}",
            remedy="Run the command by hand; set `verify_control_command: []` to leave it out.",
        )
    parent = json.loads(answer.stdout).get("parent")
    if not parent:
        raise CheckFailed(
            "The guest's disk is a copy of the image, not a clone",
            where=f"volume {scene.volume_id}",
            why="`rbd info` names no parent.",
            remedy="The image must be raw and on RBD, glance-api must have show_image_direct_url, "
            "and Cinder's user must read Glance's pool.",
        )
    return f"clone of {parent['pool']}/{parent['image']}"


def _wait_available(scene: Scene, kind: str, get: Any) -> None:
    seen = "unknown"

    def available() -> bool | None:
        nonlocal seen
        seen = get().status
        if seen.startswith("error"):
            raise CheckFailed(
                f"The {kind} ended in status {seen!r}",
                where=f"Cinder, {kind} {scene.name}",
                why=_message(scene),
                remedy="Look at cinder-volume's journal and at `ceph status` on a control host.",
            )
        return True if seen == "available" else None

    Wait(
        what=f"The {kind} becomes available",
        where=f"Cinder, {kind} {scene.name}",
        remedy="Look whether cinder-scheduler and cinder-volume are up: "
        "`openstack volume service list`.",
        timeout_seconds=scene.settings.build_timeout_seconds,
    ).until(available, lambda: f"Its status is still {seen!r}.")


def _message(scene: Scene) -> str:
    """Return Cinder's own explanation, which it keeps apart from the volume."""
    messages = scene.member.block_storage.get("/messages", microversion="3.3").json()["messages"]
    return messages[0]["user_message"] if messages else "Cinder left no message."
