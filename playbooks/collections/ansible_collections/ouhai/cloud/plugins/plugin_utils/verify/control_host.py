"""What a control host knows of the guest's volume and port, and the API does not tell."""

from __future__ import annotations

import subprocess

from .scene import Scene

COMMAND_TIMEOUT_SECONDS = 30

# What decides whether a guest gets an address. The last one says nothing unless the guest runs on
# the control host itself.
ABOUT_A_PORT = (
    (
        *("ovn-nbctl", "--no-leader-only", "--columns=addresses,dhcpv4_options,up,enabled"),
        *("list", "Logical_Switch_Port", "{port}"),
    ),
    (
        *("ovn-sbctl", "--no-leader-only", "--columns=chassis,up,mac,options"),
        *("find", "Port_Binding", "logical_port={port}"),
    ),
    (
        *("ovs-vsctl", "--columns=name,ofport,error,link_state,statistics"),
        *("find", "Interface", "external_ids:iface-id={port}"),
    ),
)


def ask(scene: Scene, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a control host and return its result, whatever the exit code."""
    # The words come from the playbook's own variables; no shell is involved.
    return subprocess.run(
        [*scene.settings.control_command, *words],
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_SECONDS,
        check=False,
    )


def about_port(scene: Scene) -> str:
    """Return what OVN and Open vSwitch say of the guest's port, to be read by people."""
    if not scene.settings.control_command:
        return "(OVN was not asked: no way to a control host given)"
    told = []
    for words in ABOUT_A_PORT:
        try:
            answer = ask(scene, *(word.replace("{port}", scene.port_id) for word in words))
        except subprocess.TimeoutExpired:
            told.append(f"{words[0]}: no answer within {COMMAND_TIMEOUT_SECONDS} s")
            continue
        told.append(f"{words[0]} says:\n{(answer.stdout + answer.stderr).strip() or '(nothing)'}")
    return "\n".join(told)
