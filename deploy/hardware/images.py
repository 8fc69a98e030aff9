"""Guest images: built in the background while the cloud is deployed."""

from __future__ import annotations

from deploy.hardware import jobs
from deploy.hardware.layout import Layout

IMAGES = ("probe", "debian", "portal", "oa")


def build(layout: Layout) -> jobs.Job:
    """Start building the images from the repository, at low priority: site.yml goes first."""
    command = [
        *("nice", "-n", "10", "unshare", "--mount", "--propagation", "private"),
        *(layout.python, str(layout.tree / "deploy/images/build"), *IMAGES),
        *("--output", str(layout.images), "--repository", str(layout.repository / "current")),
    ]
    return jobs.start(layout, "image-build", command)
