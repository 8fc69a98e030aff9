"""The plan: wanted, observed and recorded state compared three ways. Pure; nothing is called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ouhai_cloud.errors import PlanOutdated
from ouhai_cloud.tenancy.changes import Action, Change, Plan
from ouhai_cloud.tenancy.drift import Accepted, Drift
from ouhai_cloud.tenancy.encoding import Json, state_digest
from ouhai_cloud.tenancy.plan_file import accepted_to_json, load_plan, save_plan
from ouhai_cloud.tenancy.planning.ceilings import Ceilings, Standing, above
from ouhai_cloud.tenancy.planning.compare import compare
from ouhai_cloud.tenancy.planning.holding import hold, in_order_of_making, release
from ouhai_cloud.tenancy.planning.leaving import departures
from ouhai_cloud.tenancy.planning.order import RANK, Depths, Turns, by_bureau, cuts, raises
from ouhai_cloud.tenancy.planning.resolving import reverting, seen_out
from ouhai_cloud.tenancy.planning.states import States
from ouhai_cloud.tenancy.planning.taken_names import taken_names
from ouhai_cloud.tenancy.planning.unexpected import unexpected
from ouhai_cloud.tenancy.resources import Key, Kind, State
from ouhai_cloud.tenancy.retirement import Retirement, retirement_to_json

__all__ = ["Step", "check_current", "load_plan", "make_plan", "resolve", "save_plan", "steps"]


@dataclass(frozen=True)
class Step:
    """Changes that may run at the same time: one kind, one action."""

    kind: Kind
    action: Action
    changes: tuple[Change, ...]


def make_plan(
    desired: State,
    observed: State,
    recorded: State,
    accepted: Sequence[Accepted] = (),
    retirements: Mapping[Key, Retirement] | None = None,
    ceilings: Ceilings | None = None,
) -> Plan:
    """Return what apply would do to bring the cloud from the observed to the desired state.

    :param recorded: what we last applied (state.py); may be empty when it was lost.
    :param accepted: deviations that somebody decided to live with.
    :param retirements: by root, how far the leaving of bureaus and systems is.
    :param ceilings: what each bureau's projects may have together.
    """
    states = States(desired, observed, recorded, retirements or {})
    found = [compare(one, states) for one in sorted(desired.values(), key=by_bureau)]
    wishes = [one.change for one in found if one.change]
    conflicts = (
        *(one.conflict for one in found if one.conflict),
        *taken_names(wishes, states),
    )
    in_conflict = {one.key for one in conflicts}
    going = departures(states)
    removed = {one.key for one in going.removals}
    drift = (
        *(each for one in found for each in one.drift),
        *unexpected(states, desired.keys() | removed),
    )
    undecided, in_force = _silence(drift, accepted)
    wishes = [one for one in wishes if one.key not in in_conflict]
    decided = {one.key for one in in_force}
    roots = {one.key: left.key for left in going.leaving for one in left.resources}
    changes, held = hold(
        [*wishes, *going.removals, *going.forgotten],
        observed.keys() - in_conflict,
        (one for one in observed.values() if one.key not in removed),
        above(wishes, states, ceilings or {}, Standing(decided, roots)),
    )
    return Plan(
        changes=_sorted(changes),
        held=held,
        leaving=going.leaving,
        drift=undecided,
        conflicts=conflicts,
        accepted=in_force,
        desired_digest=state_digest(
            desired, also=[{str(key): own for key, own in (ceilings or {}).items()}]
        ),
        observed_digest=state_digest(observed, recorded, also=_decisions(in_force, states)),
    )


def check_current(plan: Plan, now: Plan) -> None:
    """Refuse a saved plan when the register, the cloud or our record moved since.

    :param now: the plan made from the states of this moment.
    :raises PlanOutdated: one of the digests differs.
    """
    moved = [
        what
        for what, before, after in (
            ("the register (or the inventory)", plan.desired_digest, now.desired_digest),
            ("the cloud (or our record of it)", plan.observed_digest, now.observed_digest),
        )
        if before != after
    ]
    if moved:
        raise PlanOutdated(
            f"{' and '.join(moved).capitalize()} changed since this plan was made; nothing was "
            "done. Make a new plan, read it, and apply that."
        )


def steps(plan: Plan) -> tuple[Step, ...]:
    """Return the plan's changes in dependency order.

    Memory first (record, forget), then removals from the leaves to the roots, then by kind in
    ORDER what changes and what is added, projects from the top of their tree down. So names and
    numbers are free again before others take them. Limits and quotas are cut before others are
    raised: whenever apply is killed, no bureau's projects have more together than before and
    after. A quota is written by one request, also where it gives and takes.
    """
    memory = _steps(plan.of(Action.RECORD, Action.FORGET))
    removals = _steps(plan.of(Action.REMOVE))
    return (*memory, *reversed(removals), *_steps(plan.of(Action.CHANGE, Action.ADD)))


def resolve(plan: Plan, revert: Collection[Key]) -> Plan:
    """Return the plan with drift reverted: it becomes changes.

    What is missing is added, what was changed is changed back, what is unexpected is removed; an
    unexpected project may hold servers and becomes leaving instead.

    :param revert: keys of what has drifted.
    """
    back = [one for one in plan.drift if one.key in revert]
    changes = reverting(back, plan.changes)
    gone = {one.key for one in changes if one.action is Action.REMOVE}
    freed, held = release(plan.held, {one.key for one in changes} - gone, gone)
    return replace(
        plan,
        changes=_sorted((*changes, *freed)),
        held=held,
        leaving=(*plan.leaving, *seen_out(back)),
        drift=tuple(one for one in plan.drift if one.key not in revert),
    )


def _decisions(in_force: Iterable[Accepted], states: States) -> Iterator[Json]:
    """Yield what was decided earlier: the plan, and what is seen out after it, depend on that."""
    yield from map(accepted_to_json, in_force)
    for key in sorted(states.retirements):
        yield retirement_to_json(states.retirements[key])


def _silence(
    drift: Iterable[Drift], accepted: Sequence[Accepted]
) -> tuple[tuple[Drift, ...], tuple[Accepted, ...]]:
    """Return the drift that is not accepted, and the acceptances that are in force."""
    by_key: dict[Key, list[Accepted]] = {}
    for decision in accepted:
        by_key.setdefault(decision.key, []).append(decision)
    left, in_force = [], []
    for one in drift:
        covering = next((each for each in by_key.get(one.key, ()) if each.covers(one)), None)
        if covering is None:
            left.append(one)
        else:
            in_force.append(covering)
    return tuple(left), tuple(in_force)


def _steps(changes: Iterable[Change]) -> list[Step]:
    many = in_order_of_making(changes)
    depths = Depths({one.key: one.resource for one in many})
    turns = Turns(many)

    def group(change: Change) -> tuple[int, bool, int, bool, bool, Action]:
        # Before additions, so that a name that is given up can be taken.
        adds = change.action is Action.ADD
        changed = change.action is Action.CHANGE
        place = turns.of(change) if changed else depths.of(change.resource)
        amounts = raises(change), not cuts(change)
        return RANK[change.kind], adds, place, *amounts, change.action

    found = []
    for (*_, action), members in groupby(sorted(many, key=group), key=group):
        same = tuple(members)
        found.append(Step(same[0].kind, action, same))
    return found


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda one: by_bureau(one.resource)))
