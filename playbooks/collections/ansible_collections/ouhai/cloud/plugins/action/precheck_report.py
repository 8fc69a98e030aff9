"""Show everything that the checks found, and fail when it is anything."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.ouhai.cloud.plugins.plugin_utils import report
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction


class ActionModule(CheckedAction):
    """On the deploy host, for all hosts together."""

    _requires_connection = False
    arguments: ClassVar[dict[str, Any]] = {
        "failures": {"type": "list", "elements": "dict", "required": True}
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Fail with the number of failures after having shown them."""
        failures = report.merge(args["failures"])
        if not failures:
            return {"changed": False, "msg": "Nothing stands in the way of the deployment."}
        self._display.display(f"\n{report.render(args['failures'])}\n", color="red")
        count = "1 problem" if len(failures) == 1 else f"{len(failures)} problems"
        return {
            "failed": True,
            "changed": False,
            "msg": f"{count}, listed above. No host was changed. Correct them and run again.",
        }
