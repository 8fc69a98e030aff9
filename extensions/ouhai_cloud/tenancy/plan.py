"""The plan: wanted, observed and recorded state compared three ways. Pure; nothing is called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ouhai_cloud.tenancy.changes import Action, Change, Plan
from ouhai_cloud.tenancy.drift import Accepted
from ouhai_cloud.tenancy.resources import Key, Kind, State
from ouhai_cloud.tenancy.retirement import Retirement


@dataclass(frozen=True)
class Step:
    """Changes that may run at the same time: one kind, one action.

    :param depth: for projects, how deep they are in their domain's tree; 0 for other kinds.
    """

    kind: Kind
    action: Action
    depth: int
    changes: tuple[Change, ...]


def make_plan(
    desired: State,
    observed: State,
    recorded: State,
    accepted: Sequence[Accepted] = (),
    retirements: Mapping[Key, Retirement] | None = None,
) -> Plan:
    """Return what apply would do to bring the cloud from the observed to the desired state.

    :param recorded: what we last applied (state.py); may be empty when it was lost.
    :param accepted: deviations that somebody decided to live with.
    :param retirements: by root, how far the leaving of bureaus and systems is.
    """
    raise NotImplementedError


def check_current(plan: Plan, now: Plan) -> None:
    """Refuse a saved plan when the register, the cloud or our record moved since.

    :param now: the plan made from the states of this moment.
    :raises PlanOutdated: one of the digests differs.
    """
    raise NotImplementedError


def steps(plan: Plan) -> tuple[Step, ...]:
    """Return the plan's changes in dependency order.

    Memory first (record, forget), then removals from the leaves to the roots, then by kind in
    ORDER what changes and what is added, projects from the top of their tree down.
    """
    raise NotImplementedError


def resolve(
    plan: Plan,
    *,
    revert: Collection[Key] = (),
    adopt: Collection[Key] = (),
) -> Plan:
    """Return the plan with drift decided: reverted drift becomes changes, adopted drift goes.

    What is missing is added, what was changed is changed back, what is unexpected is removed; an
    unexpected project may hold servers and becomes leaving instead.

    :raises DriftUndecided: a key that has not drifted, or one that is both reverted and adopted.
    """
    raise NotImplementedError


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON, with all that apply needs.

    :raises OSError: the file cannot be written.
    """
    raise NotImplementedError


def load_plan(path: Path) -> Plan:
    """Read a plan that ``save_plan`` wrote.

    :raises OuhaiError: it is no plan, or one of another version.
    """
    raise NotImplementedError
