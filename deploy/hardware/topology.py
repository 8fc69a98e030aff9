"""Topologies: which hosts a lab has, read from topologies/*.yml and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy.hardware.errors import LabError

DIRECTORY = Path(__file__).parent / "topologies"
GROUPS = ("control", "network", "compute", "storage")
# directory: test persons in OpenLDAP; compute_class3: kept for systems of security class 3.
OPTIONAL_GROUPS = ("directory", "compute_class3")
# An interface's name is at most 15 long: `m-`, the host's name, `-` and the lab's suffix of 3.
HOST_NAME = re.compile(r"[a-z][a-z0-9]{0,8}")
# Below 11 are the deploy host and the API's address, from 50 on floating addresses.
ADDRESSES = range(11, 50)


@dataclass(frozen=True)
class Host:
    """One host: its name, the last part of its address, its groups and its disks for Ceph."""

    name: str
    address: int
    groups: tuple[str, ...]
    storage_devices: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Needs:
    """What the machine must have free for a topology (GiB)."""

    memory_gib: int
    disk_gib: int


@dataclass(frozen=True)
class Topology:
    """A set of hosts."""

    name: str
    description: str
    hosts: tuple[Host, ...]


def names() -> list[str]:
    """Names of the topologies there are."""
    return sorted(path.stem for path in DIRECTORY.glob("*.yml"))


def text_of(name: str) -> str:
    """Return a topology's file; raise LabError if there is none."""
    if name not in names():
        raise LabError(f"no topology {name!r}; there are: {', '.join(names())}")
    return (DIRECTORY / f"{name}.yml").read_text()


def needs(name: str) -> Needs:
    """Read only a topology's needs: without a YAML parser, which the machine may not have yet."""
    found = dict(re.findall(r"(?m)^  (memory_gib|disk_gib): (\d+)$", text_of(name)))
    return Needs(int(found["memory_gib"]), int(found["disk_gib"]))


def load(name: str) -> Topology:
    """Read one topology; raise LabError if there is none or its contents are wrong."""
    import yaml  # in the lab's own environment, which does not exist before prerequisites

    return parse(name, yaml.safe_load(text_of(name)))


def parse(name: str, data: dict[str, Any]) -> Topology:
    """Turn a topology's data into a Topology; raise LabError with every problem in it."""
    hosts = tuple(
        Host(host, row["address"], tuple(row["groups"]), tuple(row.get("storage_devices", ())))
        for host, row in data["hosts"].items()
    )
    problems = list(problems_of(hosts))
    if problems:
        raise LabError(f"{DIRECTORY / name}.yml: " + "; ".join(problems))
    return Topology(name, data["description"], hosts)


def problems_of(hosts: tuple[Host, ...]) -> list[str]:
    """Return what is wrong with a set of hosts."""
    problems = []
    for host in hosts:
        if HOST_NAME.fullmatch(host.name) is None:
            problems.append(f"host name {host.name!r} is not of the form {HOST_NAME.pattern}")
        if host.address not in ADDRESSES:
            problems.append(f"{host.name}: address {host.address} is not from 11 to 49")
        known = (*GROUPS, *OPTIONAL_GROUPS)
        for group in set(host.groups) - set(known):
            problems.append(f"{host.name}: no group {group!r}; there are {', '.join(known)}")
    if len({host.address for host in hosts}) < len(hosts):
        problems.append("two hosts have the same address")
    for group in GROUPS:
        if not any(group in host.groups for host in hosts):
            problems.append(f"no host is in group {group!r}")
    return problems


def without(topology: Topology, left_out: list[str]) -> Topology:
    """Leave hosts out for now; raise LabError if one is unknown or a group would be empty."""
    known = {host.name for host in topology.hosts}
    if unknown := set(left_out) - known:
        raise LabError(
            f"--without {' '.join(sorted(unknown))}: topology {topology.name} has no such host, "
            f"but {', '.join(sorted(known))}"
        )
    hosts = tuple(host for host in topology.hosts if host.name not in left_out)
    if problems := problems_of(hosts):
        raise LabError(f"--without {' '.join(left_out)}: {'; '.join(problems)}")
    return replace(topology, hosts=hosts)
