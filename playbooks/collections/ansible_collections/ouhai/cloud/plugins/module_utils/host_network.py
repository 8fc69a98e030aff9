"""Checks of how a host sees the others: names, and packets of full size. Nothing is changed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.ouhai.cloud.plugins.module_utils import icmp
from ansible_collections.ouhai.cloud.plugins.module_utils.failure import Failure


def check_names(where: str, names: Mapping[str, str], own_name: str) -> list[Failure]:
    """Check that no name leads elsewhere than the inventory says.

    A name that does not resolve yet is no fault: the base role writes all of them to /etc/hosts. It
    also removes the line that Debian's installer makes for the host's own name on a loopback
    address.
    """
    failures = []
    for name, address in names.items():
        found = resolve(name)
        if name == own_name:
            found = {entry for entry in found if not ipaddress.ip_address(entry).is_loopback}
        if found and address not in found:
            failures.append(
                Failure(
                    where,
                    f"{name} resolves to {', '.join(sorted(found))}, the inventory says {address}",
                    "services and users would talk to another machine than intended",
                    f"Correct the name in the DNS or in {where}:/etc/hosts, or the inventory.",
                )
            )
    return failures


def resolve(name: str) -> set[str]:
    """Return the IPv4 addresses of a name; none when it does not resolve."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return set()
    return {str(entry[4][0]) for entry in found}


def check_interfaces(where: str, interfaces: Mapping[str, str], mtu: int) -> list[Failure]:
    """Check that network interfaces exist and take packets of the full size.

    :param interfaces: for each variable, the name of the interface that it holds.
    """
    sizes = {
        entry.name: int((entry / "mtu").read_text(encoding="ascii"))
        for entry in Path("/sys/class/net").iterdir()
        if (entry / "mtu").exists()
    }
    failures = []
    for variable, name in interfaces.items():
        if name not in sizes:
            present = ", ".join(sorted(set(sizes) - {"lo"}))
            failures.append(
                Failure(
                    where,
                    f"{variable} is {name}, but there is no such network interface",
                    "the host cannot be connected to that network",
                    f"Set {variable} to one of: {present}.",
                )
            )
        elif sizes[name] < mtu:
            failures.append(
                Failure(
                    where,
                    f"the MTU of {name} ({variable}) is {sizes[name]}, `mtu` is {mtu}",
                    "connections would stop in the middle as soon as they carry much data",
                    f"Set the interface's MTU to at least {mtu}, or lower `mtu` in the inventory.",
                )
            )
    return failures


def check_packets(where: str, peers: Mapping[str, str], mtu: int) -> list[Failure]:
    """Check that packets of the full size reach every other host in one piece.

    :param peers: for each address, what it is called.
    """
    full = icmp.unanswered(peers, mtu)
    if not full:
        return []
    silent = icmp.unanswered(full, icmp.SMALL)
    return [
        _silent(where, f"{peers[address]} ({address})", silent[address])
        if address in silent
        else _too_large(where, f"{peers[address]} ({address})", mtu, reason)
        for address, reason in full.items()
    ]


def _silent(where: str, peer: str, reason: str) -> Failure:
    return Failure(
        where,
        f"no answer from {peer} to a ping" + (f": {reason}" if reason else ""),
        "the hosts of a cloud talk to each other on every one of these addresses",
        f"Check that {peer} is up, that the address in the inventory is right, and cables, VLANs "
        "and switches between the two.",
    )


def _too_large(where: str, peer: str, mtu: int, reason: str) -> Failure:
    return Failure(
        where,
        f"packets of {mtu} bytes do not reach {peer}, small ones do"
        + (f": {reason}" if reason else ""),
        "connections would stop in the middle as soon as they carry much data",
        "Set the MTU of the interfaces of both hosts and of the switches between them to at least "
        f"{mtu}, or lower `mtu` in the inventory.",
    )
