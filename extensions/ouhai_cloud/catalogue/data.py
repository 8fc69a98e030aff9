"""The data of a copy: its volumes, and the snapshots of them that a copy keeps to go back to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from ouhai_cloud.catalogue.copies import Copy, Tell
from ouhai_cloud.catalogue.setups import Setup
from ouhai_cloud.catalogue.waiting import wait
from ouhai_cloud.cloud import stacks, volumes
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.volumes import Snapshot, Volume
from ouhai_cloud.errors import CopyFailed, MoveRefused

MARK = "ouhai-copy"
"""Metadata of volumes and snapshots that belong to a copy: the id of its stack."""
AVAILABLE = "available"
BUSY = ("creating", "downloading", "uploading", "reverting", "in-use", "detaching")
SNAPSHOT_SECONDS = 300.0
FILL_SECONDS = 3600.0
REMOVAL_SECONDS = 300.0


def data_volumes(api: Api, copy: Copy, setup: Setup) -> dict[str, Volume]:
    """Return a copy's data volumes by the parameter that takes such a one.

    :raises CopyFailed: one is not there.
    """
    found = {}
    for name in setup.volume_parameters:
        id_ = str(copy.stack.outputs.get(name) or "")
        one = volumes.volume(api, id_) if id_ else None
        if one is None:
            raise CopyFailed(
                f"{copy.stack.name} has no data volume ({name}: {id_ or 'none'}); "
                f"look: openstack app status {copy.stack.name}"
            )
        found[name] = one
    return found


def keep(api: Api, copy: Copy, held: Collection[Volume], name: str) -> list[Snapshot]:
    """Take a snapshot of each volume, which belongs to the copy; its guests must be down.

    :raises CopyFailed: one cannot be taken.
    """
    marks = {MARK: copy.stack.id}
    taken = [volumes.take_snapshot(api, one.id, name, **marks) for one in held]
    return [settled_snapshot(api, one) for one in taken]


def settled_snapshot(api: Api, snapshot_id: str) -> Snapshot:
    """Wait until a snapshot is there and return it.

    :raises CopyFailed: it cannot be taken.
    """
    look = partial(volumes.snapshot, api, snapshot_id)
    wait(lambda: _status(look()) not in ("creating", "restoring"), SNAPSHOT_SECONDS)
    one = look()
    if one is None or one.status != AVAILABLE:
        raise CopyFailed(f"The snapshot {snapshot_id} cannot be taken; its status: {_status(one)}.")
    return one


def kept(api: Api, copy: Copy) -> list[Snapshot]:
    """Return the snapshots that belong to a copy, the newest first."""
    return [one for one in volumes.snapshots(api) if one.marks.get(MARK) == copy.stack.id]


def own_volumes(api: Api, copy: Copy) -> list[Volume]:
    """Return the volumes that belong to a copy without being a part of its stack."""
    return [one for one in volumes.volumes(api) if one.marks.get(MARK) == copy.stack.id]


def before(copy: Copy, version: str) -> str:
    """Return what snapshots are called that are taken before a copy goes to a version."""
    return f"{copy.stack.name}-before-{version}"


def to_revert(api: Api, copy: Copy, held: Mapping[str, Volume], made_before: str) -> list[Snapshot]:
    """Return the snapshot of each volume to which it can be brought back.

    :param made_before: the version before which they were made; empty for any.
    :raises MoveRefused: one is missing, or is not the newest of its volume.
    """
    # One of an earlier update may be there still, and would take back more than is asked for.
    wanted = before(copy, made_before)
    mine = {
        one.volume_id: one
        for one in reversed(kept(api, copy))
        if one.name == wanted or not made_before
    }
    found = []
    for name, one in held.items():
        if one.id not in mine:
            raise MoveRefused(
                f"{copy.stack.name}: there is no snapshot of {name} from before "
                f"{made_before or 'that'}; roll back without --data."
            )
        newest = volumes.snapshots(api, volume_id=one.id)[0]
        if newest.id != mine[one.id].id:
            raise MoveRefused(
                f"{copy.stack.name}: somebody took another snapshot of {name} since "
                f"({newest.name or newest.id}, {newest.made_at}), and a volume goes back to its "
                "newest only. Delete that one (openstack volume snapshot delete), or roll back "
                "without --data."
            )
        found.append(mine[one.id])
    return found


def revert(api: Api, taken: Collection[Snapshot], tell: Tell) -> None:
    """Bring volumes that no server holds back to their snapshots.

    :raises CopyFailed: one does not go back.
    """
    for one in taken:
        settled_volume(api, one.volume_id)
        volumes.revert(api, one)
    for one in taken:
        settled_volume(api, one.volume_id)
        settled_snapshot(api, one.id)
        tell(f"volume {one.volume_id}: its data is as it was at {one.made_at} UTC")


def forget(api: Api, taken: Collection[Snapshot], tell: Tell) -> None:
    """Remove snapshots that nobody needs any more.

    :raises CopyFailed: one stays.
    """
    for one in taken:
        volumes.delete_snapshot(api, one.id)
    for one in taken:
        _gone(partial(volumes.snapshot, api, one.id), f"snapshot {one.id}")
        tell(f"snapshot {one.name}: removed")


def settled_volume(api: Api, volume_id: str) -> Volume:
    """Wait until a volume is there and no server holds it, and return it.

    :raises CopyFailed: it does not become so.
    """
    look = partial(volumes.volume, api, volume_id)
    wait(lambda: _status(look()) not in BUSY, FILL_SECONDS)
    one = look()
    if one is None or one.status != AVAILABLE:
        raise CopyFailed(f"The volume {volume_id} is not fit for use; its status: {_status(one)}.")
    return one


def remove_volume(api: Api, volume_id: str) -> None:
    """Remove a volume and wait until it is gone.

    :raises CopyFailed: it stays.
    """
    look = partial(volumes.volume, api, volume_id)
    wait(lambda: _status(look()) not in BUSY, REMOVAL_SECONDS)
    stacks.delete_volume(api, volume_id)
    _gone(look, f"volume {volume_id}")


def _gone(look: Callable[[], Volume | Snapshot | None], what: str) -> None:
    if not wait(lambda: _status(look()) in ("", "error_deleting"), REMOVAL_SECONDS) or look():
        raise CopyFailed(f"The {what} is not removed; its status: {_status(look())}. Remove it.")


def _status(one: Volume | Snapshot | None) -> str:
    return one.status if one else ""
