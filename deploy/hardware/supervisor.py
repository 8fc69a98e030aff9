"""Keeps one host powered: mounts its disk, runs it, plugs its cables in, restarts it on reboot.

Run as ``python3 -m deploy.hardware.supervisor HOST_DIRECTORY`` in a mount namespace of its own: the
mounts end with the last process of the host, however that ends.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.hardware import cgroups
from deploy.hardware.shell import run

# systemd-nspawn with --keep-unit ends so when the host asks for a reboot.
REBOOT = 133
CABLE_SECONDS = 30.0
NSPAWN_FILES = Path("/run/systemd/nspawn")
DEVICES = ("/dev/net/tun", "/dev/fuse", "/dev/kvm")


@dataclass(frozen=True)
class Machine:
    """All that is needed to run a host; kept as machine.json in the host's directory."""

    name: str
    address: str
    machine: str
    directory: str
    base: str
    group: str
    cables: dict[str, tuple[str, str]]
    """Bridge -> (interface here, interface in the host)."""

    def to_json(self) -> str:
        """Return the file's contents."""
        return json.dumps(asdict(self), indent=2) + "\n"


def read(directory: Path) -> Machine:
    """Read machine.json; raise FileNotFoundError for a host that was never finished."""
    return Machine(**json.loads((directory / "machine.json").read_text()))


def nspawn(machine: Machine) -> list[str]:
    """Return the command that boots a host."""
    directory = Path(machine.directory)
    cables = [f"--network-veth-extra={a}:{b}" for a, b in machine.cables.values()]
    devices = [f"--bind={device}" for device in DEVICES if Path(device).exists()]
    return [
        *("systemd-nspawn", "--boot", "--quiet", "--settings=no"),
        *("--keep-unit", "--register=no", "--notify-ready=no"),
        *(f"--directory={directory / 'root'}", f"--machine={machine.machine}"),
        f"--hostname={machine.name}",
        *("--private-network", *cables),
        *("--capability=all", "--system-call-filter=@keyring bpf", *devices),
        # Ceph's files must be on a plain file system: no overlay, no postponed writes.
        f"--bind={directory / 'ceph-files'}:/var/lib/ceph-files",
        *("--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only"),
    ]


def mount_disk(machine: Machine) -> None:
    """Mount the host's overlay; after a kill its mark of unfinished writes is taken off first.

    `volatile` leaves writes to the machine's page cache, as a disk with a battery would: lost only
    when the machine itself dies, and then hosts.py makes the host anew.
    """
    directory = Path(machine.directory)
    mark = directory / "work/work/incompat"
    if mark.exists():
        shutil.rmtree(mark)
    upper, work = directory / "upper", directory / "work"
    options = f"lowerdir={machine.base},upperdir={upper},workdir={work},volatile"
    run(["mount", "-t", "overlay", "-o", options, machine.machine, str(directory / "root")])


def hide_nspawn_files() -> None:
    """Give nspawn a place for its locks that ends with the host: it leaves them behind."""
    NSPAWN_FILES.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "none", str(NSPAWN_FILES)])


def plug_in(machine: Machine, process: subprocess.Popen[bytes]) -> None:
    """Wait for the machine's ends of the cables and put them on their bridges."""
    deadline = time.monotonic() + CABLE_SECONDS
    for bridge, (outside, _) in machine.cables.items():
        while not Path("/sys/class/net", outside).exists():
            if process.poll() is not None:
                return
            if time.monotonic() > deadline:
                process.kill()
                raise TimeoutError(f"interface {outside} did not appear in {CABLE_SECONDS} s")
            time.sleep(0.05)
        run(["ip", "link", "set", outside, "mtu", "1500", "master", bridge, "up"])


def unplugged(machine: Machine) -> bool:
    """Tell whether the cables of the host's former run are gone (they go some time after it)."""
    return not any(Path("/sys/class/net", a).exists() for a, _ in machine.cables.values())


def main(directory: Path) -> int:
    """Run a host until it is switched off; return nspawn's exit code."""
    machine = read(directory)
    mount_disk(machine)
    hide_nspawn_files()
    environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    command = cgroups.entering(Path(machine.group) / "machine", nspawn(machine))
    while True:
        while not unplugged(machine):
            time.sleep(0.05)
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as process:
            plug_in(machine, process)
        if process.returncode != REBOOT:
            return process.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
