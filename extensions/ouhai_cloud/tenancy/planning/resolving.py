"""Drift reverted: it becomes changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.changes import Action, Change, Leaving
from ouhai_cloud.tenancy.drift import Drift, DriftKind
from ouhai_cloud.tenancy.resources import Key, Kind
from ouhai_cloud.tenancy.retirement import Phase

REVERTED = Text("drift is reverted", "撤销登记册之外的改动")
NOT_REGISTERED = Text("somebody made it past the register", "未经登记册创建")


def reverting(drift: Iterable[Drift], changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes with those added or extended that revert drift."""
    by_key: dict[Key, Change] = {one.key: one for one in changes}
    for one in drift:
        if one.what is DriftKind.CHANGED:
            by_key[one.key] = _changed_back(one, by_key)
        elif one.what is DriftKind.MISSING:
            after = dict(one.resource.attributes)
            by_key[one.key] = Change(Action.ADD, one.resource, {}, after, REVERTED)
        elif one.resource.kind is not Kind.PROJECT:
            before = dict(one.resource.attributes)
            by_key[one.key] = Change(Action.REMOVE, one.resource, before, {}, REVERTED)
    return tuple(by_key.values())


def seen_out(drift: Iterable[Drift]) -> tuple[Leaving, ...]:
    """Return the unexpected projects: they may hold servers, so they are retired."""
    return tuple(
        Leaving(one.resource, (one.resource,), Phase.IN_SERVICE, NOT_REGISTERED)
        for one in drift
        if one.what is DriftKind.UNEXPECTED and one.resource.kind is Kind.PROJECT
    )


def _changed_back(drift: Drift, by_key: Mapping[Key, Change]) -> Change:
    """Return the change of a resource, with one attribute more."""
    known = by_key.get(drift.key)
    if known is None or known.action is not Action.CHANGE:
        resource = known.resource if known else drift.resource
        known = Change(Action.CHANGE, resource, {}, {}, REVERTED)
    attributes = {**known.resource.attributes, drift.attribute: drift.expected}
    return replace(
        known,
        resource=replace(known.resource, attributes=attributes),
        before={**known.before, drift.attribute: drift.seen},
        after={**known.after, drift.attribute: drift.expected},
    )
