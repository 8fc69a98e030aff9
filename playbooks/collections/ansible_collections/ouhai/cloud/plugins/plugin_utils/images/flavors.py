"""Brings Nova's flavors in line with the variable `flavors`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openstack.connection import Connection

from .changes import Change

FIELDS = {
    "name": {"type": "str", "required": True},
    "vcpus": {"type": "int", "required": True},
    "memory_mib": {"type": "int", "required": True},
    "disk_gib": {"type": "int", "required": True},
}


def plan_flavors(cloud: Connection, wanted: Iterable[dict[str, Any]]) -> list[Change]:
    """Return what to create or replace. Flavors that are not listed are left alone.

    Nova cannot change a flavor. Replacing one leaves existing guests as they are.
    """
    present = {flavor.name: flavor for flavor in cloud.compute.flavors(is_public=None)}
    return [
        change
        for flavor in wanted
        if (change := _plan(cloud, present.get(flavor["name"]), flavor)) is not None
    ]


def _plan(cloud: Connection, present: Any | None, wanted: dict[str, Any]) -> Change | None:
    after = _line(wanted["name"], wanted["vcpus"], wanted["memory_mib"], wanted["disk_gib"])
    before = ""
    if present is not None:
        before = _line(present.name, present.vcpus, present.ram, present.disk)
    if before == after:
        return None
    return Change(after, before, after, lambda: _replace(cloud, present, wanted))


def _line(name: str, vcpus: int, memory_mib: int, disk_gib: int) -> str:
    return f"flavor {name}: {vcpus} vcpus, {memory_mib} MiB, {disk_gib} GiB"


def _replace(cloud: Connection, present: Any | None, wanted: dict[str, Any]) -> None:
    if present is not None:
        cloud.compute.delete_flavor(present.id)
    cloud.compute.create_flavor(
        name=str(wanted["name"]),
        vcpus=wanted["vcpus"],
        ram=wanted["memory_mib"],
        disk=wanted["disk_gib"],
    )
