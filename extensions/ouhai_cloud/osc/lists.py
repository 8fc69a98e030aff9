"""``openstack bureau list`` and ``show``: the register, and what was made of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import astuple, fields
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.osc.base import ArgumentParser, BureauCommand
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.register.model import Allotment, Bureau, Register
from ouhai_cloud.tenancy.resources import Key, State


class UnitUnknown(OuhaiError):
    """The register has no unit of that code."""


class ListBureaus(BureauCommand, Lister):
    """List the units of the register.

    Reads the register alone and asks no cloud.

    Examples:
      openstack bureau list
      openstack bureau list --kind school -f csv
    """

    auth_required = False

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument("--kind", metavar="<kind>", help="Only units of this kind")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return columns and rows."""
        columns = ("Code", "Short name", "Name", "Kind", "Parent", "Systems", "Contact")
        register = self.tenancy(parsed_args).register()
        rows = (
            (
                one.code,
                one.short,
                one.name,
                one.kind,
                one.parent or "",
                len(one.systems),
                one.contact,
            )
            for one in register.bureaus
            if parsed_args.kind in (None, one.kind)
        )
        return columns, rows


class ShowBureau(BureauCommand, ShowOne):
    """Show a unit: what the register says, and the ids of what was made for it.

    Example:
      openstack bureau show E021 -f yaml
    """

    auth_required = False

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument("code", metavar="<code>", help="Code of the unit, such as E021")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return names and values."""
        tenancy = self.tenancy(parsed_args)
        register = tenancy.register()
        bureau = find(register, parsed_args.code)
        recorded = tenancy.store.load().resources
        facts = {
            "code": bureau.code,
            "short name": bureau.short,
            "name": bureau.name,
            "kind": bureau.kind,
            "parent": bureau.parent or "",
            "contact": bureau.contact,
            "allotment": allotment(bureau.allotment),
            "managers": ", ".join(bureau.staff.manager),
            "members": ", ".join(bureau.staff.member),
            "readers": ", ".join(bureau.staff.reader),
            "domain id": _id(recorded, keys.domain(register.top(bureau).code)),
            "systems": list(_systems(bureau, recorded)),
        }
        return tuple(facts), tuple(facts.values())


def find(register: Register, code: str) -> Bureau:
    """Return a unit by its code.

    :raises UnitUnknown: there is none.
    """
    for one in register.bureaus:
        if one.code == code:
            return one
    raise UnitUnknown(
        f"{register.source or 'the register'} has no unit {code}; openstack bureau list shows them"
    )


def allotment(of: Allotment) -> str:
    """Return an allotment in words: ``8 cores, 16 memory_gib, …``."""
    return ", ".join(
        f"{value} {one.name}" for one, value in zip(fields(of), astuple(of), strict=True)
    )


def _systems(bureau: Bureau, recorded: State) -> Iterator[dict[str, object]]:
    for system in bureau.systems:
        subnet = recorded.get(keys.subnet(bureau.code, system.code))
        yield {
            "code": system.code,
            "name": system.name,
            "security class": system.security_class,
            "environment": system.environment,
            "allotment": allotment(system.allotment),
            "project id": _id(recorded, keys.project(bureau.code, system.code)),
            "network": str(subnet.attributes["cidr"]) if subnet else "",
        }


def _id(recorded: State, key: Key) -> str:
    return recorded[key].id if key in recorded else ""
