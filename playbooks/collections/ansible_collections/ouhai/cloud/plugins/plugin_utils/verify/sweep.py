"""Finds and removes what a killed verification left behind."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

from openstack.connection import Connection

from ..cloud.errors import CheckFailed
from .identity import keeper_of
from .removal import Removal
from .settings import PREFIX, TAG, Settings

# A verification on another deploy host is taken for dead after this time.
OTHER_HOST_SECONDS = 3600


def sweep(admin: Connection, settings: Settings) -> list[str]:
    """Remove leftovers, and return the names of the projects removed.

    A project is a leftover when it carries both our prefix and our tag.

    :raises CheckFailed: another verification is running, or a leftover cannot be removed.
    """
    removed = []
    for project in admin.identity.projects(tags=TAG):
        if not project.name.startswith(PREFIX):
            continue
        _refuse_if_running(project.name, project.description or "")
        users = admin.identity.users(domain_id=project.domain_id, name=project.name)
        failures = Removal(
            admin,
            keeper_of(admin, project.id),
            project.id,
            settings.removal_timeout_seconds,
        ).run(user.id for user in users if user.name == project.name)
        if failures:
            raise failures[0]
        removed.append(project.name)
    return removed


def _refuse_if_running(name: str, mark: str) -> None:
    found = re.search(r"host=(\S+) pid=(\d+) time=(\d+)", mark)
    if found is None:
        return
    host, pid, started = found[1], found[2], int(found[3])
    if host == socket.gethostname():
        running = _is_ansible(pid)
    else:
        running = time.time() - started < OTHER_HOST_SECONDS
    if running:
        raise CheckFailed(
            "Another verification of this cloud is running",
            where=f"project {name}, process {pid} on {host}",
            why="Its project exists and it has not ended.",
            remedy="Wait for it. If it was killed on another deploy host, wait an hour or remove "
            "the project's tag and clear it by hand.",
        )


def _is_ansible(pid: str) -> bool:
    """Tell whether the process exists and is Ansible: numbers are used again."""
    try:
        return b"ansible" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
