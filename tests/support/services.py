"""What a host runs and since when, and what its configuration is: to show that nothing moved."""

from __future__ import annotations

from tests.support.lab import Lab, LabUnusable

# These start when they are asked something and end when they are idle.
ON_DEMAND = ("user@", "systemd-hostnamed", "systemd-localed", "systemd-timedated", "ouhai-test-")

RUNNING = """
systemctl list-units --type=service --state=running --plain --no-legend | cut -d' ' -f1 |
    xargs systemctl show --property=Id,ExecMainStartTimestampMonotonic
"""
CONFIGURATION = r"""
find /etc -xdev -type f ! -name '*.lock' -exec sha256sum {} + | sort -k2
find /etc -xdev \( -type d -o -type l \) -printf '%p %m %u %g %l\n' | sort
"""


def start_times(lab: Lab, host: str) -> dict[str, str]:
    """Return the services that run, and when each was started (microseconds after boot).

    :raises LabUnusable: systemd does not answer.
    """
    answer = lab.ssh(host, RUNNING)
    blocks = [block.splitlines() for block in answer.output.strip().split("\n\n")]
    rows = [dict(line.split("=", 1) for line in block if "=" in line) for block in blocks]
    found = {row["Id"]: row["ExecMainStartTimestampMonotonic"] for row in rows if "Id" in row}
    if answer.code != 0 or not found:
        raise LabUnusable(f"on {host}: no list of services: {answer.errors}")
    return {name: time for name, time in found.items() if not name.startswith(ON_DEMAND)}


def configuration(lab: Lab, host: str) -> dict[str, str]:
    """Return a line of its own for each path in /etc: digest, or mode and owner.

    :raises LabUnusable: /etc cannot be read.
    """
    answer = lab.ssh(host, CONFIGURATION)
    if answer.code != 0:
        raise LabUnusable(f"on {host}: {answer.errors}")
    lines = [line.split() for line in answer.output.splitlines()]
    return {
        (words[1] if words[1].startswith("/") else words[0]): " ".join(words) for words in lines
    }


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the names whose value is another one, is new or is gone."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
