"""An apply's outcome once Neutron has caught up with it."""

from __future__ import annotations

from ouhai_cloud.cloud.settling import TAKEN_BACK, Settled, remove_unused_router, settle
from ouhai_cloud.tenancy.apply import Failure, Outcome
from ouhai_cloud.tenancy.changes import Action, Change
from ouhai_cloud.tenancy.planning import reasons
from ouhai_cloud.tenancy.present import Present
from ouhai_cloud.tenancy.resources import Kind, Ref
from ouhai_cloud.tenancy.state import StateStore


def interfaces(outcome: Outcome) -> list[Change]:
    """Return the changes that made interfaces of routers."""
    return [one for one in outcome.done if one.kind is Kind.INTERFACE]


def settled(outcome: Outcome, present: Present, store: StateStore) -> tuple[Outcome, Settled]:
    """Wait for Neutron; what it took back counts as failed. Hold the state's lock.

    That is forgotten as well: else the next plan would take it for something that somebody removed,
    and leave it alone.

    :raises CloudUnreachable: Neutron does not answer.
    """
    recorded = store.load().resources
    ports = {one.key: recorded[one.key].id for one in interfaces(outcome) if one.key in recorded}
    found = settle(present.site.api, ports.values())
    lost = [one for one in outcome.done if ports.get(one.key) in found.taken_back]
    if lost:
        routers = {one.resource.attributes["router"] for one in lost}
        unused = [
            recorded[ref.key]
            for ref in routers
            if isinstance(ref, Ref) and ref.key in recorded
            if remove_unused_router(present.site.api, recorded[ref.key].id)
        ]
        with store.journal() as journal:
            for gone in (*(one.resource for one in lost), *unused):
                journal.record(Change(Action.FORGET, gone, {}, {}, reasons.forgotten()), "")
    kept = tuple(one for one in outcome.done if one not in lost)
    failed = outcome.failed + tuple(Failure(one, TAKEN_BACK) for one in lost)
    return Outcome(kept, failed), found
