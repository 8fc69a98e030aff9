"""What the lab remembers of itself, and the lock that keeps two commands apart."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from deploy.hardware.errors import LabBusy, LabError
from deploy.hardware.layout import Layout


@dataclass
class State:
    """Contents of state.json."""

    topology: str
    prefix: str
    hosts: dict[str, str] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)
    verified: bool = False
    register: str = ""
    application: str = ""
    delivered: dict[str, str] = field(default_factory=dict)


def load(layout: Layout) -> State | None:
    """Read the state, None if there is no lab; raise LabError if the file cannot be read."""
    path = layout.state / "state.json"
    known = {one.name for one in fields(State)}
    try:
        # A lab that is up may be an older tree's, which remembered more.
        found = json.loads(path.read_text()).items()
        return State(**{name: value for name, value in found if name in known})
    except FileNotFoundError:
        return None
    except (AttributeError, TypeError, ValueError) as error:
        raise LabError(f"{path} is damaged ({error}); run `deploy/lab down`, then up") from error


def save(layout: Layout, state: State) -> None:
    """Write the state so that a kill leaves the old or the new file, never half of one."""
    layout.state.mkdir(parents=True, exist_ok=True)
    write_whole(layout.state / "state.json", json.dumps(asdict(state), indent=2) + "\n")


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.chmod(mode)
    partial.rename(path)


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the lab's lock; raise LabBusy when another process has it."""
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().strip() or "unknown"
            raise LabBusy(
                f"process {holder} works on {layout.state} already (lock {layout.lock}); "
                "wait for it or interrupt it"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
