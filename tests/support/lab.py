"""The running lab, as its own command `deploy/lab` shows it."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.support.access import CloudAccess, read_access

ROOT = Path(__file__).resolve().parents[2]
COMMAND = str(ROOT / "deploy" / "lab")
TIMEOUT_SECONDS = 60


class LabUnusable(Exception):
    """The lab is down or a command on one of its hosts could not be run."""


@dataclass(frozen=True)
class Answer:
    """What a command on a host said."""

    code: int
    output: str
    errors: str


class Lab:
    """Commands on the lab's hosts, and what its inventory says."""

    @cached_property
    def environment(self) -> dict[str, str]:
        """Return what `deploy/lab env` exports.

        :raises LabUnusable: the lab is down.
        """
        answer = _run([COMMAND, "env"])
        if answer.code != 0:
            raise LabUnusable(f"{answer.errors.strip()} Bring it up: deploy/lab up")
        words = [line.removeprefix("export ") for line in answer.output.splitlines()]
        pairs = [shlex.split(word)[0].partition("=") for word in words if "=" in word]
        return {name: value for name, _, value in pairs}

    @property
    def inventory(self) -> Path:
        """Return the folder of the lab's inventory."""
        return Path(self.environment["OS_CLIENT_CONFIG_FILE"]).parent

    @cached_property
    def access(self) -> CloudAccess:
        """Return the administrator's way into the lab's cloud."""
        return read_access(self.environment)

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """Return the names of the hosts in each group."""
        data = yaml.safe_load((self.inventory / "hosts.yml").read_text())
        found: dict[str, list[str]] = {}
        _collect("all", data["all"], found)
        return found

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Return what the lab's inventory sets for all hosts."""
        path = self.inventory / "group_vars" / "all" / "lab.yml"
        return dict(yaml.safe_load(path.read_text()))

    @property
    def state(self) -> Path:
        """Return the lab's state directory."""
        return self.inventory.parent

    @property
    def suffix(self) -> str:
        """Return what the names of this lab's bridges and machines end with."""
        return self.state.name.removeprefix("ouhai-lab")

    def bridge(self, network: str) -> str:
        """Return the name of the machine's bridge for `mgmt`, `ext` or `tun`."""
        return f"ouhai-{network}{self.suffix}"

    @property
    def hosts(self) -> list[str]:
        """Return the names of all hosts."""
        return sorted({host for hosts in self.groups.values() for host in hosts})

    @property
    def control(self) -> str:
        """Return the name of the first control host."""
        return self.groups["control"][0]

    def address(self, host: str) -> str:
        """Return the address by which services and the deploy host reach a host."""
        shown = self.ssh(host, "ip -brief -4 address show host0")
        return shown.output.split()[2].split("/")[0]

    def ssh(
        self, host: str, command: str, *, stdin: str = "", timeout: float = TIMEOUT_SECONDS
    ) -> Answer:
        """Run a shell command on a host."""
        return _run([COMMAND, "ssh", host, command], stdin, timeout)

    def python(self, host: str, code: str, *, timeout: float = TIMEOUT_SECONDS) -> str:
        """Run Python code on a host and return what it printed.

        :raises LabUnusable: it failed.
        """
        answer = self.ssh(host, "python3 -", stdin=code, timeout=timeout)
        if answer.code != 0:
            raise LabUnusable(f"on {host}: {answer.errors}")
        return answer.output


def cloud_access() -> CloudAccess:
    """Return the way into the cloud that this process's environment names, by default the lab's.

    :raises LabUnusable: it names none, and the lab is down.
    :raises CloudUnknown: clouds.yaml is not there or incomplete.
    """
    if "OS_CLIENT_CONFIG_FILE" in os.environ:
        return read_access(os.environ)
    return read_access(Lab().environment | os.environ)


def _run(command: list[str], stdin: str = "", timeout: float = TIMEOUT_SECONDS) -> Answer:
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def _collect(name: str, group: dict[str, Any] | None, found: dict[str, list[str]]) -> None:
    group = group or {}
    found.setdefault(name, []).extend(group.get("hosts") or {})
    for child, content in (group.get("children") or {}).items():
        _collect(child, content, found)
