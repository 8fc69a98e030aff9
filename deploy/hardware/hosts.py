"""Making, starting and stopping hosts; every step looks at what is there before it acts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.hardware import cgroups, host_files, jobs, processes, supervisor
from deploy.hardware.addresses import Addresses
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from deploy.hardware.mounts import remove_tree
from deploy.hardware.shell import run, succeeds
from deploy.hardware.ssh import client
from deploy.hardware.state import write_whole
from deploy.hardware.topology import Host

BOOT_SECONDS = 90.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def provide(layout: Layout, host: Host, addresses: Addresses, base: Path) -> None:
    """Make a host's disk unless it is there, finished, and no power cut has hit it."""
    directory = layout.host(host.name)
    if is_sound(directory):
        return
    stop(layout, host.name)
    remove_tree(directory)
    for part in ("upper", "work", "root", "ceph-files"):
        (directory / part).mkdir(parents=True)
    public_key = layout.ssh_key.with_suffix(".pub").read_text()
    contents = host_files.files(host.name, addresses.host(host.address), public_key)
    host_files.write(directory / "upper", base, contents)
    key = directory / "upper/etc/ssh/ssh_host_ed25519_key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host.name, "-f", str(key)])
    write_whole(directory / "boot_id", BOOT_ID.read_text())
    machine = supervisor.Machine(
        name=host.name,
        address=addresses.host(host.address),
        machine=f"{host.name}{layout.suffix}",
        directory=str(directory),
        base=str(base),
        group=str(cgroups.group_of(layout, host.name)),
        cables={
            layout.management_bridge: (layout.interface("m", host.name), "host0"),
            layout.extranet_bridge: (layout.interface("e", host.name), "ext0"),
            layout.tunnel_bridge: (layout.interface("t", host.name), "tun0"),
        },
    )
    # Last: a directory with this file is a finished host.
    write_whole(directory / "machine.json", machine.to_json())


def is_sound(directory: Path) -> bool:
    """Tell whether a host's disk is finished and was made since the machine booted.

    The overlay is mounted volatile: what the machine had not written out is lost with its power.
    """
    try:
        machine = supervisor.read(directory)
        made = (directory / "boot_id").read_text()
    except FileNotFoundError:
        return False
    return made == BOOT_ID.read_text() and Path(machine.base).is_dir()


def is_on(layout: Layout, name: str) -> bool:
    """Tell whether a host is powered: its supervisor and its own first process both run."""
    group = cgroups.group_of(layout, name)
    return cgroups.populated(group / "supervisor") and cgroups.populated(group / "machine")


def start(layout: Layout, name: str) -> None:
    """Switch a host on; what a killed run left of it is ended first."""
    if is_on(layout, name):
        return
    stop(layout, name)
    layout.logs.mkdir(parents=True, exist_ok=True)
    command = [
        *("unshare", "--mount", "--propagation", "slave"),
        *(sys.executable, "-m", "deploy.hardware.supervisor", str(layout.host(name))),
    ]
    group = cgroups.group_of(layout, name) / "supervisor"
    with (layout.logs / f"host-{name}.log").open("a") as log:
        subprocess.Popen(
            cgroups.entering(group, command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(layout.tree)},
            start_new_session=True,
        )


def stop(layout: Layout, name: str) -> None:
    """Pull a host's plug: end every process of it, and any that escaped its cgroup."""
    cgroups.kill(cgroups.group_of(layout, name))
    processes.kill_all(processes.using(layout.host(name)))
    close_connection(layout, name)


def close_connection(layout: Layout, name: str) -> None:
    """End Ansible's open connection to a host that is gone, or the next task waits for it."""
    try:
        address = supervisor.read(layout.host(name)).address
    except FileNotFoundError:
        return
    socket = layout.connections / address
    if socket.exists():
        # Without an answer the connection is dead, and only its socket is left.
        succeeds(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", address])
        socket.unlink(missing_ok=True)


def wait(layout: Layout, name: str) -> None:
    """Return when a host answers on SSH; raise LabError when it does not in time."""
    deadline = time.monotonic() + BOOT_SECONDS
    log = layout.logs / f"host-{name}.log"
    while not succeeds([*client(layout, name), "true"]):
        time.sleep(0.2)
        ended = not cgroups.populated(cgroups.group_of(layout, name))
        if ended or time.monotonic() > deadline:
            why = "has stopped" if ended else f"does not answer on SSH after {BOOT_SECONDS:.0f} s"
            raise LabError(f"host {name} {why}; its console's end:\n{jobs.tail(log)}\nlog: {log}")


def names(layout: Layout) -> list[str]:
    """Return the hosts that have a directory, finished or not."""
    directory = layout.state / "hosts"
    return sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
