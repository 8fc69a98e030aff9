"""Checks of the devices that Ceph shall get: there, and empty or ours. Nothing is changed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure

_GIB = 1 << 30
_BLUESTORE = b"bluestore block device"
_LABEL_BYTES = 4096


def check_devices(where: str, devices: Iterable[Mapping[str, Any]], cluster: str) -> list[Failure]:
    """Check each device or file.

    :param devices: `path`, and for a plain file `size_gib`.
    :param cluster: the fsid of our own Ceph cluster.
    """
    failures = []
    new_bytes: dict[Path, int] = {}
    for device in devices:
        path = Path(device["path"])
        if device.get("size_gib"):
            if path.exists():
                failures += _check_content(where, path, cluster)
            else:
                folder = _existing_parent(path)
                wanted = int(device["size_gib"] * _GIB)
                new_bytes[folder] = new_bytes.get(folder, 0) + wanted
        else:
            failures += _check_block_device(where, path, cluster)
    for folder, wanted in new_bytes.items():
        failures += _check_space(where, folder, wanted)
    return failures


def label_fault(label: bytes, cluster: str) -> str | None:
    """Say what is wrong with the start of a device, or None when it is empty or ours."""
    if not label.strip(b"\0"):
        return None
    if label.startswith(_BLUESTORE):
        return None if cluster.encode() in label else "belongs to another Ceph cluster"
    return "is not empty"


def uses(tree: Mapping[str, Any]) -> list[str]:
    """Say what a device is used for, from what lsblk prints about it and what is on it."""
    found = []
    for mount in tree.get("mountpoints") or []:
        if mount:
            found.append(f"mounted on {mount}")
    fstype = tree.get("fstype")
    if fstype and fstype != "ceph_bluestore":
        found.append(f"{fstype} on {tree['name']}")
    for child in tree.get("children") or []:
        found += uses(child) or [f"{child.get('type', 'device')} {child['name']} on it"]
    return found


def _check_block_device(where: str, path: Path, cluster: str) -> list[Failure]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = 0
    if not stat.S_ISBLK(mode):
        what = "is not a block device" if mode else "does not exist"
        return [
            _failure(
                where,
                f"the storage device {path} {what}",
                "Correct storage_devices of the host: `lsblk` lists what there is. Names under "
                "/dev/disk/by-id do not change when a disk is added.",
            )
        ]
    command = ["lsblk", "--json", "--output", "NAME,TYPE,FSTYPE,MOUNTPOINTS", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
    used = uses(json.loads(listing.stdout)["blockdevices"][0])
    if used and not _is_our_volume(path, cluster):
        return [_not_empty(where, path, f"is in use: {', '.join(used)}")]
    return [] if used else _check_content(where, path, cluster)


def _is_our_volume(path: Path, cluster: str) -> bool:
    """Tell whether the device carries a logical volume that ceph-volume made for our cluster."""
    command = ["pvs", "--noheadings", "--readonly", "--options", "lv_tags", str(path)]
    try:
        tags = subprocess.run(command, check=False, capture_output=True, text=True, timeout=10)
    except FileNotFoundError:
        return False  # without LVM's tools no volume can be ours
    return f"ceph.cluster_fsid={cluster}" in tags.stdout


def _check_content(where: str, path: Path, cluster: str) -> list[Failure]:
    with path.open("rb") as stream:
        fault = label_fault(stream.read(_LABEL_BYTES), cluster)
    return [_not_empty(where, path, fault)] if fault else []


def _check_space(where: str, folder: Path, wanted: int) -> list[Failure]:
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free >= wanted:
        return []
    return [
        _failure(
            where,
            f"{free / _GIB:.1f} GiB are free in {folder}, files for storage need {wanted / _GIB:g}",
            "Free some space, or lower size_gib in storage_devices.",
        )
    ]


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.exists())


def _not_empty(where: str, path: Path, fault: str) -> Failure:
    return Failure(
        where,
        f"the storage device {path} {fault}",
        "everything on it would be lost: the deployment never takes a device with data",
        f"If the data is not needed: wipefs --all {path} and clear its first 100 MiB. Otherwise "
        "take it out of storage_devices.",
    )


def _failure(where: str, what: str, remedy: str) -> Failure:
    return Failure(where, what, "the Ceph cluster could not be built as described", remedy)
