"""Changing the number of a copy's servers while the others go on serving.

Servers that go are shut down first: their guests tell the balancer that they serve no longer, and
finish what has begun. Then Heat removes them. Those that come are told to the balancer when their
guests have said that they are well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ouhai_cloud.catalogue import copies, guests, moving, setups, sizing, values
from ouhai_cloud.catalogue.copies import Copy, Tell
from ouhai_cloud.catalogue.entry_rules import scaled_group
from ouhai_cloud.catalogue.moving import Move
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.stacks import SERVER, Part
from ouhai_cloud.errors import CopyFailed, MoveRefused


@dataclass(frozen=True)
class Scaling:
    """What giving a copy another number of servers would do; all that can be checked has been.

    :param was: how many there are.
    :param leaving: servers that go, the last of them.
    """

    move: Move
    was: int
    count: int
    leaving: tuple[Part, ...]


def propose(api: Api, name: str, count: int) -> Scaling:
    """Check all that can be checked before a copy is scaled, and say what would be.

    :param count: how many servers there are to be.
    :raises MoveRefused: the application does not scale, the copy is not well, or has so many.
    :raises ValuesInvalid: so many are not allowed.
    :raises NotEnoughLeft: the project has no room for them.
    """
    copy = copies.look(api, name)
    present, former = setups.read(api, copy.stack)
    entry = present.entry
    if not entry.scales:
        raise MoveRefused(
            f"{name} does not scale: {entry.application} {entry.version} has a fixed number of "
            "servers. A larger one may be had: openstack app update --parameter flavor=…"
        )
    if copy.moving_to:
        raise MoveRefused(f"{name}: {copy.failure}")
    # Whoever moves is marked, so this one was scaled and could not go back: scaling it mends it.
    halfway = copy.stack.status == "UPDATE_FAILED"
    if not halfway:
        moving.check_well(api, copy)
    was = int(present.parameters.get(entry.scales, setups.defaults(entry)[entry.scales]))
    checked = values.check(entry, {entry.scales: str(count)}, held=entry.template["parameters"])
    if count == was and not halfway:
        raise MoveRefused(f"{name} has {count} of these servers already ({entry.scales}).")
    target = replace(present, parameters={**present.parameters, **checked})
    move = moving.foresee(api, copy, present, former, target, {})
    group = scaled_group(entry.template, entry.scales)
    sizing.check_room(move.taken, move.room)
    gone = tuple(f"{group}/{index}/" for index in range(count, was))
    leaving = (one for one in copy.parts if one.type == SERVER and one.name.startswith(gone))
    return Scaling(move, was, count, tuple(leaving) if gone else ())


def scale(api: Api, scaling: Scaling, tell: Tell) -> Copy:
    """Give a copy another number of servers; it goes back by itself when new ones are not well.

    :raises CopyFailed: in the words of what failed, and what became of the copy.
    """
    move, name = scaling.move, scaling.move.copy.stack.name
    tags = copies.tags(move.target, move.former)
    guests.shut_down(api, replace(move.copy, parts=scaling.leaving), tell)
    asked = moving.request(move.target, move.present, {})
    asked["files"] = setups.files(move.target, move.former)
    try:
        return moving.change(api, move.copy, asked, tags, tell)
    except Refused:
        # Nothing is under way.
        _start(api, scaling.leaving)
        raise
    except CopyFailed as failure:
        tell(f"{failure}\ngoing back to {scaling.was}")
        _start(api, scaling.leaving)
        asked = moving.request(move.present, move.present, {})
        asked["files"] = setups.files(move.present, move.former)
        try:
            moving.change(api, move.copy, asked, tags, tell)
        except CopyFailed as second:
            raise CopyFailed(
                f"{name} could not be scaled to {scaling.count}. {failure}\nNor could it go back "
                f"by itself: {second}\nTry again: openstack app scale {name} --count {scaling.was}"
            ) from second
        raise CopyFailed(
            f"{name} could not be scaled to {scaling.count}. {failure}\nIt has {scaling.was} of "
            "these servers as before, which served meanwhile."
        ) from failure


def _start(api: Api, servers: tuple[Part, ...]) -> None:
    """Start servers that were to go and are there still."""
    for one in servers:
        if stacks.there(api, one):
            stacks.start_server(api, one.id)
