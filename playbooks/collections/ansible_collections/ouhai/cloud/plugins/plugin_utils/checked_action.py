"""What our action plugins share: checked arguments, and errors turned into Ansible's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class CheckedAction(ActionBase):
    """An action plugin says which arguments it takes and acts on them."""

    _supports_check_mode = True

    arguments: ClassVar[Mapping[str, Any]]
    """What the task may give, as an argument spec."""
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors whose text is meant for the operator; any other is a fault of ours, with traceback."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Check the arguments, act, and return the result."""
        super().run(tmp, task_vars)
        _, args = self.validate_argument_spec(argument_spec=self.arguments)
        self.task_vars = task_vars or {}
        try:
            return self.act(args)
        except self.refusals as error:
            # Ansible would print the cause's text a second time.
            raise AnsibleActionFail(str(error)) from None

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Do what the plugin is for."""
        raise NotImplementedError
