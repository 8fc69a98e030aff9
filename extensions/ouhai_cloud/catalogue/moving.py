"""Bringing a copy to another version around its data and its address, and back again.

The guests are shut down and the servers removed, all else stays; then the other version's servers
are made. Heat, left alone with both templates, would give the data volume to the new server while
the old one still holds it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ouhai_cloud.catalogue import (
    builds,
    copies,
    data,
    guests,
    setups,
    shelf,
    sizing,
    values,
    verifying,
)
from ouhai_cloud.catalogue.copies import FLAVOR, Copy, Tell
from ouhai_cloud.catalogue.lint import KEPT
from ouhai_cloud.catalogue.serverless import dependents, without_servers
from ouhai_cloud.catalogue.setups import Setup
from ouhai_cloud.catalogue.sizing import Size
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import CloudUnreachable
from ouhai_cloud.cloud.headroom import Room, headroom
from ouhai_cloud.cloud.stacks import VOLUME, Part
from ouhai_cloud.cloud.volumes import Snapshot, Volume
from ouhai_cloud.errors import (
    CopyFailed,
    EntryUnknown,
    MoveRefused,
    OuhaiError,
    ValuesInvalid,
)


@dataclass(frozen=True)
class Move:
    """What bringing a copy to another version would do; all that can be checked has been.

    :param secrets: values of hidden parameters that are given now.
    :param volumes: data volumes by the parameter that takes such a one.
    :param changes: its resources by ``updated``, ``replaced``, ``added``, ``deleted``, as Heat
        foresees it.
    :param taken: what it takes beyond what the copy takes now.
    :param revert: snapshots to which the data goes back; empty where it stays as it is.
    """

    copy: Copy
    present: Setup
    former: Setup | None
    target: Setup
    secrets: Mapping[str, Any]
    volumes: Mapping[str, Volume]
    changes: Mapping[str, list[Part]]
    taken: Size
    room: Mapping[str, Room]
    cost: float | None
    revert: tuple[Snapshot, ...] = ()

    @property
    def version(self) -> str:
        """The version to which it goes."""
        return self.target.entry.version

    @property
    def notes(self) -> list[str]:
        """What changes for parameters, in words."""
        old = self.present.entry.template["parameters"]
        new = self.target.entry.template["parameters"]
        defaults = setups.defaults(self.target.entry)
        was, images = self.present.builds, self.target.builds
        gone = [
            f"{name}: is no parameter of {self.version} any more; its value is dropped"
            for name in old
            if name not in new
        ]
        rebuilt = [
            f"{name}: another build of the image, {one}"
            for name, one in images.items()
            if was.get(name, one) != one
        ]
        return [*gone, *rebuilt] + [
            f"{name}: is new in {self.version}; it is "
            + str(self.target.parameters.get(name, defaults.get(name, "(hidden)")))
            for name in new
            if name not in old
        ]


@dataclass(frozen=True)
class Moved:
    """A copy that was brought to another version.

    :param down_seconds: how long it served nobody.
    """

    copy: Copy
    down_seconds: float


def propose_update(api: Api, name: str, version: str, given: Mapping[str, str]) -> Move:
    """Check all that can be checked before a copy is updated, and say what would be.

    :param version: which one; empty for the newest that the catalogue offers.
    :param given: values by parameter that are to be others than now, as people write them.
    :raises EntryUnknown: the catalogue does not offer that version, or nothing newer.
    :raises ValuesInvalid: a value is missing or not allowed in that version.
    :raises MoveRefused: the copy is not well, is so already, or its data or address would change.
    :raises NotEnoughLeft: the project has no room for it.
    """
    copy = copies.look(api, name)
    present, former = setups.read(api, copy.stack)
    check_well(api, copy)
    entry = shelf.take(api, copy.application, version)
    if not version and entry.age < present.entry.age:
        raise EntryUnknown(
            f"The catalogue offers nothing newer than {name}'s version {present.entry.version}; "
            f"--to {entry.version} would be an older one."
        )
    known = entry.template["parameters"]
    now = {name: one for name, one in present.parameters.items() if name in known}
    texts = {name: values.written(one) for name, one in now.items()} | dict(given)
    checked = values.check(entry, texts, held=present.hidden)
    sizing.check_flavors(entry, values.effective(entry, checked, FLAVOR), stacks.flavors(api))
    target = setups.of(entry, checked, builds.choose(api, entry, checked), held=present.hidden)
    secrets = {name: one for name, one in checked.items() if name in target.hidden}
    if target.same(present) and not secrets and not copy.moving_to:
        raise MoveRefused(
            f"{name} is {entry.application} {entry.version} with these values already; name "
            "another version (--to) or other values (--parameter)."
        )
    move = foresee(api, copy, present, former, target, secrets)
    gib = [one.gib for one in move.volumes.values()]
    snapshots = Size(snapshots=len(gib), volume_gib=sum(gib))
    return _with_room(move, move.taken + snapshots)


def propose_rollback(api: Api, name: str, *, with_data: bool) -> Move:
    """Check all that can be checked before a copy goes back, and say what would be.

    :param with_data: its data goes back to what it was before the update, too.
    :raises MoveRefused: there is nothing to go back to, or the data cannot go back.
    :raises NotEnoughLeft: the project has no room for it.
    """
    copy = copies.look(api, name)
    present, former = setups.read(api, copy.stack)
    # One that was cut off on its way is not yet what it was on the way to.
    target = present if copy.moving_to else former
    back_already = target is not None and target.same(present) and not copy.failure
    if target is None or back_already:
        raise MoveRefused(
            f"{name} has no former version to go back to: it was not updated since it was made or "
            "went back."
        )
    move = foresee(api, copy, present, former, builds.renewed(api, target), {})
    # One that was cut off on its way back is by now what it was before.
    back = copy.moving_to == present.entry.version
    since = "" if back else copy.moving_to or present.entry.version
    taken = data.to_revert(api, copy, move.volumes, since) if with_data else ()
    return _with_room(move, move.taken, tuple(taken))


def update(api: Api, move: Move, tell: Tell, *, keep_failed: bool) -> Moved:
    """Bring a copy to another version; it goes back by itself when that one is not well.

    :param keep_failed: leave it as it failed, to look at it.
    :raises CopyFailed: with the guest's own words, and what became of the copy.
    """
    name, version = move.copy.stack.name, move.version
    start = time.monotonic()
    guests.shut_down(api, move.copy, tell)
    older = data.kept(api, move.copy)
    _take_down(api, move, move.present, move.former, tell)
    try:
        for one in data.keep(
            api, move.copy, move.volumes.values(), data.before(move.copy, version)
        ):
            tell(f"snapshot {one.name}: taken of volume {one.volume_id}")
        tags = copies.tags(move.target, move.present)
        now = _bring_up(api, move, move.present, tags, tell)
    except CloudUnreachable as failure:
        # It may be well by now and serve; to take its data back would lose what it was given.
        raise CopyFailed(
            f"What became of {name} is not known. {failure}\nLook: openstack app status {name}. Go "
            f"on: openstack app update {name} --to {version}; back: openstack app rollback {name}"
        ) from failure
    except OuhaiError as failure:
        if keep_failed:
            raise CopyFailed(
                f"{name} could not be updated to {version}. {failure}\nIt stays so. Back: "
                f"openstack app rollback {name} (with --data its data goes back, too)"
            ) from failure
        tell(f"{failure}\ngoing back to {move.present.entry.version}")
        _go_back(api, move, older, failure, tell)
        raise CopyFailed(
            f"{name} could not be updated to {version}. {failure}\nIt is back in version "
            f"{move.present.entry.version}, its data as before the update; it was down for "
            f"{time.monotonic() - start:.0f} s."
        ) from failure
    seconds = time.monotonic() - start
    data.forget(api, older, tell)
    return Moved(now, seconds)


def roll_back(api: Api, move: Move, tell: Tell) -> Moved:
    """Bring a copy back to its former version.

    :raises CopyFailed: the former version is not well either.
    """
    name = move.copy.stack.name
    start = time.monotonic()
    guests.shut_down(api, move.copy, tell)
    # As long as it is not well again, going back once more leads to the same.
    _take_down(api, move, move.target, move.target, tell)
    data.revert(api, move.revert, tell)
    try:
        tags = copies.tags(move.target)
        now = _bring_up(api, move, move.target, tags, tell)
    except CopyFailed as failure:
        hint = "" if move.revert else f" Its data may be of {move.present.entry.version}: --data"
        raise CopyFailed(
            f"{name} could not go back to {move.version}. {failure}\nTry again: openstack app "
            f"rollback {name}.{hint}"
        ) from failure
    seconds = time.monotonic() - start
    data.forget(api, data.kept(api, move.copy), tell)
    return Moved(now, seconds)


def check_well(api: Api, copy: Copy) -> None:
    """Refuse to change what is broken: nobody would know what broke it.

    :raises MoveRefused: the copy is not well; with what is wrong.
    """
    name = copy.stack.name
    if copy.moving_to:
        return
    if not copy.stack.status.endswith("_COMPLETE"):
        raise MoveRefused(
            f"{name} is not well ({copy.stack.status}) {copy.failure}\nLook: openstack app status "
            f"{name}; back: openstack app rollback {name}"
        )
    unwell = [one for one in verifying.parts(api, copy) if not one.good]
    if unwell:
        seen = ", ".join(f"{one.check} is {one.detail}" for one in unwell)
        raise MoveRefused(f"{name} is not well: {seen}. Start or repair it, then update it.")


def foresee(
    api: Api,
    copy: Copy,
    present: Setup,
    former: Setup | None,
    target: Setup,
    secrets: Mapping[str, Any],
) -> Move:
    """Ask Heat what would change, and refuse what would change data or address.

    :param secrets: values of hidden parameters that are given now.
    :raises MoveRefused: data or address would not stay.
    :raises ValuesInvalid: Heat refuses a value.
    """
    _check_separable(target)
    volumes = data.data_volumes(api, copy, present)
    asked = request(target, present, secrets)
    with values.heeded(target.entry):
        changes = stacks.preview_update(api, copy.stack, asked)
    _check_kept(copy, target, changes)
    before = setups.blinded(present)
    if copy.moving_to:
        before = without_servers(before)
    flavors = stacks.flavors(api)
    try:
        old = sizing.size(_previewed(api, copy, present, before), flavors)
    except ValuesInvalid:
        # Its flavor or image is gone by now: what its servers take does not count as given back.
        old = sizing.size(_previewed(api, copy, present, without_servers(before)), flavors)
    new = sizing.size(_previewed(api, copy, target, setups.blinded(target)), flavors)
    return Move(
        copy=copy,
        present=present,
        former=former,
        target=target,
        secrets=secrets,
        volumes=volumes,
        changes=changes,
        taken=new - old,
        room=headroom(api),
        cost=sizing.monthly_cost(new, target.entry.tariff),
    )


def _previewed(
    api: Api, copy: Copy, setup: Setup, template: Mapping[str, Any]
) -> list[dict[str, Any]]:
    # Heat previews no stack of a name that there is.
    name = f"{copy.stack.name}-foreseen"
    environment = dict(setup.entry.environment)
    asked = stacks.request(name, template, environment, setup.asked, setup.entry.nested)
    return copies.preview(api, setup.entry, asked)


def _with_room(move: Move, taken: Size, revert: tuple[Snapshot, ...] = ()) -> Move:
    sizing.check_room(taken, move.room)
    return replace(move, taken=taken, revert=revert)


def _check_separable(target: Setup) -> None:
    """Refuse a template whose data or address would go with its servers."""
    resources = target.entry.template["resources"]
    tied = [
        one for one in sorted(dependents(target.entry.template)) if resources[one]["type"] in KEPT
    ]
    if tied:
        raise MoveRefused(
            f"{target.entry.application} {target.entry.version} cannot be updated to or from: "
            f"{', '.join(tied)} depends on a server in its template. Tell the centre."
        )


def _check_kept(copy: Copy, target: Setup, changes: Mapping[str, list[Part]]) -> None:
    """Refuse an update after which data or address would be another."""
    lost = [
        f"{one.name} ({one.type}) would be {word}"
        for word in ("replaced", "deleted")
        for one in changes[word]
        if one.type in KEPT
    ]
    # A volume that has grown never shrinks, so there would be no way back.
    lost += [f"{one.name} would be updated" for one in changes["updated"] if one.type == VOLUME]
    if lost:
        raise MoveRefused(
            f"Nothing was changed: in {target.entry.application} {target.entry.version} with these "
            f"values {copy.stack.name} would not keep its data or its address: {'; '.join(lost)}. "
            "Leave those values as they are, or deploy a new copy."
        )


def request(target: Setup, present: Setup, secrets: Mapping[str, Any]) -> Json:
    """Return what Heat is asked for to make the target of what is now."""
    known = set(target.entry.template["parameters"])
    return {
        "template": setups.template(target, present),
        "environment": {"parameter_defaults": setups.defaults(target.entry)},
        "parameters": {**target.asked, **secrets},
        "clear_parameters": sorted(known - {*target.asked, *target.hidden}),
        "files": dict(target.entry.nested),
    }


def _take_down(api: Api, move: Move, back: Setup, former: Setup | None, tell: Tell) -> None:
    """Remove the servers; data, address and secrets stay.

    :param back: to what a rollback leads when we are cut off from here on.
    :param former: what that was made of before.
    """
    template = setups.template(move.present, move.former)
    asked = {"template": without_servers(template), "files": setups.files(back, former)}
    tags = copies.tags(back, former, move.target, moving_to=move.version)
    try:
        change(api, move.copy, asked, tags, tell)
    except CopyFailed as failure:
        name = move.copy.stack.name
        raise CopyFailed(
            f"{name}: its servers could not be removed. {failure}\nGo on: openstack app rollback "
            f"{name}"
        ) from failure


def _bring_up(
    api: Api, move: Move, former: Setup | None, tags: tuple[str, ...], tell: Tell
) -> Copy:
    """Make the servers of the target."""
    asked = request(move.target, move.present, move.secrets)
    asked["files"] = setups.files(move.target, former)
    return change(api, move.copy, asked, tags, tell)


def _go_back(
    api: Api, move: Move, older: Collection[Snapshot], failure: OuhaiError, tell: Tell
) -> None:
    """Make of a failed update what was before it: version, values, data.

    Nobody was served by the failed version, so nothing is lost with what it wrote.

    :param older: snapshots of an earlier update.
    """
    name, was = move.copy.stack.name, move.present
    back = replace(move, present=move.target, former=was, target=was, secrets={})
    try:
        _take_down(api, back, was, move.former, tell)
        taken = [one for one in data.kept(api, move.copy) if one not in older]
        data.revert(api, [one for one in taken if one.status == data.AVAILABLE], tell)
        # As long as it is not well again, a rollback leads to the same, and not further back.
        moving = copies.tags(was, move.former, moving_to=was.entry.version)
        _bring_up(api, back, move.former, moving, tell)
        change(api, move.copy, {}, copies.tags(was, move.former), tell)
        data.forget(api, taken, tell)
    except OuhaiError as second:
        raise CopyFailed(
            f"{name} could not be updated to {move.version}. {failure}\nNor could it go back by "
            f"itself: {second}"
        ) from second


def change(api: Api, copy: Copy, asked: Json, tags: tuple[str, ...], tell: Tell) -> Copy:
    """Change a copy's stack and wait until it is at rest.

    :raises CopyFailed: in the words of what failed.
    """
    before = stacks.parts(api, copy.stack)
    stacks.update(api, copy.stack, asked, tags)
    copies.follow(api, copy.stack, tell, before)
    now = copies.look(api, copy.stack.name)
    if now.stack.status.endswith("_FAILED"):
        raise CopyFailed(now.failure)
    return now
