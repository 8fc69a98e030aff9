"""Verify a cloud, on the deploy host, showing each step as it ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from ansible.utils.display import Display
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.errors import CheckFailed
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify import report
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.graph import Outcome, State
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.plan import STEPS
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.run import verify
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.settings import (
    ARGUMENT_SPEC,
    from_arguments,
)

display = Display()
COLOURS = {State.OK: "green", State.FAILED: "red", State.NOT_REACHED: "cyan"}


class ActionModule(CheckedAction):
    """Runs in the controller: a module could show nothing before its end."""

    _requires_connection = False
    arguments = ARGUMENT_SPEC
    refusals = (CheckFailed,)

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return every step with its seconds; `failed` when one of them did."""
        settings = from_arguments(args)
        if self._task.check_mode:
            plan = "Would verify: " + ", ".join(step.name for step in STEPS)
            display.display(f"  {plan}")
            return {"changed": False, "msg": plan, "steps": []}
        started = datetime.now(UTC)
        clock = time.monotonic()
        outcomes = verify(settings, _show)
        seconds = round(time.monotonic() - clock, 1)
        failed = any(outcome.state is State.FAILED for outcome in outcomes)
        display.display(report.table(outcomes, seconds))
        result = {
            "failed": failed,
            # What it creates it removes.
            "changed": settings.keep,
            "started": started.isoformat(timespec="seconds"),
            "seconds": seconds,
            "steps": report.as_data(outcomes),
        }
        report.write(settings.report_file, result)
        if failed:
            result["msg"] = report.failures(outcomes)
        else:
            result["msg"] = f"The cloud works: {len(outcomes)} steps in {seconds:g} s."
        return result


def _show(outcome: Outcome) -> None:
    display.display(report.line(outcome), color=COLOURS[outcome.state])
