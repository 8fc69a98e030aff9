"""What a copy of an application takes, what that costs, and whether there is room for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ouhai_cloud.catalogue.entry import Entry
from ouhai_cloud.cloud.headroom import Room
from ouhai_cloud.cloud.stacks import SERVER, VOLUME
from ouhai_cloud.errors import NotEnoughLeft, ValuesInvalid

Rows = Iterable[Mapping[str, Any]]
EGRESS_RULES = 2
"""Neutron gives a new security group so many rules of its own."""

WORDS = {
    "servers": "servers 云主机",
    "cores": "cores 核",
    "memory_mib": "MiB of memory 内存",
    "disk_gib": "GiB of servers' disks 系统盘",
    "volumes": "volumes 云硬盘",
    "volume_gib": "GiB of volumes 云硬盘容量",
    "snapshots": "snapshots 快照",
    "addresses": "floating addresses 浮动 IP",
    "ports": "ports 端口",
    "security_groups": "security groups 安全组",
    "security_group_rules": "security group rules 安全组规则",
}


@dataclass(frozen=True)
class Size:
    """What is taken, in the units that the fields' names end with, else counts."""

    servers: int = 0
    cores: int = 0
    memory_mib: int = 0
    disk_gib: int = 0
    volumes: int = 0
    volume_gib: int = 0
    addresses: int = 0
    ports: int = 0
    security_groups: int = 0
    security_group_rules: int = 0
    snapshots: int = 0

    def __add__(self, other: Size) -> Size:
        """Return what both take together."""
        mine, theirs = asdict(self), asdict(other)
        return Size(**{name: mine[name] + theirs[name] for name in mine})

    def __sub__(self, other: Size) -> Size:
        """Return what this takes beyond what the other takes."""
        mine, theirs = asdict(self), asdict(other)
        return Size(**{name: max(0, mine[name] - theirs[name]) for name in mine})


def size(resources: Rows, flavors: Rows) -> Size:
    """Sum up what resources take.

    :param resources: as Heat's preview returns them.
    :param flavors: as Nova returns them.
    """
    by_name = {one[word]: one for one in flavors for word in ("id", "name")}
    total = Size()
    for one in resources:
        total += _one(one["resource_type"], one.get("properties") or {}, by_name)
    return total


def _one(kind: str, properties: Mapping[str, Any], flavors: Mapping[str, Any]) -> Size:
    if kind == SERVER:
        flavor = flavors[properties["flavor"]]
        return Size(1, flavor["vcpus"], flavor["ram"], flavor["disk"])
    if kind == VOLUME:
        return Size(volumes=1, volume_gib=int(properties["size"]))
    if kind == "OS::Neutron::FloatingIP":
        return Size(addresses=1)
    if kind == "OS::Neutron::Port":
        return Size(ports=1)
    if kind == "OS::Neutron::SecurityGroup":
        rules = len(properties.get("rules") or ())
        return Size(security_groups=1, security_group_rules=rules + EGRESS_RULES)
    return Size()


def check_flavors(entry: Entry, chosen: Mapping[str, str], flavors: Rows) -> None:
    """Refuse sizes that there are not, and on which the application does not run.

    :param chosen: flavors, by id or name, by parameter.
    :raises ValuesInvalid: with what is needed and what there is.
    """
    by_name = {one[word]: one for one in flavors for word in ("id", "name")}
    needs = entry.requires
    least = (needs.cores, needs.memory_mib, needs.disk_gib)
    fit = ", ".join(sorted(_fit(flavors, least))) or "(none: ask the centre)"
    faults = []
    for parameter, name in chosen.items():
        flavor = by_name.get(name)
        if flavor is None:
            faults.append(f"  {parameter} = {name!r}: there is no such flavor; take one of {fit}")
            continue
        has = (flavor["vcpus"], flavor["ram"], flavor["disk"])
        if any(mine < needed for mine, needed in zip(has, least, strict=True)):
            faults.append(
                f"  {parameter} = {name!r}: that flavor is too small: {_flavor(has)}; at least "
                f"{_flavor(least)} is needed, so take one of {fit}"
            )
    if faults:
        raise ValuesInvalid(f"{entry.application} {entry.version}", tuple(faults))


def _fit(flavors: Rows, least: tuple[int, int, int]) -> Iterator[str]:
    for one in flavors:
        has = (one["vcpus"], one["ram"], one["disk"])
        if all(mine >= needed for mine, needed in zip(has, least, strict=True)):
            yield str(one["name"])


def _flavor(numbers: tuple[int, int, int]) -> str:
    cores, memory, disk = numbers
    return f"{cores} cores, {memory} MiB, {disk} GiB"


def check_room(wanted: Size, room: Mapping[str, Room]) -> None:
    """Refuse what does not fit into the project.

    :raises NotEnoughLeft: with everything that there is too little of.
    """
    short = []
    for name, amount in asdict(wanted).items():
        one = room.get(name)
        if one is not None and one.left is not None and amount > one.left:
            short.append(
                f"  {WORDS[name]}: needs {amount}, left {one.left} ({one.used} of {one.limit} used)"
            )
    if short:
        lines = ("Nothing was created: the project has too little left.", *short)
        hint = "Delete what is not needed, choose smaller values, or apply for more at the centre."
        raise NotEnoughLeft("\n".join((*lines, hint)))


def monthly_cost(taken: Size, tariff: Mapping[str, Any]) -> float | None:
    """Return what it costs a month in the tariff's currency, None without a tariff."""
    if not tariff:
        return None
    disk_gib = taken.disk_gib + taken.volume_gib
    return round(
        taken.cores * float(tariff["core"])
        + taken.memory_mib / 1024 * float(tariff["memory_gib"])
        + disk_gib * float(tariff["disk_gib"])
        + taken.addresses * float(tariff["address"]),
        2,
    )
