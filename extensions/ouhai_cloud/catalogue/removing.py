"""Removing a copy: its data is kept unless it is asked for by name, and nothing else stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ouhai_cloud.catalogue.copies import POLL_SECONDS, Copy, Tell, follow
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.stacks import SERVER, VOLUME, Part
from ouhai_cloud.errors import CopyFailed

STOP_SECONDS = 120.0
DETACH_SECONDS = 120.0


@dataclass(frozen=True)
class Removal:
    """What became of a copy.

    :param kept: volumes that stay, with their data.
    :param deleted: volumes that went with it.
    """

    kept: tuple[Part, ...]
    deleted: tuple[Part, ...]


def remove(api: Api, copy: Copy, tell: Tell, *, delete_data: bool) -> Removal:
    """Remove a copy and prove that nothing is left of it but what is kept.

    :param delete_data: remove the volumes that it made, too.
    :raises CopyFailed: something cannot be removed; removing again goes on from there.
    """
    volumes = tuple(one for one in copy.parts if one.type == VOLUME and one.id)
    if volumes and not delete_data:
        _shut_down(api, copy, tell)
    stacks.delete(api, copy.stack)
    follow(api, copy.stack, tell)
    now = stacks.show(api, copy.stack, outputs=False)
    if now is not None:
        culprit = stacks.culprit(stacks.parts(api, now))
        why = f"{culprit.name}: {culprit.reason}" if culprit else now.reason
        raise CopyFailed(
            f"{copy.stack.name} could not be removed whole. {why}\nRun the same command again."
        )
    if delete_data:
        for one in volumes:
            _delete_volume(api, one, tell)
    gone = [one for one in copy.parts if one not in volumes or delete_data]
    left = [one for one in gone if stacks.there(api, one)]
    if left:
        names = ", ".join(f"{one.type} {one.id} ({one.name})" for one in left)
        raise CopyFailed(f"{copy.stack.name} is removed, but these are left: {names}. Remove them.")
    return Removal(() if delete_data else volumes, volumes if delete_data else ())


def _shut_down(api: Api, copy: Copy, tell: Tell) -> None:
    """Stop the guests, so that what they have in memory is on the volumes that are kept."""
    servers = [one.id for one in copy.parts if one.type == SERVER and one.id]
    running = [one for one in servers if stacks.server_status(api, one) == "ACTIVE"]
    for server in running:
        tell("server: shutting down, so that its data is whole")
        stacks.stop_server(api, server)
    for server in running:
        _wait(partial(_stopped, api, server), STOP_SECONDS)


def _stopped(api: Api, server_id: str) -> bool:
    return stacks.server_status(api, server_id) != "ACTIVE"


def _delete_volume(api: Api, volume: Part, tell: Tell) -> None:
    if not _wait(lambda: stacks.volume_status(api, volume.id) != "in-use", DETACH_SECONDS):
        raise CopyFailed(f"The volume {volume.id} is in use still and was not deleted.")
    if stacks.volume_status(api, volume.id):
        stacks.delete_volume(api, volume.id)
    if not _wait(lambda: not stacks.volume_status(api, volume.id), DETACH_SECONDS):
        status = stacks.volume_status(api, volume.id)
        raise CopyFailed(f"The volume {volume.id} is not deleted; its status is {status}.")
    tell(f"{volume.name}: deleted with its data")


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; return False when it is not in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
