"""The manifest of a build: what the upload to Glance needs, and which packages are inside."""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploy.images.builder.definition import Definition
from deploy.images.builder.source import Source
from deploy.images.builder.trees import Package

FORMAT_VERSION = 1
NAME = "manifest.json"
_FORMATS = {
    "disk": ("disk.raw", "raw"),
    "kernel": ("kernel", "aki"),
    "initramfs": ("initramfs", "ari"),
}


def _checksum(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def write(
    folder: Path, image: Definition, source: Source, content_hash: str, packages: Iterable[Package]
) -> Path:
    """Write `folder`/manifest.json about the files in `folder`; returns its path."""
    files: dict[str, dict[str, Any]] = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for part, (name, disk_format) in _FORMATS.items():
            path = folder / name
            sums = pool.map(lambda kind, path=path: _checksum(path, kind), ("sha256", "sha512"))
            sha256, sha512 = sums
            files[part] = {
                "file": name,
                "format": disk_format,
                "size": path.stat().st_size,
                "sha256": sha256,
                "sha512": sha512,
            }
    document = {
        "format_version": FORMAT_VERSION,
        "name": image.name,
        "content_hash": content_hash,
        "snapshot": source.snapshot,
        **files,
        "properties": dict(image.properties),
        "min_disk_gib": image.min_disk_gib,
        "min_ram_mib": image.min_ram_mib,
        "packages": [asdict(package) for package in sorted(set(packages))],
    }
    target = folder / NAME
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return target
