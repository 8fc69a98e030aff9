"""Manifests are believed only when their files are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.errors import CheckFailed
from ansible_collections.ouhai.cloud.plugins.plugin_utils.images.manifest import load

DISK = {"file": "disk.raw", "format": "raw", "size": 4, "sha512": "s", "sha256": "t"}


def build(folder: Path, **changes: Any) -> Path:
    version = folder / "probe" / "abc"
    version.mkdir(parents=True)
    (version / "disk.raw").write_bytes(b"disk")
    (folder / "probe" / "current").symlink_to("abc")
    manifest = {
        "format_version": 1,
        "content_hash": "abc",
        "disk": DISK,
        "kernel": None,
        "initramfs": None,
        "properties": {"hw_disk_bus": "virtio"},
        "min_disk_gib": 1,
        "min_ram_mib": 128,
        "snapshot": "20261128-abc",
        "packages": [
            {"name": "bash", "version": "5.2", "architecture": "amd64"},
            {"name": "tzdata", "version": "1:2026a", "architecture": "all"},
        ],
    }
    (version / "manifest.json").write_text(json.dumps(manifest | changes))
    return folder


def test_a_manifest_is_read(tmp_path: Path) -> None:
    manifest = load(build(tmp_path), "probe")
    assert manifest.disk.path.read_bytes() == b"disk"
    assert manifest.disk.container_format == "bare"
    assert manifest.kernel is None
    assert manifest.inventory == {
        "ouhai_packages": "bash=5.2 tzdata=1:2026a",
        "ouhai_snapshot": "20261128-abc",
        "ouhai_sha256": "t",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"format_version": 2},
        {"disk": None},
        {"disk": DISK | {"size": 5}},
        {"disk": DISK | {"file": "missing"}},
        {"disk": DISK | {"format": "vhd"}},
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(CheckFailed, match="deploy/images/build probe"):
        load(build(tmp_path, **changes), "probe")


def test_a_missing_build_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="deploy/images/build probe"):
        load(tmp_path, "probe")
