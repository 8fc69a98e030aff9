"""``openstack bureau plan`` and ``apply``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ouhai_cloud.osc.base import ArgumentParser, BureauCommand, Tenancy
from ouhai_cloud.osc.progress import Progress
from ouhai_cloud.osc.report import TEXT, Reporter
from ouhai_cloud.tenancy.apply import Outcome, execute
from ouhai_cloud.tenancy.changes import CLOUD_ACTIONS, Plan
from ouhai_cloud.tenancy.leaving import end_departures
from ouhai_cloud.tenancy.plan import check_current, load_plan, save_plan
from ouhai_cloud.tenancy.present import Present
from ouhai_cloud.tenancy.report import render, require_unblocked, rows
from ouhai_cloud.tenancy.settled import interfaces, settled

PENDING = 2
BLOCKED = 3


class PlanBureaus(BureauCommand, Reporter):
    """Show what apply would change in the cloud, and why; change nothing.

    The file of --plan is JSON with all that apply needs: values before and after, ids, digests.

    Exit codes: 0; with --detailed-exitcode 0 when there is nothing to do, 2 when there is, and 3
    when something is in the way of what the register asks for, whatever else there is to do.

    Examples:
      openstack bureau plan
      openstack bureau plan --plan monday.json
      openstack bureau plan --language zh
      openstack bureau plan -f csv > monday.csv
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "--plan", metavar="<file>", type=Path, help="Save the plan, for apply --plan"
        )
        parser.add_argument(
            "--detailed-exitcode",
            action="store_true",
            help="Exit with 2 when changes are pending, with 3 when something is in their way",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return columns and what is in the plan."""
        tenancy = self.tenancy(parsed_args)
        with self.counted():
            present = tenancy.present()
        present.require_extranet()
        plan = present.plan
        if parsed_args.plan:
            save_plan(plan, parsed_args.plan)
        self.text = plan_text(plan, tenancy)
        self.code = _detailed(plan) if parsed_args.detailed_exitcode else 0
        columns = ("Bureau", "What", "Key", "About", "Reason")
        listed = rows(plan, tenancy.language)
        return columns, [(one.bureau, one.what, one.key, one.about, one.reason) for one in listed]


class ApplyBureaus(BureauCommand, Reporter):
    """Make the cloud as the register says.

    Adds, changes and removes; a bureau or system that left the register is never deleted here
    (see openstack bureau retire), and what others changed in the cloud is never overwritten (see
    openstack bureau drift). What is in the way of the register is left alone, and all else done;
    then the command fails. Stopped at any point, the next apply goes on from there.

    Examples:
      openstack bureau apply
      openstack bureau apply --plan monday.json
      openstack bureau apply -f json
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "--plan",
            metavar="<file>",
            type=Path,
            help="Execute this saved plan, and only if neither cloud nor register moved since",
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Apply, say what was done, then what was not."""
        code = super().run(parsed_args)
        self._outcome.require_complete()
        require_unblocked(self._plan, parsed_args.language)
        return code

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Apply; return columns and what became of each change."""
        tenancy = self.tenancy(parsed_args)
        saved = load_plan(parsed_args.plan) if parsed_args.plan else None
        with self.counted(), tenancy.store.lock():
            present = tenancy.present()
            present.require_extranet()
            if saved is not None:
                check_current(saved, present.plan)
            tenancy.store.keep_accepted(present.plan.accepted)
            if parsed_args.formatter == TEXT:
                self.app.stdout.write(f"{plan_text(present.plan, tenancy)}\n")
            outcome = carry_out(present.plan, present, tenancy)
            end_departures(present, tenancy.store, outcome)
        self._plan, self._outcome = present.plan, outcome
        done = sum(change.action in CLOUD_ACTIONS for change in outcome.done)
        self.text = f"{done} changes made"
        return ("Bureau", "What", "Key", "Done", "Error"), list(_results(outcome))


def _detailed(plan: Plan) -> int:
    if plan.blocked:
        return BLOCKED
    return 0 if plan.empty else PENDING


def carry_out(plan: Plan, present: Present, tenancy: Tenancy) -> Outcome:
    """Execute a plan with progress on stderr. Hold the lock."""
    if not plan.changes:
        return Outcome(())
    with tenancy.store.journal() as journal:
        outcome = execute(plan, present.target, journal, present.ids, present.homes, Progress())
    made = len(interfaces(outcome))
    if made:
        # A server that is started next would wait for it.
        start = time.monotonic()
        outcome, found = settled(outcome, present, tenancy.store)
        seconds = time.monotonic() - start
        text = f"Neutron caught up with {made} router interfaces in {seconds:.0f} s"
        if found.waiting:
            text = (
                f"Neutron has not caught up with {found.waiting} router interfaces after "
                f"{seconds:.0f} s yet"
            )
        print(text, file=sys.stderr)
    return outcome


def plan_text(plan: Plan, tenancy: Tenancy) -> str:
    """Return a plan in words, with the bureaus' names."""
    names = {one.code: one.name for one in tenancy.register().bureaus}
    return render(plan, tenancy.language, names).rstrip()


def _results(outcome: Outcome) -> Iterator[tuple[str, str, str, bool, str]]:
    for done in outcome.done:
        yield done.bureau, done.action.value, done.key, True, ""
    for failure in outcome.failed:
        change = failure.change
        yield change.bureau, change.action.value, change.key, False, failure.error
