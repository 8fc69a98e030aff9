"""Run a command on the deploy host, showing what it tells while it works."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import deque
from threading import Thread
from typing import IO, Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.ouhai.cloud.plugins.plugin_utils.checked_action import CheckedAction

display = Display()
LAST_LINES = 40


class ActionModule(CheckedAction):
    """Runs in the controller: a module could show nothing before its end."""

    _supports_check_mode = False
    _requires_connection = False
    refusals = (OSError,)
    arguments: ClassVar[dict[str, Any]] = {
        "argv": {"type": "list", "elements": "str", "required": True}
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return the exit code and what was said; `failed` unless the code is 0."""
        # What the task and its blocks say under `environment`; the method fills it.
        asked: dict[str, str] = {}
        self._compute_environment_string(asked)
        told: deque[str] = deque(maxlen=LAST_LINES)
        with subprocess.Popen(
            args["argv"],
            env={**os.environ, **asked},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process:
            showing = Thread(target=_show, args=(process.stderr, told))
            showing.start()
            said = process.stdout.read() if process.stdout else ""
            showing.join()
        result = {"changed": True, "rc": process.returncode, "stdout_lines": said.splitlines()}
        if process.returncode != 0:
            words = shlex.join(args["argv"])
            text = "\n".join([f"{words}: ended with {process.returncode}", *told])
            result |= {"failed": True, "msg": text}
        return result


def _show(stream: IO[str] | None, told: deque[str]) -> None:
    for line in stream or ():
        told.append(line.rstrip())
        display.display(f"  {line.rstrip()}")
