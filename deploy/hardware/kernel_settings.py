"""Kernel settings that hosts share with the machine and cannot change themselves."""

from __future__ import annotations

from pathlib import Path

from deploy.hardware.layout import Layout
from deploy.hardware.state import State, save

SYS = Path("/proc/sys")

# Lowest value of each that the lab needs, and why: root in every host is one user to the kernel.
FLOORS = {
    "fs/inotify/max_user_instances": 1024,  # systemd, udev, dnsmasq … of all hosts together
    "fs/aio-max-nr": 1048576,  # Ceph, MariaDB and QEMU queue requests
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/pid_max": 4194304,  # threads of all hosts
}


def raise_floors(layout: Layout, state: State) -> None:
    """Raise settings that are too low; what they were is written down first, for ``down``."""
    now = {name: (SYS / name).read_text().strip() for name in FLOORS}
    low = {name: value for name, value in now.items() if int(value) < FLOORS[name]}
    state.kernel_settings = {**low, **state.kernel_settings}
    save(layout, state)
    for name in low:
        (SYS / name).write_text(f"{FLOORS[name]}\n")


def restore(state: State) -> None:
    """Put back what the lab has raised."""
    for name, value in state.kernel_settings.items():
        (SYS / name).write_text(f"{value}\n")
