"""Leaving, step by step: a state machine that can be turned back until something is archived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ouhai_cloud.errors import RetirementRefused
from ouhai_cloud.tenancy.resources import Key, Resource, place_of

GRACE_DAYS = 30


class Phase(StrEnum):
    """How far it is. Frozen means that the domain or project is disabled."""

    IN_SERVICE = "in_service"
    FROZEN = "frozen"
    GRACE = "grace"
    ARCHIVED = "archived"
    EMPTIED = "emptied"
    REMOVING = "removing"
    REMOVED = "removed"


DISABLED = frozenset({Phase.FROZEN, Phase.GRACE, Phase.ARCHIVED, Phase.EMPTIED})
"""Disabled until it is thawed or put back; while it is removed, it may be enabled for a moment."""
ENDS = frozenset({Phase.IN_SERVICE, Phase.REMOVED})
"""In these nothing is under way."""


class Event(StrEnum):
    """What was done, or is about to be recorded as done."""

    FREEZE = "freeze"
    START_GRACE = "start_grace"
    THAW = "thaw"
    ARCHIVE = "archive"
    EMPTY = "empty"
    REMOVE = "remove"
    FINISH_REMOVAL = "finish_removal"
    GO_ALONG = "go_along"
    PUT_BACK = "put_back"


BY_ITSELF = frozenset({Event.START_GRACE, Event.FINISH_REMOVAL, Event.GO_ALONG, Event.PUT_BACK})
"""What nobody asks for by its name."""

TRANSITIONS: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.IN_SERVICE, Event.FREEZE): Phase.FROZEN,
    # What was killed before it was recorded as done is begun again.
    (Phase.FROZEN, Event.FREEZE): Phase.FROZEN,
    (Phase.FROZEN, Event.START_GRACE): Phase.GRACE,
    (Phase.FROZEN, Event.THAW): Phase.IN_SERVICE,
    (Phase.GRACE, Event.THAW): Phase.IN_SERVICE,
    (Phase.GRACE, Event.ARCHIVE): Phase.ARCHIVED,
    (Phase.ARCHIVED, Event.EMPTY): Phase.EMPTIED,
    (Phase.EMPTIED, Event.REMOVE): Phase.REMOVING,
    (Phase.REMOVING, Event.REMOVE): Phase.REMOVING,
    (Phase.REMOVING, Event.FINISH_REMOVAL): Phase.REMOVED,
    # What it is in was removed with all that is in there.
    **{(phase, Event.GO_ALONG): Phase.REMOVED for phase in Phase if phase not in ENDS},
    **{(phase, Event.PUT_BACK): Phase.IN_SERVICE for phase in Phase if phase not in ENDS},
}
"""All that may happen; anything else is refused."""


@dataclass(frozen=True)
class Passage:
    """One transition that took place.

    :param at: when, with offset.
    :param by: who did it, a user's name on the deploy host.
    """

    event: Event
    phase: Phase
    at: datetime
    by: str


@dataclass(frozen=True)
class Retirement:
    """The leaving of one domain or project.

    :param root: key of the domain or project.
    :param grace_until: when grace ends; None outside of grace and what follows it.
    """

    root: Key
    phase: Phase = Phase.IN_SERVICE
    grace_until: datetime | None = None
    history: tuple[Passage, ...] = ()


def current(retirements: Mapping[Key, Retirement], root: Resource) -> Retirement:
    """Return how far the leaving of a domain or project is.

    What was removed and is there again starts anew. So does what was enabled again since: people
    may have worked in it, and nothing of that is archived.
    """
    known = retirements.get(root.key, Retirement(root.key))
    again = known.phase in DISABLED and root.attributes.get("enabled") is True
    if known.phase is Phase.REMOVED or again:
        return Retirement(root.key, history=known.history)
    return known


def allowed(phase: Phase) -> tuple[Event, ...]:
    """Return the events that may be asked for in a phase."""
    return tuple(
        event for (start, event) in TRANSITIONS if start is phase and event not in BY_ITSELF
    )


def advance(
    retirement: Retirement, event: Event, at: datetime, by: str, grace_days: int = GRACE_DAYS
) -> Retirement:
    """Return the retirement after an event.

    :param at: now, with offset.
    :param by: who does it.
    :param grace_days: how long grace lasts, for START_GRACE.
    :raises RetirementRefused: the event may not follow now, or grace has not ended yet.
    """
    phase = TRANSITIONS.get((retirement.phase, event))
    if phase is None:
        raise RetirementRefused(_not_now(retirement, event))
    until = retirement.grace_until
    if event is Event.ARCHIVE and until is not None and at < until:
        raise RetirementRefused(
            f"{place_of(retirement.root)} is in grace until {until.isoformat()}: until then it can "
            "be thawed; archive it after that"
        )
    if event is Event.START_GRACE:
        until = at + timedelta(days=grace_days)
    elif phase is Phase.IN_SERVICE:
        until = None
    passage = Passage(event, phase, at, by)
    return replace(
        retirement, phase=phase, grace_until=until, history=(*retirement.history, passage)
    )


def _not_now(retirement: Retirement, event: Event) -> str:
    possible = ", ".join(allowed(retirement.phase)) or "nothing"
    return (
        f"{place_of(retirement.root)} is {retirement.phase}: {event} cannot follow now; "
        f"possible is {possible}"
    )


def retirement_to_json(retirement: Retirement) -> dict[str, Any]:
    """Return a retirement's JSON form."""
    until = retirement.grace_until
    return {
        "root": retirement.root,
        "phase": retirement.phase.value,
        "grace_until": until.isoformat() if until else None,
        "history": [
            {
                "event": one.event.value,
                "phase": one.phase.value,
                "at": one.at.isoformat(),
                "by": one.by,
            }
            for one in retirement.history
        ],
    }


def retirement_from_json(form: Mapping[str, Any]) -> Retirement:
    """Return the retirement of a JSON form.

    :raises KeyError: a field is missing.
    :raises ValueError: a phase, event or date is none.
    """
    until = form["grace_until"]
    return Retirement(
        Key(form["root"]),
        Phase(form["phase"]),
        datetime.fromisoformat(until) if until else None,
        tuple(
            Passage(
                Event(one["event"]),
                Phase(one["phase"]),
                datetime.fromisoformat(one["at"]),
                one["by"],
            )
            for one in form["history"]
        ),
    )
