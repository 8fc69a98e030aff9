"""A guest's disk is a clone of its image where Nova makes it, as verify.yml shows of a volume."""

from __future__ import annotations

import json

from openstack.connection import Connection

from tests.support.guests import IMAGE, Guest
from tests.support.lab import Lab


def test_novas_own_disk_is_a_clone(lab: Lab, cloud: Connection, probe: Guest) -> None:
    shown = lab.ssh(lab.control, f"rbd info --format json vms/{probe.server_id}_disk")
    assert shown.code == 0, shown
    parent = json.loads(shown.output)["parent"]
    image = cloud.image.find_image(IMAGE, ignore_missing=False)
    assert (parent["pool"], parent["image"]) == ("images", image.id)
