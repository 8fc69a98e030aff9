"""Keep systemd units running on the configuration that is on disk."""

from __future__ import annotations

import calendar
import glob
import os
import socket
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: units
short_description: Keep systemd units running on the configuration that is on disk
description:
  - Enables and starts units, and restarts those that started before a file they read was last
    written. Handlers lose their notifications when a run is killed; comparing times does not.
  - Waits until the ports answer, and shows the unit's journal when it does not come up.
options:
  units:
    description: Names of the units.
    type: list
    elements: str
    required: true
  files:
    description: Files (globs) that the units read at start.
    type: list
    elements: str
    default: []
  reload:
    description: Reload rather than restart when a file is newer.
    type: bool
    default: false
  stale:
    description: True when a task before this one changed what the units read (for check mode).
    type: bool
    default: false
  ports:
    description: C(address:port) pairs that must accept connections afterwards.
    type: list
    elements: str
    default: []
  masked:
    description: Units to stop and mask, because the package starts something we replace.
    type: list
    elements: str
    default: []
  timeout_seconds:
    description: How long a port may take to answer.
    type: int
    default: 90
author: ouhai-cloud
"""

EXAMPLES = """
- name: Run haproxy
  ouhai.cloud.units:
    units: [haproxy]
    files: [/etc/haproxy/haproxy.cfg]
    reload: true
    ports: ["10.118.0.10:443"]
"""

RETURN = """
actions:
  description: What was done to which unit.
  returned: always
  type: list
  elements: str
"""

PROPERTIES = "LoadState,ActiveState,UnitFileState,NeedDaemonReload,ExecMainStartTimestamp,Type"
MARKERS = "/run/ouhai/reloaded"
TRIES = 3


def parse_timestamp(text: str) -> float:
    """Turn systemd's C(@1700000000.123456)-less UTC stamp into seconds since the epoch.

    The stamp comes from C(systemctl --timestamp=us+utc), such as
    C(Mon 2026-11-23 13:31:57.123456 UTC); an empty one means the unit never ran.
    """
    if not text or text == "n/a":
        return 0.0
    stamp, _, _ = text.partition(" UTC")
    whole, _, fraction = stamp.partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%a %Y-%m-%d %H:%M:%S"))
    return seconds + float(f"0.{fraction or 0}")


def show(module: AnsibleModule, names: list[str]) -> dict[str, dict[str, str]]:
    """Read the properties of all units with one call."""
    _, text, _ = module.run_command(
        ["systemctl", "show", "--timestamp=us+utc", "-p", PROPERTIES, *names], check_rc=True
    )
    blocks = [block for block in text.strip().split("\n\n") if block]
    return {
        name: dict(line.split("=", 1) for line in block.splitlines())
        for name, block in zip(names, blocks, strict=True)
    }


def newest(patterns: list[str]) -> float:
    """Return the latest change time, in seconds since the epoch, of the files that match."""
    paths = [path for pattern in patterns for path in glob.glob(pattern)]
    return max((os.stat(path).st_mtime for path in paths), default=0.0)


def marker(name: str) -> str:
    """Return the path of the file that records the unit's last reload."""
    return os.path.join(MARKERS, name)


def read_since(name: str, state: dict[str, str]) -> float:
    """Return when the unit last read its files, in seconds since the epoch."""
    started = parse_timestamp(state["ExecMainStartTimestamp"])
    reloaded = os.stat(marker(name)).st_mtime if os.path.exists(marker(name)) else 0.0
    return max(started, reloaded)


def journal(module: AnsibleModule, units: list[str]) -> str:
    """Return the last lines that the units wrote."""
    selectors = [word for unit in units for word in ("-u", unit)]
    _, text, _ = module.run_command(
        ["journalctl", "--no-pager", "-n", "25", "-o", "cat", *selectors]
    )
    return str(text)


def wait_for_port(module: AnsibleModule, endpoint: str, deadline: float) -> None:
    """Fail the module unless the port accepts a connection before the deadline (monotonic)."""
    address, _, port = endpoint.rpartition(":")
    while True:
        try:
            with socket.create_connection((address, int(port)), timeout=2):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                units = module.params["units"]
                module.fail_json(
                    msg=f"{', '.join(units)}: nothing answers on {endpoint} ({error}). "
                    f"Look at 'journalctl -u {units[0]}'; its last lines:\n{journal(module, units)}"
                )
        time.sleep(0.2)


def needed_actions(
    module: AnsibleModule, states: dict[str, dict[str, str]]
) -> dict[str, list[str]]:
    """Return per verb of systemctl the units it is needed for."""
    params: dict[str, Any] = module.params
    verbs: dict[str, list[str]] = {"enable": [], "start": [], "restart": [], "reload": []}
    changed_at = newest(params["files"])
    for name, state in states.items():
        if state["LoadState"] == "not-found" and not module.check_mode:
            module.fail_json(msg=f"unit {name} does not exist; is its package installed?")
        if state["UnitFileState"] in ("disabled", "masked", ""):
            verbs["enable"].append(name)
        if state["ActiveState"] not in ("active", "reloading"):
            # "restart" also brings back a unit that is failed or still starting on old files
            verbs["restart"].append(name)
        elif "ExecMainStartTimestamp" not in state:
            continue  # a socket or target reads no files
        elif params["stale"] or changed_at > read_since(name, state):
            verbs["reload" if params["reload"] else "restart"].append(name)
    return verbs


def units_to_mask(module: AnsibleModule) -> list[str]:
    """Return the units that are to be masked and are not yet."""
    names = module.params["masked"]
    if not names:
        return []
    return [
        name
        for name, state in show(module, names).items()
        if state["UnitFileState"] not in ("masked", "masked-runtime")
    ]


def run_systemctl(module: AnsibleModule, verb: str, units: list[str]) -> None:
    """Call systemctl and fail with the journal's words when it fails."""
    code, _, error = module.run_command(["systemctl", verb, *units])
    if code:
        module.fail_json(
            msg=f"systemctl {verb} {' '.join(units)} failed: {error.strip()}\n"
            f"Last lines of the journal:\n{journal(module, units)}"
        )


def settle(module: AnsibleModule, units: list[str], error: str) -> None:
    """Wait for units of which one failed to start while systemd starts it again by its own rule.

    Daemons of one service that start at once on a new database now and then trip over each other.
    Units without C(Restart=) are C(failed) at once, and then so is the task.
    """
    deadline = time.monotonic() + module.params["timeout_seconds"]
    while True:
        states = {name: state["ActiveState"] for name, state in show(module, units).items()}
        waiting = [name for name, state in states.items() if state not in ("active", "failed")]
        failed = [name for name, state in states.items() if state == "failed"]
        if failed or (waiting and time.monotonic() > deadline):
            names = failed or waiting
            module.fail_json(
                msg=f"{', '.join(names)} did not start: {error.strip()}\n"
                f"Last lines of the journal:\n{journal(module, names)}"
            )
        if not waiting:
            module.warn(f"started only at a further try, by systemd: {error.strip()}")
            return
        time.sleep(0.5)


def in_the_way(module: AnsibleModule, units: list[str]) -> list[str]:
    """Return running services whose sockets are to start, which systemd refuses then.

    A service comes before its socket where its host was started between two tasks.
    """
    sockets = [name for name in units if name.endswith(".socket")]
    if not sockets:
        return []
    _, triggered, _ = module.run_command(
        ["systemctl", "show", "-p", "Triggers", "--value", *sockets], check_rc=True
    )
    services = sorted(set(triggered.split()))
    states = show(module, services) if services else {}
    return [name for name, state in states.items() if state["ActiveState"] == "active"]


def restart(module: AnsibleModule, units: list[str]) -> None:
    """Restart or start units; one that fails may be started again by systemd."""
    error = ""
    for _ in range(TRIES):
        # A further socket of the service may start it again at once.
        services = in_the_way(module, units)
        if services:
            run_systemctl(module, "stop", services)
        code, _, error = module.run_command(["systemctl", "restart", *units, *services])
        if code == 0:
            return
        if not services:
            break
    settle(module, units, error)


def carry_out(module: AnsibleModule, verbs: dict[str, list[str]], *, needs_reload: bool) -> None:
    """Call systemctl for each verb in order, note reloads, and wait for the ports."""
    if needs_reload or verbs["enable"]:
        run_systemctl(module, "daemon-reload", [])
    if verbs["mask"]:
        run_systemctl(module, "mask", ["--now", *verbs["mask"]])
    if verbs["enable"]:
        run_systemctl(module, "enable", verbs["enable"])
    if verbs["restart"]:
        restart(module, verbs["restart"])
    if verbs["reload"]:
        run_systemctl(module, "reload", verbs["reload"])
    os.makedirs(MARKERS, exist_ok=True)
    for name in verbs["reload"]:
        with open(marker(name), "w"):
            os.utime(marker(name))
    deadline = time.monotonic() + module.params["timeout_seconds"]
    for endpoint in module.params["ports"]:
        wait_for_port(module, endpoint, deadline)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "str", "required": True},
            "files": {"type": "list", "elements": "str", "default": []},
            "reload": {"type": "bool", "default": False},
            "stale": {"type": "bool", "default": False},
            "ports": {"type": "list", "elements": "str", "default": []},
            "masked": {"type": "list", "elements": "str", "default": []},
            "timeout_seconds": {"type": "int", "default": 90},
        },
        supports_check_mode=True,
    )
    states = show(module, module.params["units"])
    verbs = {**needed_actions(module, states), "mask": units_to_mask(module)}
    actions = [f"{verb} {name}" for verb, units in verbs.items() for name in units]
    if not module.check_mode:
        needs_reload = any(state["NeedDaemonReload"] == "yes" for state in states.values())
        carry_out(module, verbs, needs_reload=needs_reload)
    module.exit_json(changed=bool(actions), actions=actions)


if __name__ == "__main__":
    main()
