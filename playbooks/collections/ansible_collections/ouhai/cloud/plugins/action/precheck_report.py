"""Show everything that the checks found, and fail when it is anything."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ouhai.cloud.plugins.plugin_utils import report


class ActionModule(ActionBase):
    """On the deploy host, for all hosts together."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Fail with the number of failures after having shown them."""
        super().run(tmp, task_vars)
        _, args = self.validate_argument_spec(
            argument_spec={"failures": {"type": "list", "elements": "dict", "required": True}}
        )
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
