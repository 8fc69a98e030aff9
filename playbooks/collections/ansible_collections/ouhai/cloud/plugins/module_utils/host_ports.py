"""Which process listens on which port, read from /proc. Nothing is changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure

_LISTEN = "0A"
_UNCONNECTED = "07"
_KERNEL = "kernel"


@dataclass(frozen=True)
class Owner:
    """A process and the systemd unit that it belongs to."""

    pid: int
    command: str
    unit: str

    def __str__(self) -> str:
        if self.unit == _KERNEL:
            return "the kernel, or a process that cannot be looked at"
        return f"{self.command} (process {self.pid}, {self.unit})"


def check_ports(where: str, ports: Iterable[Mapping[str, Any]]) -> list[Failure]:
    """Check that a port is free, or that the service it is meant for has it already.

    :param ports: `port`, `protocol` (tcp or udp), `service`, and `units`: patterns of the names of
        the systemd units that may have it.
    """
    listeners = listening_sockets()
    wanted = [port for port in ports if (port["protocol"], port["port"]) in listeners]
    if not wanted:
        return []
    owners = socket_owners()
    failures = []
    for port in wanted:
        inodes = listeners[port["protocol"], port["port"]]
        for owner in dict.fromkeys(owners.get(i, Owner(0, "", _KERNEL)) for i in sorted(inodes)):
            if not is_ours(owner.unit, port["units"]):
                failures.append(
                    Failure(
                        where,
                        f"port {port['port']}/{port['protocol']} is in use by {owner}",
                        f"{port['service']} listens on this port",
                        f"Stop and remove that program: systemctl status {owner.pid}"
                        if owner.pid
                        else "Find out what uses it: ss -lnup",
                    )
                )
    return failures


def is_ours(unit: str, patterns: Iterable[str]) -> bool:
    """Tell whether a unit (`haproxy.service`) is one of the patterns (`haproxy`, `ceph-mon@*`)."""
    name = unit.removesuffix(".service")
    return any(fnmatch(name, pattern) or fnmatch(unit, pattern) for pattern in patterns)


def listening_sockets() -> dict[tuple[str, int], set[str]]:
    """Return the inodes of the sockets that wait on each (protocol, port)."""
    found: dict[tuple[str, int], set[str]] = {}
    for protocol, state in (("tcp", _LISTEN), ("udp", _UNCONNECTED)):
        for table in (Path("/proc/net", protocol), Path("/proc/net", f"{protocol}6")):
            if table.exists():
                for port, inode in parse_table(table.read_text(encoding="ascii"), state):
                    found.setdefault((protocol, port), set()).add(inode)
    return found


def parse_table(text: str, state: str) -> list[tuple[int, str]]:
    """Return port and inode of the lines of /proc/net/tcp and the like that are in a state."""
    rows = (line.split() for line in text.splitlines()[1:])
    return [(int(row[1].rsplit(":", 1)[1], 16), row[9]) for row in rows if row[3] == state]


def socket_owners() -> dict[str, Owner]:
    """Return the process that holds each socket, by the socket's inode.

    When several do (a parent and its workers), it is the one with the lowest id.
    """
    owners: dict[str, Owner] = {}
    for process in sorted((p for p in Path("/proc").iterdir() if p.name.isdigit()), key=_pid):
        try:
            links = [os.readlink(entry) for entry in (process / "fd").iterdir()]
            inodes = [link[8:-1] for link in links if link.startswith("socket:[")]
            if inodes:
                owner = _owner(process)
                for inode in inodes:
                    owners.setdefault(inode, owner)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or is outside of the container that this host is
    return owners


def unit_of(cgroup: str) -> str:
    """Return the unit's name from the content of /proc/<pid>/cgroup."""
    path = cgroup.strip().splitlines()[-1].split(":", 2)[2] if cgroup.strip() else ""
    names = re.findall(r"[^/]+\.(?:service|scope)", path)
    return names[-1] if names else "no unit"


def _pid(process: Path) -> int:
    return int(process.name)


def _owner(process: Path) -> Owner:
    command = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    unit = unit_of((process / "cgroup").read_text(encoding="utf-8"))
    return Owner(int(process.name), command, unit)
