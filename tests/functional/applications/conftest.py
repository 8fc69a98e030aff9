"""What all applications of the tree need that the lab does not have by itself: their images."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import yaml

from tests.runner.paths import CACHE, ROOT
from tests.support.lab import Lab

BUILD_SECONDS, UPLOAD_SECONDS = 1800, 300


@pytest.fixture(scope="session", autouse=True)
def application_images(lab: Lab) -> None:
    """Build the images of all applications from the lab's repository and upload them."""
    templates = [
        yaml.safe_load(path.read_text()) for path in ROOT.glob("heat-templates/*/*/template.yaml")
    ]
    # The probe is no application's; the playbook deletes what it is not told of.
    names = sorted({"probe", *(one["parameters"]["image"]["default"] for one in templates)})
    images, repository = CACHE / "images", CACHE / "repository/current"
    build = ["unshare", "--mount", "--propagation", "private", str(ROOT / "deploy/images/build")]
    build += [*names, "--output", str(images), "--repository", str(repository)]
    _run(build, BUILD_SECONDS, lab)
    given = json.dumps({"images": names})
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
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
