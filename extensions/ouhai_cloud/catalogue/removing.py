"""Removing a copy: its data is kept unless it is asked for by name, and nothing else stays."""

from __future__ import annotations

from dataclasses import dataclass

from ouhai_cloud.catalogue import backing_up, data, guests
from ouhai_cloud.catalogue.copies import Copy, Tell, follow
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.stacks import VOLUME, Part
from ouhai_cloud.errors import CopyFailed


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

    Snapshots to which it could have gone back go in either case.

    :param delete_data: remove the volumes that it made, or that a restore made for it, too.
    :raises CopyFailed: something cannot be removed; removing again goes on from there.
    """
    made = [one for one in copy.parts if one.type == VOLUME and one.id]
    given = data.own_volumes(api, copy)
    volumes = (*made, *(Part(one.name, VOLUME, one.id, one.status, "") for one in given))
    if volumes and not delete_data:
        try:
            guests.shut_down(api, copy, tell)
        except CopyFailed as failure:
            # A guest on a dead host never stops, and its data must not be the price of removing it.
            tell(f"{failure}\nIt is removed as it is; its file system repairs itself when mounted.")
    # Nothing could be found of a backup that was killed once the copy is gone.
    backing_up.sweep(api, copy)
    stacks.delete(api, copy.stack)
    follow(api, copy.stack, tell, copy.parts)
    now = stacks.show(api, copy.stack, outputs=False)
    if now is not None:
        culprit = stacks.culprit(stacks.parts(api, now))
        why = f"{culprit.name}: {culprit.reason}" if culprit else now.reason
        raise CopyFailed(
            f"{copy.stack.name} could not be removed whole. {why}\nRun the same command again."
        )
    data.forget(api, data.kept(api, copy), tell)
    if delete_data:
        for one in volumes:
            data.remove_volume(api, one.id)
            tell(f"{one.name}: deleted with its data")
    gone = [one for one in copy.parts if one not in volumes or delete_data]
    left = [one for one in gone if stacks.there(api, one)]
    if left:
        names = ", ".join(f"{one.type} {one.id} ({one.name})" for one in left)
        raise CopyFailed(f"{copy.stack.name} is removed, but these are left: {names}. Remove them.")
    return Removal(() if delete_data else volumes, volumes if delete_data else ())
