"""Bureaus' own copies of applications: proposed, made, looked at, removed, with a member's rights.

A copy is a stack with tags that say which entry of the catalogue it was made from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ouhai_cloud.catalogue import builds, setups, sizing, values, waiting
from ouhai_cloud.catalogue.entry import Entry
from ouhai_cloud.catalogue.setups import Setup
from ouhai_cloud.catalogue.sizing import Size
from ouhai_cloud.cloud import stacks
from ouhai_cloud.cloud.api import Api, Json
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.headroom import Room, headroom
from ouhai_cloud.cloud.stacks import Part, Stack
from ouhai_cloud.errors import CopyClosed, CopyExists, CopyFailed, CopyUnknown, ValuesInvalid

TAG = "ouhai-application"
TIMEOUT_MINUTES = 60
NETWORK, FLAVOR = "neutron.network", "nova.flavor"

Tell = Callable[[str], None]
"""Told in words what is going on."""


@dataclass(frozen=True)
class Proposal:
    """What deploying would do; everything that can be checked beforehand has been.

    :param cost: per month in ``currency``, None without a tariff.
    :param room: what the project has room for, by resource.
    """

    entry: Entry
    name: str
    setup: Setup
    asked: Json
    resources: tuple[str, ...]
    size: Size
    room: Mapping[str, Room]
    cost: float | None
    currency: str


@dataclass(frozen=True)
class Copy:
    """A copy as it is now.

    :param parts: its resources.
    """

    stack: Stack
    parts: tuple[Part, ...]

    @property
    def application(self) -> str:
        """Which application it is a copy of."""
        return tag(self.stack, "application")

    @property
    def version(self) -> str:
        """In which version."""
        return tag(self.stack, "version")

    @property
    def moving_to(self) -> str:
        """The version to which it is on the way, without servers; empty when it is on none."""
        return tag(self.stack, "moving-to")

    @property
    def failure(self) -> str:
        """Why it failed, in the words of what did; empty when it did not."""
        name = self.stack.name
        if self.moving_to and self.stack.status.endswith("_COMPLETE"):
            return (
                f"it has no server: its way to {self.moving_to} was cut off. Go on: openstack app "
                f"update {name} --to {self.moving_to}; to {self.version}: openstack app rollback "
                f"{name}"
            )
        if not self.stack.status.endswith("_FAILED"):
            return ""
        culprit = stacks.culprit(self.parts)
        return f"{culprit.name}: {culprit.reason}" if culprit else self.stack.reason


def tag(stack: Stack, word: str) -> str:
    """Return what a stack's tags say about ``application``, ``version`` or ``digest``."""
    found = (one.partition(":") for one in stack.tags)
    return next((value for name, _, value in found if name == word), "")


def tags(setup: Setup, *others: Setup | None, moving_to: str = "") -> tuple[str, ...]:
    """Return the tags of a copy.

    :param others: what it was made of before, to which it can go back, or will be made of.
    :param moving_to: the version to which it is on the way.
    """
    entry = setup.entry
    needed = {id_ for one in (setup, *others) if one for id_ in one.builds.values()}
    own = (
        TAG,
        f"application:{entry.application}",
        f"version:{entry.version}",
        f"digest:{entry.digest}",
        *(f"image:{one}" for one in sorted(needed)),
    )
    return (*own, f"moving-to:{moving_to}") if moving_to else own


def propose(
    api: Api,
    entry: Entry,
    name: str,
    given: Mapping[str, str],
    data_gib: Collection[int] = (),
) -> Proposal:
    """Check all that can be checked before anything is made, and say what would be.

    :param given: values by parameter, as people write them.
    :param data_gib: sizes of the volumes that it will be given in the place of new ones.
    :raises ValuesInvalid: the name or a value is not allowed, or Heat refuses one.
    :raises CopyExists: the project has such a stack.
    :raises NotEnoughLeft: the project has no room for it.
    """
    values.check_name(name)
    chosen = dict(given)
    if _network(entry) in values.missing(entry, given):
        chosen[_network(entry)] = _only_network(api)
    checked = values.check(entry, chosen)
    if stacks.find(api, name):
        raise CopyExists(
            f"The project has a stack {name!r} already: choose another name, or see "
            f"`openstack app status {name}`."
        )
    flavors = stacks.flavors(api)
    sizing.check_flavors(entry, values.effective(entry, checked, FLAVOR), flavors)
    setup = setups.of(entry, checked, builds.choose(api, entry, checked))
    environment, given_all = dict(entry.environment), {**checked, **setup.builds}
    asked = stacks.request(name, entry.template, environment, given_all, entry.nested)
    resources = preview(api, entry, asked)
    taken, room = sizing.size(resources, flavors), headroom(api)
    if data_gib:
        taken = replace(taken, volumes=len(data_gib), volume_gib=sum(data_gib))
    sizing.check_room(taken, room)
    return Proposal(
        entry=entry,
        name=name,
        setup=setup,
        asked=asked,
        resources=tuple(sorted(one["resource_name"] for one in resources)),
        size=taken,
        room=room,
        cost=sizing.monthly_cost(taken, entry.tariff),
        currency=str(entry.tariff.get("currency", "")),
    )


def deploy(api: Api, proposal: Proposal, tell: Tell) -> Copy:
    """Make a copy and wait until its guests say that they are well.

    :raises CopyFailed: it could not be made; with the guest's own words where it said why.
    """
    asked = {**proposal.asked, "files": setups.files(proposal.setup)}
    marks = tags(proposal.setup)
    stack_id = stacks.create(api, asked, marks, TIMEOUT_MINUTES)
    stack = Stack(stack_id, proposal.name, "CREATE_IN_PROGRESS", "", marks, "")
    follow(api, stack, tell)
    copy = look(api, proposal.name)
    if copy.failure:
        raise CopyFailed(
            f"{proposal.name} could not be made. {copy.failure}\n"
            f"Look: openstack app status {proposal.name}; remove it: "
            f"openstack app delete {proposal.name} --delete-data"
        )
    return copy


def follow(api: Api, stack: Stack, tell: Tell, before: Collection[Part] = ()) -> None:
    """Wait until a stack is at rest or gone, and tell of each part that moves.

    :param before: its parts as they were, which are no news.
    """
    start = time.monotonic()
    seen = {one.name: (one.id, one.status) for one in before}
    while True:
        now = stacks.show(api, stack, outputs=False)
        found = stacks.parts(api, stack) if now else []
        # Heat begins with all of them, and then with one after the other.
        begun = [one for one in found if not one.status.startswith("INIT")]
        done = sum(one.status.endswith("_COMPLETE") for one in begun)
        for one in begun:
            if seen.get(one.name) != (one.id, one.status):
                seen[one.name] = (one.id, one.status)
                word = one.status.lower().replace("_", " ")
                seconds = time.monotonic() - start
                tell(f"{one.name}: {word} ({done}/{len(found)}, {seconds:.0f} s)")
        if now is None or not now.status.endswith("_IN_PROGRESS"):
            return
        time.sleep(waiting.POLL_SECONDS)


def look(api: Api, name: str) -> Copy:
    """Return a copy of the own project with its outputs and parts.

    :raises CopyUnknown: there is none of that name.
    :raises CopyClosed: the caller is a mere reader of the project.
    """
    found = stacks.find(api, name)
    try:
        now = stacks.show(api, found) if found and TAG in found.tags else None
    except Refused as refusal:
        if refusal.status != 403:
            raise
        raise CopyClosed(
            f"What {name} says has its passwords in it, so members and managers of the project may "
            "look into it, and readers may not. That it is there, and how: openstack app list "
            "--deployed"
        ) from refusal
    if now is None:
        names = ", ".join(one.name for one in stacks.tagged(api, TAG)) or "none"
        raise CopyUnknown(f"The project has no copy {name!r}; its copies: {names}.")
    return Copy(now, tuple(stacks.parts(api, now)))


def copies(api: Api) -> list[Stack]:
    """Return the own project's copies, without outputs."""
    return sorted(stacks.tagged(api, TAG), key=lambda one: one.name)


def preview(api: Api, entry: Entry, asked: Json) -> list[dict[str, Any]]:
    """Return the resources that there would be, after Heat has checked all values.

    :raises ValuesInvalid: Heat refuses one.
    """
    with values.heeded(entry):
        return stacks.preview(api, asked)


def _network(entry: Entry) -> str:
    """Return the first parameter that names a network and has no default; empty for none."""
    for name, one in entry.template["parameters"].items():
        customs = [each.get("custom_constraint") for each in one.get("constraints") or ()]
        if NETWORK in customs and "default" not in one:
            return str(name)
    return ""


def _only_network(api: Api) -> str:
    found = stacks.networks(api)
    if len(found) == 1:
        return str(found[0]["id"])
    names = ", ".join(sorted(one["name"] for one in found)) or "none"
    fault = f"  network: the project has {len(found)} networks ({names}); name one"
    raise ValuesInvalid("which network?", (fault,))
