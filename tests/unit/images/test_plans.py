"""What is in place is left alone; what differs is replaced; what is used is kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.errors import CheckFailed
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images.flavors import plan_flavors
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images.glance import (
    HASH_PROPERTY,
    NAME_PROPERTY,
    plan_image,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images.manifest import Manifest, Part
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images.retired import plan_retired

INVENTORY = {"ouhai_packages": "bash=5"}
MANIFEST = Manifest(
    "probe", "abc", Part("probe", Path("disk"), "raw", 4, "sha"), None, None, {}, 1, 128, INVENTORY
)
WANTED = {"name": "probe", "vcpus": 1, "memory_mib": 128, "disk_gib": 1}


def image(**changes: Any) -> SimpleNamespace:
    values = {
        "id": "i1",
        "name": "probe",
        "status": "active",
        "visibility": "public",
        "is_hidden": False,
        "hash_value": "sha",
        "created_at": "2026",
        "owner_id": "centre",
        "properties": {HASH_PROPERTY: "abc", NAME_PROPERTY: "probe", **INVENTORY},
    }
    return SimpleNamespace(**(values | changes))


def cloud(*images: SimpleNamespace, flavors: tuple[SimpleNamespace, ...] = ()) -> MagicMock:
    made = MagicMock(current_project_id="centre")
    made.image.images.side_effect = lambda **query: [
        one
        for one in images
        if one.is_hidden == query.get("is_hidden", False)
        and one.owner_id == query.get("owner", one.owner_id)
    ]
    made.compute.flavors.return_value = flavors
    made.compute.servers.return_value = []
    made.block_storage.volumes.return_value = []
    made.orchestration.get.return_value = stacks()
    return made


def stacks(*tags: str) -> SimpleNamespace:
    """Return Heat's list of all projects' stacks: one without tags, one with some."""
    rows = {"stacks": [{"tags": None}, {"tags": list(tags)}]}
    return SimpleNamespace(status_code=200, json=lambda: rows)


def test_the_same_content_is_left_alone() -> None:
    assert plan_image(cloud(image()), MANIFEST) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": {HASH_PROPERTY: "old", NAME_PROPERTY: "probe"}},
        {"hash_value": "damaged"},
        {"status": "saving"},
        {"visibility": "private"},
    ],
)
def test_other_content_is_replaced(changes: dict[str, Any]) -> None:
    (change,) = plan_image(cloud(image(**changes)), MANIFEST)
    assert change.after == "image probe abc"


def test_an_image_made_by_hand_is_not_taken_over() -> None:
    with pytest.raises(CheckFailed, match="Another public image"):
        plan_image(cloud(image(properties={})), MANIFEST)


def test_a_replaced_image_stays_while_a_volume_was_made_from_it() -> None:
    old = image(id="i0", name="probe (replaced)", is_hidden=True)
    here = cloud(old, image(properties={HASH_PROPERTY: "new", NAME_PROPERTY: "probe"}))
    assert [change.summary for change in plan_retired(here, ["probe"])] == [
        "image probe (replaced): delete, unused"
    ]
    here.block_storage.volumes.return_value = [
        SimpleNamespace(volume_image_metadata={"image_id": "i0"})
    ]
    assert plan_retired(here, ["probe"]) == []


def test_a_replaced_image_stays_while_an_application_can_go_back_to_it() -> None:
    old = image(id="i0", name="probe (replaced)", is_hidden=True)
    here = cloud(old, image(properties={HASH_PROPERTY: "new", NAME_PROPERTY: "probe"}))
    here.orchestration.get.return_value = stacks("version:1", "image:i0")
    assert plan_retired(here, ["probe"]) == []
    here.orchestration.get.return_value = stacks("version:1", "image:i1")
    assert len(plan_retired(here, ["probe"])) == 1


def test_a_bureaus_snapshot_with_our_properties_is_the_bureaus() -> None:
    snapshot = image(id="s1", visibility="private", owner_id="mzj")
    assert plan_retired(cloud(snapshot, image(properties={HASH_PROPERTY: "new"})), ["probe"]) == []


def test_an_image_that_does_not_tell_what_is_inside_is_told_to() -> None:
    here = cloud(image(properties={HASH_PROPERTY: "abc", NAME_PROPERTY: "probe"}))
    (change,) = plan_image(here, MANIFEST)
    here.image.patch.return_value = SimpleNamespace(status_code=200)
    change.apply()
    assert change.after == "image probe: tell what is inside"
    (asked,) = here.image.patch.call_args_list
    assert asked.args == ("/images/i1",)
    assert '"path": "/ouhai_packages", "value": "bash=5"' in asked.kwargs["data"]
    assert not here.image.post.called


def test_the_image_in_use_is_never_retired() -> None:
    assert plan_retired(cloud(image()), ["probe"]) == []


def test_flavors_are_created_replaced_or_left_alone() -> None:
    same = SimpleNamespace(id="f", name="probe", vcpus=1, ram=128, disk=1)
    assert plan_flavors(cloud(flavors=(same,)), [WANTED]) == []
    (created,) = plan_flavors(cloud(), [WANTED])
    assert created.before == ""
    other = SimpleNamespace(id="f", name="probe", vcpus=2, ram=128, disk=1)
    here = cloud(flavors=(other,))
    (replaced,) = plan_flavors(here, [WANTED])
    replaced.apply()
    here.compute.delete_flavor.assert_called_once_with("f")
