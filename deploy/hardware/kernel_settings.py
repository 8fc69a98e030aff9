"""Kernel settings that hosts share with the machine and cannot change themselves.

Labs beside each other share them, too: the first one raises them, the last one puts them back.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.hardware.layout import Layout
from deploy.hardware.state import write_whole

SYS = Path("/proc/sys")
# Gone after the machine's next boot, as what was raised is.
RECORD = Path("/run/ouhai-lab-kernel.json")

# Lowest value of each that the lab needs, and why: root in every host is one user to the kernel.
FLOORS = {
    "fs/inotify/max_user_instances": 1024,  # systemd, udev, dnsmasq … of all hosts together
    "fs/aio-max-nr": 1048576,  # Ceph, MariaDB and QEMU queue requests
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/pid_max": 4194304,  # threads of all hosts
}


@dataclass
class Record:
    """Names of the labs that need the settings, and what the settings were before."""

    labs: list[str] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)


def raise_floors(layout: Layout) -> None:
    """Raise settings that are too low; what they were is written down first, for ``down``."""
    with _record() as record:
        now = {name: (SYS / name).read_text().strip() for name in FLOORS}
        low = {name: value for name, value in now.items() if int(value) < FLOORS[name]}
        record.before = {**low, **record.before}
        record.labs = sorted({*record.labs, layout.name})
        write_whole(RECORD, json.dumps(asdict(record)))
        for name in low:
            (SYS / name).write_text(f"{FLOORS[name]}\n")


def restore(layout: Layout) -> None:
    """Put back what was raised, unless another lab needs it still."""
    with _record() as record:
        record.labs = [name for name in record.labs if name != layout.name]
        if record.labs:
            write_whole(RECORD, json.dumps(asdict(record)))
            return
        for name, value in record.before.items():
            (SYS / name).write_text(f"{value}\n")
        RECORD.unlink(missing_ok=True)


@contextmanager
def _record() -> Iterator[Record]:
    """Yield the record while no other lab changes it."""
    descriptor = os.open(RECORD.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Record(**json.loads(RECORD.read_text())) if RECORD.exists() else Record()
