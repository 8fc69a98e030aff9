"""``openstack bureau plan`` and ``apply``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import IO

from ouhai_cloud.osc.base import BureauCommand, Tenancy
from ouhai_cloud.osc.progress import Progress
from ouhai_cloud.tenancy.apply import Outcome, execute
from ouhai_cloud.tenancy.changes import CLOUD_ACTIONS, Plan
from ouhai_cloud.tenancy.leaving import end_departures
from ouhai_cloud.tenancy.plan import check_current, load_plan, save_plan
from ouhai_cloud.tenancy.present import Present
from ouhai_cloud.tenancy.report import as_json, render, require_unblocked
from ouhai_cloud.tenancy.settled import interfaces, settled

PENDING = 2
BLOCKED = 3


class PlanBureaus(BureauCommand):
    """Show what apply would change in the cloud, and why; change nothing.

    Exit codes: 0; with --detailed-exitcode 0 when there is nothing to do, 2 when there is, and 3
    when something is in the way of what the register asks for, whatever else there is to do.

    Examples:
      openstack bureau plan
      openstack bureau plan --plan monday.json
      openstack bureau plan --language zh
      openstack bureau plan --json | jq .changes
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "--plan", metavar="<file>", type=Path, help="Save the plan, for apply --plan"
        )
        parser.add_argument("--json", action="store_true", help="Print the plan as JSON")
        parser.add_argument(
            "--detailed-exitcode",
            action="store_true",
            help="Exit with 2 when changes are pending, with 3 when something is in their way",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the plan; return the exit code."""
        tenancy = self.tenancy(parsed_args)
        with self.counted():
            present = tenancy.present()
        present.require_extranet()
        plan = present.plan
        if parsed_args.plan:
            save_plan(plan, parsed_args.plan)
        show_plan(plan, tenancy, self.app.stdout, as_data=parsed_args.json)
        return _detailed(plan) if parsed_args.detailed_exitcode else 0


class ApplyBureaus(BureauCommand):
    """Make the cloud as the register says.

    Adds, changes and removes; a bureau or system that left the register is never deleted here
    (see openstack bureau retire), and what others changed in the cloud is never overwritten (see
    openstack bureau drift). What is in the way of the register is left alone, and all else done;
    then the command fails. Stopped at any point, the next apply goes on from there.

    Examples:
      openstack bureau apply
      openstack bureau apply --plan monday.json
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "--plan",
            metavar="<file>",
            type=Path,
            help="Execute this saved plan, and only if neither cloud nor register moved since",
        )
        parser.add_argument("--json", action="store_true", help="Print what was done as JSON")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Apply; return the exit code."""
        tenancy = self.tenancy(parsed_args)
        saved = load_plan(parsed_args.plan) if parsed_args.plan else None
        with self.counted(), tenancy.store.lock():
            present = tenancy.present()
            present.require_extranet()
            if saved is not None:
                check_current(saved, present.plan)
            tenancy.store.keep_accepted(present.plan.accepted)
            if not parsed_args.json:
                show_plan(present.plan, tenancy, self.app.stdout, as_data=False)
            outcome = carry_out(present.plan, present, tenancy)
            end_departures(present, tenancy.store, outcome)
        show_outcome(outcome, self.app.stdout, as_data=parsed_args.json)
        outcome.require_complete()
        require_unblocked(present.plan, tenancy.language)
        return 0


def _detailed(plan: Plan) -> int:
    if plan.blocked:
        return BLOCKED
    return 0 if plan.empty else PENDING


def carry_out(plan: Plan, present: Present, tenancy: Tenancy) -> Outcome:
    """Execute a plan with progress on stderr. Hold the lock."""
    if not plan.changes:
        return Outcome(())
    with tenancy.store.journal() as journal:
        outcome = execute(plan, present.target, journal, present.ids, Progress())
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


def show_plan(plan: Plan, tenancy: Tenancy, stream: IO[str], *, as_data: bool) -> None:
    """Print a plan in words or as JSON."""
    if as_data:
        stream.write(json.dumps(as_json(plan), ensure_ascii=False, indent=2) + "\n")
        return
    names = {one.code: one.name for one in tenancy.register().bureaus}
    stream.write(render(plan, tenancy.language, names).rstrip() + "\n")


def show_outcome(outcome: Outcome, stream: IO[str], *, as_data: bool) -> None:
    """Print how many changes were made, or all of it as JSON."""
    done = sum(change.action in CLOUD_ACTIONS for change in outcome.done)
    if as_data:
        failed = [{"key": one.change.key, "error": one.error} for one in outcome.failed]
        stream.write(json.dumps({"done": done, "failed": failed}, indent=2) + "\n")
    else:
        stream.write(f"{done} changes made\n")
