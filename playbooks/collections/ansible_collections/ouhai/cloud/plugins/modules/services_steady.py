"""Fail when a service of a host ends again and again."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: services_steady
short_description: Fail when a service of a host ends again and again
description:
  - To systemd a service has started once its process runs. One that gives up some seconds later
    and is started anew is seen by nobody who looks at the wrong moment.
  - Looks at the services that systemd is to keep running. One that was started anew has to run for
    C(steady_seconds) without ending; on a host without any, this takes no time.
  - The last lines of the journal of one that ends again are shown.
options:
  steady_seconds:
    description: How long a service has to run that systemd has started anew.
    type: int
    default: 45
  restarts:
    description: How many new starts more are waited for before the service is given up.
    type: int
    default: 2
author: ouhai-cloud
"""

EXAMPLES = """
- name: Look whether every service keeps running
  ouhai.cloud.services_steady:
"""

RETURN = """
waited_for:
  description: Services that systemd had started anew.
  returned: always
  type: list
  elements: str
"""

PROPERTIES = "Id,ActiveState,Restart,NRestarts,ActiveEnterTimestampMonotonic"
JOURNAL_LINES = 25
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Service:
    """A service as systemd sees it.

    :param stopped: somebody stopped it, or it had nothing more to do.
    :param since: when it became active, in seconds since the host's start; 0 when it never did.
    """

    name: str
    active: bool
    stopped: bool
    failed: bool
    restarts: int
    since: float


def read(text: str) -> list[Service]:
    """Return from C(systemctl show) the services that systemd is to keep running."""
    found = []
    for block in text.strip().split("\n\n"):
        state = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if state.get("Restart", "no") == "no":
            continue
        found.append(
            Service(
                state["Id"],
                state["ActiveState"] == "active",
                state["ActiveState"] == "inactive",
                state["ActiveState"] == "failed",
                int(state["NRestarts"]),
                int(state["ActiveEnterTimestampMonotonic"] or 0) / 1e6,
            )
        )
    return found


def unsteady(services: list[Service], now: float, steady_seconds: float) -> list[Service]:
    """Return those that failed, or were started anew and have not run for long enough since."""
    anew = [one for one in services if one.restarts and not one.stopped]
    young = [one for one in anew if not (one.active and now - one.since >= steady_seconds)]
    return [one for one in services if one.failed or one in young]


def show(module: AnsibleModule) -> list[Service]:
    """Ask systemd for all services that it has loaded."""
    _, text, _ = module.run_command(
        ["systemctl", "show", "--property", PROPERTIES, "*.service"], check_rc=True
    )
    return read(text)


def last_words(module: AnsibleModule, name: str) -> str:
    """Return the last lines that a service wrote."""
    _, text, _ = module.run_command(
        ["journalctl", "--no-pager", "-n", str(JOURNAL_LINES), "-o", "cat", "-u", name]
    )
    return str(text)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "steady_seconds": {"type": "int", "default": 45},
            "restarts": {"type": "int", "default": 2},
        },
        supports_check_mode=True,
    )
    before = {one.name: one.restarts for one in show(module)}
    waited_for: set[str] = set()
    while True:
        left = unsteady(show(module), time.monotonic(), module.params["steady_seconds"])
        waited_for.update(one.name for one in left)
        for one in left:
            again = one.restarts - before.get(one.name, 0)
            if one.failed or again > module.params["restarts"]:
                journal = last_words(module, one.name)
                happened = "has failed" if one.failed else f"was started {one.restarts} times anew"
                module.fail_json(
                    msg=f"{one.name} does not keep running: it {happened}. "
                    f"Look at 'journalctl -u {one.name}' and its log; its last lines:\n{journal}"
                )
        if not left:
            module.exit_json(changed=False, waited_for=sorted(waited_for))
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
