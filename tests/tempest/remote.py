"""The host that tempest runs on."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from tests.support.lab import COMMAND

WORKSPACE = "/root/ouhai-tempest"


class RemoteFailed(Exception):
    """A command on the control host did not do what it was asked."""


@dataclass(frozen=True)
class ControlHost:
    """A host reached by `deploy/lab ssh`."""

    name: str

    def run(self, command: str, *, stdin: bytes = b"", timeout_seconds: int = 120) -> bytes:
        """Run a shell command and return its standard output.

        Raises RemoteFailed when it ends with another exit code than 0 or takes too long.
        """
        words = (COMMAND, "ssh", self.name, command)
        try:
            done = subprocess.run(
                words, input=stdin, capture_output=True, timeout=timeout_seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise RemoteFailed(
                f"not done on {self.name} after {timeout_seconds} s: {command}"
            ) from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace")[-2000:].strip()
            raise RemoteFailed(f"exit {done.returncode} on {self.name}: {command}\n{said}")
        return done.stdout

    def write(self, path: str, content: str) -> None:
        """Write a file that only root may read."""
        self.run(f"umask 077; cat >{path}", stdin=content.encode())
