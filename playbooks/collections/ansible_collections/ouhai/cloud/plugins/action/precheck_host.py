"""Check one host: run the module, read the clock, and turn whatever goes wrong into a finding."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction

_CLOCK_READINGS = 3


class ActionModule(CheckedAction):
    """Never fails nor ends as unreachable: the report at the end has to hear of every host."""

    arguments: ClassVar[dict[str, Any]] = {
        "expected": {"type": "dict", "required": True},
        "clock_seconds": {"type": "float", "required": True},
        "clock_offset_seconds": {"type": "float", "default": 0.0},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return the failures of this host."""
        where = str(args["expected"]["name"])
        try:
            failures = self._module(where, args["expected"], self.task_vars)
            failures += self._clock(where, args["clock_seconds"], args["clock_offset_seconds"])
        except AnsibleConnectionFailure as error:
            failures = [unreachable(where, error.message)]
        except AnsibleError as error:
            failures = [broken(where, str(error))]
        return {"changed": False, "failures": [failure.as_dict() for failure in failures]}

    def _module(
        self, where: str, expected: dict[str, Any], task_vars: dict[str, Any]
    ) -> list[Failure]:
        result = self._execute_module(
            module_name="ouhai.cloud.precheck_host",
            module_args={"expected": expected},
            task_vars=task_vars,
        )
        if result.get("unreachable"):
            return [unreachable(where, str(result.get("msg", "")))]
        if result.get("failed"):
            details = str(result.get("module_stderr") or result.get("msg") or "")
            return [broken(where, details.strip())]
        return [Failure(**failure) for failure in result["failures"]]

    def _clock(self, where: str, tolerance: float, offset: float) -> list[Failure]:
        """Compare clocks, by a command that takes far less time than a module.

        The host reads its clock some time between two readings of ours. What lies outside of the
        two is the least that the clocks differ by: a slow connection or a busy deploy host never
        makes a good clock look bad. The best of a few readings counts.
        """
        differences = []
        for _ in range(_CLOCK_READINGS):
            before = time.time() + offset
            answer = self._low_level_execute_command("date +%s.%N", sudoable=False)
            after = time.time() + offset
            differences.append(clock_difference(before, float(answer["stdout"].strip()), after))
        least = min(differences, key=abs)
        if abs(least) <= tolerance:
            return []
        direction = "ahead of" if least > 0 else "behind"
        return [
            Failure(
                where,
                f"the clock is {abs(least):.1f} s {direction} the deploy host's",
                f"with more than {tolerance:g} s, certificates and tokens are refused as not yet "
                "valid or expired, and Ceph's monitors do not agree",
                "Set the clock and a time server on the host: timedatectl, or time_servers. If all "
                "hosts are listed, it is the deploy host's clock that is wrong.",
            )
        ]


def clock_difference(before: float, seen: float, after: float) -> float:
    """Return by how many seconds a clock differs at least; 0 when it lies between two readings."""
    if seen > after:
        return seen - after
    return min(seen - before, 0.0)


def unreachable(where: str, reason: str) -> Failure:
    """Say that a host cannot be reached."""
    return Failure(
        where,
        f"the host cannot be reached: {' '.join(reason.split())}",
        "nothing can be deployed on it, and what it shares with others is not known",
        "Check that the host is up, ansible_host in the inventory, and that the deploy host may "
        "log in (ssh keys, ansible_user). Take a host that is away for long out of the inventory.",
    )


def broken(where: str, details: str) -> Failure:
    """Say that a host cannot run a module."""
    return Failure(
        where,
        f"the host cannot be checked: {details[-500:]}",
        "Ansible needs Python 3 and the rights of root on every host",
        "Install python3 on the host (apt-get install python3), or correct ansible_user and "
        "ansible_become in the inventory.",
    )
