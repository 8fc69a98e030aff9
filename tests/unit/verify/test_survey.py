"""What is left behind is found, and nobody else's things are taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify import settings
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.scene import Scene
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.survey import (
    Thing,
    differences,
    left_behind,
)

OTHERS = Thing("server", "s1", "web", "p1")


def scene() -> Scene:
    arguments: dict[str, Any] = {
        name: spec.get("default", "x") for name, spec in settings.ARGUMENT_SPEC.items()
    }
    made = Scene(settings.from_arguments(arguments), cast(Any, None))
    made.project_id, made.router_id = "p-own", "r-own"
    return made


def test_paths_and_addresses_are_normalised() -> None:
    wanted = scene().settings
    assert wanted.clouds_file == Path("x")
    assert wanted.dashboard_url == "x/"


def test_ours_is_found_by_owner_attachment_name_and_in_heats_domain() -> None:
    ours = {
        Thing("volume", "v1", "", "p-own"),
        Thing("port", "g1", "", "", parent="r-own"),
        Thing("user", "u1", settings.PREFIX + "1234", "u1"),
        Thing("project", "h1", "p-own-stack", "h1"),
    }
    assert set(left_behind(scene(), ours | {OTHERS})) == ours


def test_empty_identifiers_match_nothing() -> None:
    bare = scene()
    bare.project_id = bare.router_id = ""
    assert left_behind(bare, {OTHERS, Thing("port", "g2", "", "")}) == []


def test_differences_say_what_came_and_went() -> None:
    new = Thing("port", "g2", "", "p1")
    assert differences({OTHERS}, {new}) == ["new: port (no name) g2", "gone: server web s1"]
