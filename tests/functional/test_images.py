"""Guest images in Glance tell what is in them."""

from __future__ import annotations

import json

from openstack.connection import Connection

from tests.support.application_images import IMAGES


def test_images_tell_which_packages_are_inside(cloud: Connection) -> None:
    manifest = json.loads((IMAGES / "debian/current/manifest.json").read_text())
    (image,) = cloud.image.images(name="debian")
    told = dict(one.split("=", 1) for one in image.properties["ouhai_packages"].split())
    assert told == {one["name"]: one["version"] for one in manifest["packages"]}
    assert "cloud-init" in told
    assert image.properties["ouhai_snapshot"] == manifest["snapshot"]
    assert image.properties["ouhai_sha256"] == manifest["disk"]["sha256"]
