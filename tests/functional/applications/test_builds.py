"""Images are built alike twice, and a copy keeps its image until it is updated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.support.application_images import IMAGES, build, upload
from tests.support.applications import Key, Member
from tests.support.lab import Lab

NAME = "debian"


@pytest.fixture
def another(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """Return a folder with another build of the image; the lab's own is back afterwards."""
    current, folder = IMAGES / NAME / "current", tmp_path / NAME / "current"
    folder.mkdir(parents=True)
    for file in current.resolve().iterdir():
        (folder / file.name).symlink_to(file)
    manifest = json.loads((current / "manifest.json").read_text())
    (folder / "manifest.json").unlink()
    changed = manifest | {"content_hash": "0" * len(manifest["content_hash"])}
    (folder / "manifest.json").write_text(json.dumps(changed))
    yield tmp_path
    upload(lab, IMAGES, NAME)


def test_the_same_packages_give_the_same_image(lab: Lab, tmp_path: Path) -> None:
    """Wherever it is built, here where nobody but us may look; a snapshot's name is its date's."""
    build(lab, tmp_path, NAME, "--force")
    first, second = (
        json.loads((folder / NAME / "current/manifest.json").read_text()) | {"snapshot": ""}
        for folder in (IMAGES, tmp_path)
    )
    assert first == second


def test_going_back_brings_the_image_back_which_is_kept_until_then(
    member: Member, key: Key, name: str, lab: Lab, cloud: Connection, another: Path
) -> None:
    def made_of() -> str:
        (server,) = (one for one in member.connection.compute.servers() if name in one.name)
        return str(server.image["id"])

    def there() -> set[str]:
        hidden = cloud.image.images(is_hidden=True, ouhai_image=NAME)
        return {one.id for one in (*hidden, *cloud.image.images(name=NAME))}

    # From here on the one that others of the lab are made of is the other one.
    upload(lab, another, NAME)
    copy = member.answer("deploy", "server", name, "--parameter", key.parameter)
    old = made_of()
    upload(lab, IMAGES, NAME)
    assert made_of() == old
    updated = member.answer("update", name)
    new = made_of()
    assert new != old and updated["version"] == copy["version"]
    upload(lab, IMAGES, NAME)
    assert {old, new} <= there()
    back = member.answer("rollback", name)
    assert made_of() == old and back["address"] == copy["address"]
    done = member.app("delete", name, "--delete-data")
    assert done.returncode == 0, done.stderr
    upload(lab, IMAGES, NAME)
    assert old not in there() and new in there()
