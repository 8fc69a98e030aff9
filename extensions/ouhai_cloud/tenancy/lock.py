"""One at a time: a lock that the kernel releases when its holder dies, and that says who has it."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ouhai_cloud.errors import ApplyLocked

MODE = 0o600


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file.

    :raises ApplyLocked: somebody else holds it; says who (pid and user) and since when.
    :raises OSError: the file cannot be opened.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, MODE), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ApplyLocked(_held_by(path, file)) from error
        _sign(file)
        yield
        # The next holder overwrites it; until then nobody is named who holds nothing.
        file.truncate(0)


def _sign(file: IO[str]) -> None:
    """Write down who holds the lock."""
    since = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    file.seek(0)
    file.truncate()
    json.dump({"pid": os.getpid(), "user": getpass.getuser(), "since": since}, file)
    file.flush()


def _held_by(path: Path, file: IO[str]) -> str:
    try:
        holder = json.loads(file.read())
        who = f"process {holder['pid']} of {holder['user']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        # Between getting the lock and signing there is a moment.
        who = "a process that has only just started"
    return (
        f"Another run works on this cloud's bureaus: {who} (lock {path}). Wait for its end and try "
        "again; what it does is then taken into account."
    )
