"""Guest images: built in the background while the cloud is deployed."""

from __future__ import annotations

from deploy.hardware import application, jobs
from deploy.hardware.layout import Layout

ALWAYS = ("probe", "debian")


def names(layout: Layout, wish: str) -> list[str]:
    """Return the images that a lab needs which ends with the application that is wished for."""
    return list(dict.fromkeys((*ALWAYS, *application.images(layout, wish))))


def build(layout: Layout, wish: str) -> jobs.Job:
    """Start building the images from the repository, at low priority: site.yml goes first."""
    command = [
        *("nice", "-n", "10", "unshare", "--mount", "--propagation", "private"),
        *(layout.python, str(layout.tree / "deploy/images/build"), *names(layout, wish)),
        *("--output", str(layout.images), "--repository", str(layout.repository / "current")),
    ]
    return jobs.start(layout, "image-build", command)
