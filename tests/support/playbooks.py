"""Running playbooks on the lab, and reading what they say about every host."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass

from tests.support.lab import ROOT, Lab

RECAP = re.compile(r"^(\S+)\s+: ((?:\w+=\d+\s*)+)$", re.MULTILINE)
TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Played:
    """How a run of a playbook ended."""

    code: int
    output: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Return the counters of each host (ok, changed, failed, …)."""
        return {
            host: {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", counters)}
            for host, counters in RECAP.findall(self.output)
        }

    @property
    def changed(self) -> dict[str, int]:
        """Return how many tasks changed something on each host."""
        return {host: counters["changed"] for host, counters in self.recap.items()}

    @property
    def differences(self) -> list[str]:
        """Return the lines that `--diff` shows as taken out or put in, without the headers."""
        return [
            line
            for line in self.output.splitlines()
            if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
        ]


def play(lab: Lab, playbook: str, *options: str) -> Played:
    """Run playbooks/PLAYBOOK.yml on the lab; its failure is for the caller to judge."""
    return ansible(lab, "ansible-playbook", f"playbooks/{playbook}.yml", *options)


def ansible(lab: Lab, *command: str) -> Played:
    """Run a command of Ansible on the lab; its failure is for the caller to judge."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | lab.environment | {"ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return Played(done.returncode, done.stdout)
