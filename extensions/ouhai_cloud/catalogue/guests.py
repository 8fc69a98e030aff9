"""A copy's guests, shut down and started, so that their data is whole meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from ouhai_cloud.catalogue.copies import Copy, Tell
from ouhai_cloud.catalogue.waiting import wait
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.stacks import SERVER
from ouhai_cloud.errors import CopyFailed

STOP_SECONDS = 120.0
START_SECONDS = 300.0
RUNNING = "ACTIVE"


def shut_down(api: Api, copy: Copy, tell: Tell) -> tuple[str, ...]:
    """Shut the running guests down, so that what they have in memory is on their volumes.

    When that fails or we are cut off meanwhile, they are started again.

    :return: ids of the servers that ran.
    :raises CopyFailed: one does not stop.
    """
    servers = [one.id for one in copy.parts if one.type == SERVER and one.id]
    running = tuple(one for one in servers if stacks.server_status(api, one) == RUNNING)
    asked = []
    try:
        for server in running:
            tell("server: shutting down, so that its data is whole")
            stacks.stop_server(api, server)
            asked.append(server)
        for server in running:
            if not wait(partial(_stopped, api, server), STOP_SECONDS):
                raise CopyFailed(
                    f"The server {server} did not stop within {STOP_SECONDS:.0f} s, so its data "
                    "may not be whole; look at its console, then run the same command again."
                )
    except BaseException:
        for server in asked:
            if wait(partial(_stopped, api, server), STOP_SECONDS):
                stacks.start_server(api, server)
        raise
    return running


def start(api: Api, servers: Collection[str]) -> bool:
    """Start servers that were shut down; return whether all run in time."""
    for server in servers:
        stacks.start_server(api, server)
    return all(wait(partial(_runs, api, server), START_SECONDS) for server in servers)


def _stopped(api: Api, server_id: str) -> bool:
    return stacks.server_status(api, server_id) != RUNNING


def _runs(api: Api, server_id: str) -> bool:
    return stacks.server_status(api, server_id) == RUNNING
