"""Seeing out a bureau or system that left the register, one step of its retirement at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from getpass import getuser

from ouhai_cloud.cloud.archive import keep_images, open_archive
from ouhai_cloud.cloud.clearing import clear
from ouhai_cloud.cloud.contents import Item, contents
from ouhai_cloud.errors import RetirementRefused
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.apply import Outcome, Progress, execute
from ouhai_cloud.tenancy.changes import Change, Leaving
from ouhai_cloud.tenancy.planning.removing import homes, removal_steps, switch
from ouhai_cloud.tenancy.present import Present
from ouhai_cloud.tenancy.resources import Kind, Ref, Resource, kind_of, place_of
from ouhai_cloud.tenancy.retirement import (
    DISABLED,
    ENDS,
    GRACE_DAYS,
    Event,
    Retirement,
    advance,
    current,
)
from ouhai_cloud.tenancy.state import StateStore


@dataclass(frozen=True)
class Departure:
    """One that leaves, and what is needed to see it out. Hold the state's lock for every step."""

    present: Present
    store: StateStore
    leaving: Leaving

    @property
    def retirement(self) -> Retirement:
        """How far it is."""
        return current(self.present.memory.retirements, self.leaving.root)

    @property
    def project_ids(self) -> list[str]:
        """The cloud's ids of the projects that leave."""
        return [one.id for one in self.leaving.resources if one.kind is Kind.PROJECT]

    def contents(self) -> list[Item]:
        """List what the bureau itself has in its projects."""
        return contents(self.present.site.api, self.project_ids, self._made)

    def freeze(self, grace_days: int, progress: Progress) -> Retirement:
        """Disable it and begin its days of grace. Nobody can log in to it; nothing is stopped."""
        frozen = self._after(Event.FREEZE)
        self._enable(False, progress)
        self.store.retire(frozen)
        waiting = _now(frozen, Event.START_GRACE, grace_days)
        self.store.retire(waiting)
        return waiting

    def thaw(self, progress: Progress) -> Retirement:
        """Enable it again, as if nothing had been."""
        thawed = self._after(Event.THAW)
        self._enable(True, progress)
        self.store.retire(thawed)
        return thawed

    def archive(self) -> Iterator[Text]:
        """Keep images, and servers' disks as images; yield what was kept."""
        archived = self._after(Event.ARCHIVE)
        archive = open_archive(self.present.site.api)
        since = archived.grace_until or archived.history[-1].at
        yield from keep_images(archive, self.contents(), since)
        self.store.retire(archived)

    def empty(self) -> Iterator[Text]:
        """Keep volumes and delete all else that the bureau has; yield what was done."""
        emptied = self._after(Event.EMPTY)
        api = self.present.site.api
        yield from clear(api, open_archive(api), self.project_ids, self._made)
        self._verify_empty()
        self.store.retire(emptied)

    def remove(self, progress: Progress) -> Outcome:
        """Remove all that tenancy made for it, after a last look that nothing else is left."""
        removing = self._after(Event.REMOVE)
        self._verify_empty()
        # From here on it may be enabled for a moment, which is no sign that it was put back.
        self.store.retire(removing)
        done: list[Change] = []
        for changes in removal_steps(self.leaving, self.present.observed):
            outcome = self._execute(changes, progress)
            done += outcome.done
            if outcome.failed:
                return replace(outcome, done=tuple(done))
        self._end_what_is_gone()
        self.store.retire(_now(removing, Event.FINISH_REMOVAL))
        return Outcome(tuple(done))

    def _end_what_is_gone(self) -> None:
        """End what began to leave by itself and went along, also with a removal that was killed."""
        removed = {one.key for one in homes(self.leaving)}
        there = {*self.present.observed, *self.present.desired} - removed
        for root, known in self.present.memory.retirements.items():
            if root != self.leaving.key and root not in there and known.phase not in ENDS:
                self.store.retire(_now(known, Event.GO_ALONG))

    @property
    def _made(self) -> frozenset[str]:
        """The cloud's ids of what tenancy made for it."""
        return frozenset(one.id for one in self.leaving.resources)

    def _other_projects(self) -> Iterator[Item]:
        """Yield projects of somebody else in a domain that leaves; Keystone would delete them."""
        ours = {one.key for one in self.leaving.resources}
        domains = {Ref(key) for key in ours if kind_of(key) is Kind.DOMAIN}
        for key, one in self.present.observed.items():
            if one.kind is Kind.PROJECT and key not in ours and one.attributes["domain"] in domains:
                yield Item("project", one.id, str(one.attributes["name"]), one.id, "not registered")

    def _after(self, event: Event) -> Retirement:
        """Return the retirement after an event; refuse what may not follow now."""
        return _now(self.retirement, event)

    def _enable(self, enabled: bool, progress: Progress) -> None:
        """Enable or disable the domain, or the project with those below it, in Keystone's order."""
        root = self.leaving.root
        todo = homes(self.leaving) if root.kind is Kind.PROJECT else [root]
        if enabled:
            todo = self._but_those_frozen_alone(todo)
        # Children are disabled before their parents, and enabled after them.
        for one in reversed(todo) if enabled else todo:
            # Keystone refuses to touch a disabled project below a disabled one.
            if one.attributes["enabled"] is not enabled:
                self._execute([switch(self.leaving, one, enabled)], progress).require_complete()

    def _but_those_frozen_alone(self, todo: Sequence[Resource]) -> list[Resource]:
        """Leave out what began to leave by itself, and all that is below it."""
        apart: set[Ref] = set()
        for one in reversed(todo):
            phase = current(self.present.memory.retirements, one).phase
            alone = one != self.leaving.root and phase in DISABLED
            if alone or one.attributes.get("parent") in apart:
                apart.add(Ref(one.key))
        return [one for one in todo if Ref(one.key) not in apart]

    def _execute(self, changes: Sequence[Change], progress: Progress) -> Outcome:
        plan = replace(self.present.plan, changes=tuple(changes), held=())
        with self.store.journal() as journal:
            return execute(
                plan, self.present.target, journal, self.present.ids, self.present.homes, progress
            )

    def _verify_empty(self) -> None:
        # Backups stay with Cinder: an administrator can restore them without their project.
        found = (one for one in self.contents() if one.what != "backup")
        left = [*found, *self._other_projects()]
        if left:
            names = "\n".join(f"  {one.what} {one.name} {one.id} {one.status}" for one in left)
            raise RetirementRefused(
                f"{place_of(self.leaving.key)} is not empty, so nothing is removed:\n{names}\n"
                "Keep or delete these, then run the same command again."
            )


def end_departures(present: Present, store: StateStore, outcome: Outcome) -> None:
    """Remember that what the register has again, and an apply has enabled, does not leave.

    Else it would go on from where it was when it leaves another time. Hold the state's lock.
    """
    plan = present.plan
    unsettled = {
        *(one.change.key for one in outcome.failed),
        *(one.change.key for one in plan.held),
        *(one.key for one in plan.drift),
        *(one.key for one in plan.conflicts),
    }
    for root, known in present.memory.retirements.items():
        if root in present.desired and root not in unsettled and known.phase not in ENDS:
            store.retire(_now(known, Event.PUT_BACK))


def departure(present: Present, store: StateStore, place: str) -> Departure:
    """Return the departure of a bureau (``E021``) or system (``E021/oa``).

    :raises RetirementRefused: it does not leave, as it is in the register or was never made.
    """
    for leaving in present.plan.leaving:
        if place_of(leaving.key) == place:
            return Departure(present, store, leaving)
    there = any(place_of(key) == place for key in present.desired)
    leaving_now = ", ".join(place_of(one.key) for one in present.plan.leaving) or "none"
    raise RetirementRefused(
        f"{place} does not leave: "
        + (
            "it is in the register; take it out there first"
            if there
            else f"nothing of ours has that code; those that leave: {leaving_now}"
        )
    )


def _now(retirement: Retirement, event: Event, grace_days: int = GRACE_DAYS) -> Retirement:
    return advance(retirement, event, datetime.now(UTC), getuser(), grace_days)
