"""``openstack bureau capacity``: what there is, what is granted, what is used."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from cliff.lister import Lister

from ouhai_cloud.cloud import capacity as cloud_capacity
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.osc.base import ArgumentParser, BureauCommand
from ouhai_cloud.osc.lists import find
from ouhai_cloud.tenancy.capacity import MIB_PER_GIB, POOL, Line, Used, lines
from ouhai_cloud.tenancy.register.model import Allotment
from ouhai_cloud.tenancy.resources import Key, Kind, State

COLUMNS = ("Unit", "Name", "Resource", "Physical", "Offered", "Granted", "Enforced", "Used")


class ShowCapacity(BureauCommand, Lister):
    """Show the pool and every unit's part of it.

    Physical is what is built in, Offered what Nova may give with over-commitment, Granted what the
    register allots, Enforced the sum of what limits and quotas allow, Used what is taken now.
    A unit's lines include the units below it. Disk is servers' own and that of volumes with their
    snapshots; each server takes one address. Backups of volumes lie outside of the allotment.

    Examples:
      openstack bureau capacity
      openstack bureau capacity E021
      openstack bureau capacity --pool -f json
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument("code", metavar="<code>", nargs="?", help="Only this unit")
        parser.add_argument("--pool", action="store_true", help="Only the pool as a whole")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return columns and rows."""
        tenancy = self.tenancy(parsed_args)
        register = tenancy.register()
        wanted = {POOL} if parsed_args.pool else None
        if parsed_args.code:
            wanted = {find(register, parsed_args.code).code}
        with self.counted():
            present = tenancy.present()
            api = present.site.api
            pool = cloud_capacity.physical(api)
            used = _used(api, present.observed)
        found = lines(register, present.observed, pool, used)
        return COLUMNS, [_row(one) for one in found if wanted is None or one.unit in wanted]


def _used(api: Api, observed: State) -> Used:
    """Return what our projects use."""
    projects: Mapping[str, Key] = {
        one.id: key for key, one in observed.items() if one.kind is Kind.PROJECT
    }
    servers = cloud_capacity.used(api, list(projects))
    volumes = cloud_capacity.volumes_used(api, list(projects))
    return {
        key: Allotment(
            cores=servers[id_]["VCPU"],
            memory_gib=servers[id_]["MEMORY_MB"] // MIB_PER_GIB,
            disk_gib=servers[id_]["DISK_GB"] + volumes[id_]["gigabytes"],
            addresses=servers[id_]["servers"],
            snapshots=volumes[id_]["snapshots"],
        )
        for id_, key in projects.items()
    }


def _row(line: Line) -> tuple[object, ...]:
    numbers = (line.physical, line.offered, line.granted, line.enforced, line.used)
    return (
        line.unit or "(pool)",
        line.name,
        line.resource,
        *("" if n is None else n for n in numbers),
    )
