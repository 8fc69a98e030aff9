"""``openstack bureau drift``: what somebody changed in the cloud past the register."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from getpass import getuser
from typing import Any

from cliff.lister import Lister

from ouhai_cloud.errors import DriftUndecided
from ouhai_cloud.language import Language
from ouhai_cloud.osc.base import ArgumentParser, BureauCommand, Tenancy
from ouhai_cloud.osc.plans import carry_out
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.plan import resolve
from ouhai_cloud.tenancy.present import Present
from ouhai_cloud.tenancy.report import WORDS, seen_as
from ouhai_cloud.tenancy.resources import Key, Ref, Value, place_of
from ouhai_cloud.tenancy.retirement import Retirement
from ouhai_cloud.tenancy.wording import called

DRIFTED = 3
COLUMNS = ("Drift", "Key", "Attribute", "Expected", "Seen")
ALL = "all"


class ShowDrift(BureauCommand, Lister):
    """Show what was changed past the register; put it back, or live with it.

    Exit codes for cron: 0 clean, 3 drift that nobody has decided about.

    Examples:
      openstack bureau drift
      openstack bureau drift --revert rule:E021/oa/ingress/tcp/22/0.0.0.0/0
      openstack bureau drift --revert all
      openstack bureau drift --adopt network_quota:E021/oa --why "load test until Friday"
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        decision = parser.add_mutually_exclusive_group()
        decision.add_argument(
            "--revert",
            metavar="<key>",
            action="append",
            help="Make this as the register says again, adopted or not; `all` for everything that "
            "is not adopted; may be repeated",
        )
        decision.add_argument(
            "--adopt",
            metavar="<key>",
            action="append",
            help="Live with this deviation, as it is seen now; may be repeated",
        )
        parser.add_argument("--why", metavar="<text>", help="The reason, needed with --adopt")
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run, and exit with 3 when drift is left."""
        code: int = super().run(parsed_args)
        return code or self._code

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Decide if asked; return columns and the drift that is left."""
        tenancy = self.tenancy(parsed_args)
        with self.counted():
            if parsed_args.revert:
                _revert(tenancy, parsed_args.revert)
            elif parsed_args.adopt:
                _adopt(tenancy, parsed_args.adopt, parsed_args.why or "")
            plan = tenancy.present().plan
        rows = list(_rows(plan, tenancy.language))
        self._code = DRIFTED if rows else 0
        return COLUMNS, rows


def _rows(plan: Plan, language: Language) -> Iterator[tuple[str, ...]]:
    for one in plan.drift:
        what, attribute = WORDS[one.what][language], called(one.attribute, language)
        yield (what, one.key, attribute, words(one.expected), words(seen_as(one, language)))
    for conflict in plan.conflicts:
        attributes = ", ".join(called(one, language) for one in conflict.attributes)
        what, reason = WORDS["in the way"][language], conflict.reason.in_(language)
        yield (what, conflict.key, attributes, "", reason)


def _revert(tenancy: Tenancy, asked: list[str]) -> None:
    with tenancy.store.lock():
        present = tenancy.present()
        adopted = {one.key for one in present.plan.accepted if one.key in asked}
        drifted = _drifted(present, sorted({*asked} - adopted))
        if adopted:
            kept = [one for one in present.plan.accepted if one.key not in adopted]
            tenancy.store.keep_accepted(kept)
            present = tenancy.present()
            drifted |= adopted
        plan = resolve(present.plan, revert=drifted)
        changes = tuple(change for change in plan.changes if change.key in drifted)
        for key in drifted & {leaving.key for leaving in plan.leaving}:
            # Somebody may work in an unexpected project: it is seen out like any other.
            tenancy.store.retire(Retirement(root=key))
            print(f"{key}: goes on with openstack bureau retire {place_of(key)}", file=sys.stderr)
        carry_out(replace(plan, changes=changes), present, tenancy).require_complete()


def _adopt(tenancy: Tenancy, asked: list[str], why: str) -> None:
    if not why.strip():
        raise DriftUndecided("--adopt needs --why TEXT: whoever finds it later wants to know")
    with tenancy.store.lock():
        present = tenancy.present()
        drifted = _drifted(present, asked)
        items = [one for one in present.plan.drift if one.key in drifted]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        tenancy.store.accept(items, getuser(), now, why)


def _drifted(present: Present, asked: list[str]) -> frozenset[Key]:
    """Return the keys asked for.

    :raises DriftUndecided: one has not drifted.
    """
    there = frozenset(one.key for one in present.plan.drift)
    if ALL in asked:
        return there
    unknown = sorted(set(asked) - there)
    if unknown:
        raise DriftUndecided(
            f"{', '.join(unknown)}: has not drifted; openstack bureau drift shows what has"
        )
    return frozenset(map(Key, asked))


def words(value: Value) -> str:
    """Return a value for people."""
    if isinstance(value, tuple):
        return ", ".join(map(words, value))
    if isinstance(value, Ref):
        return value.key
    return "" if value is None else str(value)
