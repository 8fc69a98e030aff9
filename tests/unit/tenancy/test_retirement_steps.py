from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ouhai_cloud.errors import RetirementRefused
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Kind, Resource
from ouhai_cloud.tenancy.retirement import (
    ENDS,
    TRANSITIONS,
    Event,
    Phase,
    Retirement,
    advance,
    allowed,
    current,
    retirement_from_json,
    retirement_to_json,
)

ROOT = keys.domain("E002")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
DAYS = st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 40)), max_size=12)


def walk(events: list[tuple[Event, int]]) -> list[tuple[Retirement, datetime]]:
    """Try events, days apart; return what each led to."""
    at, now = START, Retirement(ROOT)
    found = [(now, at)]
    for event, days in events:
        at += timedelta(days=days)
        try:
            now = advance(now, event, at, "wang")
        except RetirementRefused:
            continue
        found.append((now, at))
    return found


@given(DAYS)
def test_nothing_is_removed_but_by_every_step_in_order(events: list[tuple[Event, int]]) -> None:
    last, _ = walk(events)[-1]
    if last.history and last.history[-1].event is Event.FINISH_REMOVAL:
        begun = max(n for n, one in enumerate(last.history) if one.event is Event.START_GRACE)
        rest = [one.event for one in last.history[begun + 1 :]]
        again = rest.count(Event.REMOVE)
        assert again and last.history[begun - 1].event is Event.FREEZE
        assert rest == [
            Event.ARCHIVE,
            Event.EMPTY,
            *[Event.REMOVE] * again,
            Event.FINISH_REMOVAL,
        ]


@given(DAYS)
def test_nothing_is_archived_before_its_grace_has_ended(events: list[tuple[Event, int]]) -> None:
    for now, at in walk(events):
        if now.phase is Phase.ARCHIVED and now.history[-1].event is Event.ARCHIVE:
            assert now.grace_until is not None
            assert at >= now.grace_until


@given(DAYS)
def test_what_is_thawed_or_put_back_starts_anew(events: list[tuple[Event, int]]) -> None:
    for now, at in walk(events):
        back = [one for one in (Event.THAW, Event.PUT_BACK) if (now.phase, one) in TRANSITIONS]
        assert (Event.THAW in allowed(now.phase)) == (now.phase in (Phase.FROZEN, Phase.GRACE))
        assert (Event.PUT_BACK in back) == (now.phase not in ENDS)
        for event in back:
            anew = advance(now, event, at, "wang")
            assert (anew.phase, anew.grace_until) == (Phase.IN_SERVICE, None)


@given(DAYS)
def test_history_tells_every_step_and_survives_json(events: list[tuple[Event, int]]) -> None:
    last, _ = walk(events)[-1]
    phase = Phase.IN_SERVICE
    for one in last.history:
        phase = TRANSITIONS[phase, one.event]
        assert one.phase is phase
    assert phase is last.phase
    assert retirement_from_json(retirement_to_json(last)) == last


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("event", Event)
def test_what_is_not_in_the_table_is_refused(phase: Phase, event: Event) -> None:
    if (phase, event) not in TRANSITIONS:
        with pytest.raises(RetirementRefused, match=f"E002 is {phase}: {event} cannot follow"):
            advance(Retirement(ROOT, phase), event, START, "wang")


def test_the_refusal_names_the_end_of_grace() -> None:
    frozen = advance(Retirement(ROOT), Event.FREEZE, START, "wang")
    grace = advance(frozen, Event.START_GRACE, START, "wang", grace_days=7)
    with pytest.raises(RetirementRefused, match="until 2026-03-08"):
        advance(grace, Event.ARCHIVE, START + timedelta(days=6), "wang")
    archived = advance(grace, Event.ARCHIVE, START + timedelta(days=7), "wang")
    assert archived.phase is Phase.ARCHIVED


@pytest.mark.parametrize(
    ("phase", "enabled", "found"),
    [
        (Phase.FROZEN, False, Phase.FROZEN),
        (Phase.GRACE, True, Phase.IN_SERVICE),
        (Phase.ARCHIVED, False, Phase.ARCHIVED),
        (Phase.ARCHIVED, True, Phase.IN_SERVICE),
        (Phase.EMPTIED, True, Phase.IN_SERVICE),
        (Phase.REMOVING, True, Phase.REMOVING),
        (Phase.REMOVED, True, Phase.IN_SERVICE),
    ],
)
def test_what_is_there_again_starts_anew(phase: Phase, enabled: bool, found: Phase) -> None:
    root = Resource(Kind.DOMAIN, ROOT, "E002", {"enabled": enabled})
    assert current({ROOT: Retirement(ROOT, phase)}, root).phase is found
    assert current({}, root) == Retirement(ROOT)
