"""Reads the manifests that deploy/images/build writes; doc/images.rst describes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cloud.errors import CheckFailed

FORMAT_VERSION = 1
CONTAINER_FORMATS = {"raw": "bare", "aki": "aki", "ari": "ari"}


@dataclass(frozen=True)
class Part:
    """One file of an image, which becomes one image in Glance."""

    name: str
    path: Path
    disk_format: str
    size: int
    sha512: str

    @property
    def container_format(self) -> str:
        """Return what Glance requires beside `disk_format`."""
        return CONTAINER_FORMATS[self.disk_format]


@dataclass(frozen=True)
class Manifest:
    """A built image. `content_hash` covers all that went into it, its properties too.

    `inventory` tells what is inside, as properties in Glance: packages, snapshot, checksum.
    """

    name: str
    content_hash: str
    disk: Part
    kernel: Part | None
    initramfs: Part | None
    properties: dict[str, str]
    min_disk_gib: int
    min_ram_mib: int
    inventory: dict[str, str]


def load(images_directory: Path, name: str) -> Manifest:
    """Read the manifest of the newest build of an image.

    :raises CheckFailed: there is none, it is of another format, or a file of it has another size.
    """
    path = images_directory / name / "current" / "manifest.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version {data['format_version']} is not {FORMAT_VERSION}")
        disk = _part(path, name, data["disk"])
        if disk is None:
            raise ValueError("it has no disk")
        return Manifest(
            name=name,
            content_hash=data["content_hash"],
            disk=disk,
            kernel=_part(path, f"{name}-kernel", data["kernel"]),
            initramfs=_part(path, f"{name}-initramfs", data["initramfs"]),
            properties=dict(data["properties"]),
            min_disk_gib=data["min_disk_gib"],
            min_ram_mib=data["min_ram_mib"],
            inventory={
                "ouhai_packages": " ".join(
                    f"{package['name']}={package['version']}" for package in data["packages"]
                ),
                "ouhai_snapshot": data["snapshot"],
                "ouhai_sha256": data["disk"]["sha256"],
            },
        )
    except (OSError, ValueError, KeyError) as error:
        raise CheckFailed(
            f"Image {name!r} cannot be uploaded",
            where=str(path),
            why=f"{type(error).__name__}: {error}",
            remedy=f"Build it: deploy/images/build {name} --output {images_directory}",
        ) from error


def _part(manifest: Path, name: str, data: dict[str, Any] | None) -> Part | None:
    if data is None:
        return None
    path = manifest.resolve().parent / data["file"]
    if path.stat().st_size != data["size"]:
        raise ValueError(f"{path} has {path.stat().st_size} bytes instead of {data['size']}")
    if data["format"] not in CONTAINER_FORMATS:
        raise ValueError(f"{path} has unknown format {data['format']!r}")
    return Part(name, path, data["format"], data["size"], data["sha512"])
