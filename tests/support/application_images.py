"""The images of the tree's applications, which the lab does not have by itself."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import yaml

from tests.runner.paths import CACHE, ROOT
from tests.support.lab import Lab

BUILD_SECONDS, UPLOAD_SECONDS = 1800, 300
BUILD = ("unshare", "--mount", "--propagation", "private", str(ROOT / "deploy/images/build"))
IMAGES, REPOSITORY = CACHE / "images", CACHE / "repository/current"


class ImagesMissing(Exception):
    """The images cannot be built or uploaded; says what was printed."""


def names() -> list[str]:
    """Return the names of the images that templates of the tree name by default."""
    templates = [
        yaml.safe_load(path.read_text()) for path in ROOT.glob("heat-templates/*/*/template.yaml")
    ]
    return sorted(
        {
            one["default"]
            for template in templates
            for one in template["parameters"].values()
            if {"custom_constraint": "glance.image"} in one.get("constraints", ())
        }
    )


def provide(lab: Lab) -> None:
    """Build the images of all applications from the lab's repository and upload them.

    :raises ImagesMissing: one cannot be built or uploaded.
    """
    # The probe is no application's, but other tests' guests are made of it.
    wanted = ["probe", *names()]
    build(lab, IMAGES, *wanted)
    upload(lab, IMAGES, *wanted)


def build(lab: Lab, folder: Path, *words: str) -> None:
    """Run `deploy/images/build WORDS` with the lab's repository.

    :param folder: where the images go.
    :raises ImagesMissing: one cannot be built.
    """
    places = ("--output", str(folder), "--repository", str(REPOSITORY))
    _run([*BUILD, *words, *places], BUILD_SECONDS, lab)


def upload(lab: Lab, folder: Path, *names: str) -> None:
    """Run `playbooks/images.yml` for images of a folder.

    :raises ImagesMissing: one cannot be uploaded.
    """
    given = json.dumps({"images": names, "images_directory": str(folder)})
    _run(["ansible-playbook", "playbooks/images.yml", "-e", given], UPLOAD_SECONDS, lab)


def _run(command: list[str], seconds: int, lab: Lab) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **lab.environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise ImagesMissing(f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
