"""Runs the programs that a build needs, keeping what they print in the build's log."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.images.builder.errors import CommandFailed

_TAIL_LINES = 20


class Runner:
    """Runs programs with a fixed environment and one log."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        # Nothing of the caller's locale or configuration may reach the image.
        self._environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": "/nonexistent",
            **environment,
        }
        for proxy in ("http_proxy", "https_proxy", "no_proxy"):
            if proxy in os.environ:
                self._environment[proxy] = os.environ[proxy]

    def run(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Run a program to its end; its output goes to the log.

        :raises CommandFailed: it cannot be started, or ended with another code than 0.
        """
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(arguments)}\n".encode())
            log.flush()
            try:
                process = subprocess.Popen(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**self._environment, **(environment or {})},
                )
            except FileNotFoundError as error:
                raise CommandFailed(
                    f"{arguments[0]} is not installed on this machine; install its Debian package"
                    " (doc/images.rst lists what a build needs)"
                ) from error
            try:
                code = process.wait()
            except BaseException:
                # We are being stopped.  The caller removes all that the program wrote.
                process.kill()
                process.wait()
                raise
        if code != 0:
            raise CommandFailed(
                f"{Path(arguments[0]).name} ended with code {code}. The end of what it printed "
                f"(all of it: {self.log}):\n{self._tail()}"
            )

    def _tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])

    def output(self, arguments: Sequence[str]) -> str:
        """Run a program and return what it prints.

        :raises CommandFailed: it ended with another code than 0.
        """
        result = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environment,
            check=False,
        )
        if result.returncode != 0:
            raise CommandFailed(
                f"{' '.join(arguments)} ended with code {result.returncode}: "
                f"{result.stderr.strip()}"
            )
        return result.stdout
