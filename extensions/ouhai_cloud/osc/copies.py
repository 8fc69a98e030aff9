"""``openstack app deploy``, ``status``, ``verify`` and ``delete``: a project's own copies."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from ouhai_cloud.catalogue import copies, shelf
from ouhai_cloud.catalogue.copies import Copy, Proposal
from ouhai_cloud.catalogue.lint import SECRET
from ouhai_cloud.catalogue.removing import remove
from ouhai_cloud.catalogue.sizing import WORDS
from ouhai_cloud.catalogue.verifying import verify
from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.osc.base import ArgumentParser, CloudCommand
from ouhai_cloud.osc.catalogue import add_application

UNWELL = 1


class ValueUnreadable(OuhaiError):
    """A value on the command line is not of the form that is needed."""


class DeployApplication(CloudCommand, ShowOne):
    r"""Make a copy of an application in the project, and wait until it is fit for use.

    All that can be checked is checked before anything is made: values, flavor, room for it.

    Examples:
      openstack app deploy server web1 --parameter public_key=@~/.ssh/id_ed25519.pub --dry-run
      openstack app deploy server web1 --parameter public_key=@~/.ssh/id_ed25519.pub
      openstack app deploy server:1 web1 --parameter public_key=@key.pub \
          --parameter flavor=medium --parameter data_gib=50 --parameter floating_address=false
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_application(parser)
        parser.add_argument("name", metavar="<name>", help="What the copy is called")
        add_parameters(parser, "A value that the application takes")
        parser.add_argument(
            "--dry-run", action="store_true", help="Show what it takes and costs; make nothing"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Deploy; return names and values."""
        given = parameters(parsed_args.parameter)
        with self.counted():
            api = self.login()
            start = time.monotonic()
            entry = shelf.take(api, *parsed_args.application)
            proposal = copies.propose(api, entry, parsed_args.name, given)
            if parsed_args.dry_run:
                facts = proposed(proposal)
            else:
                tell(f"{entry.application} {entry.version} as {proposal.name}: {cost(proposal)}")
                copy = copies.deploy(api, proposal, tell)
                facts = described(copy) | {"seconds": round(time.monotonic() - start, 1)}
        return tuple(facts), tuple(facts.values())


class ShowStatus(CloudCommand, ShowOne):
    """Show how a copy is, where it answers, and why it failed if it did.

    Exit codes: 0; 1 when it failed.

    Examples:
      openstack app status web1
      openstack app status web1 --secrets -c editor_password -f value
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = named(super().get_parser(prog_name))
        parser.add_argument(
            "--secrets",
            action="store_true",
            help="Show passwords, too, which are left out else: what is shown may be kept in logs",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return names and values."""
        with self.counted():
            copy = copies.look(self.login(), parsed_args.name)
            facts = described(copy, secrets=parsed_args.secrets)
        self.failed = bool(facts["failure"])
        return tuple(facts), tuple(facts.values())

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; its exit code tells whether the copy failed."""
        return super().run(parsed_args) or (UNWELL if self.failed else 0)


class VerifyCopy(CloudCommand, Lister):
    """Look at a copy from outside and use it, as those do whom it serves.

    It sends and reads a mail, enters an appointment, publishes and fetches a page, queries a row:
    whatever the application is there for. What it has made for that it removes again.

    Run it from where the application must be reached. Exit codes: 0 all is well, 1 not all.

    Example:
      openstack app verify web1
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        return named(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return columns and rows."""
        with self.counted():
            api = self.login()
            found = verify(api, copies.look(api, parsed_args.name))
        self.well = all(one.good for one in found)
        rows = [(one.check, "well" if one.good else "NOT WELL", one.detail) for one in found]
        return ("Check", "Result", "Seen"), rows

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; its exit code tells whether all is well."""
        return super().run(parsed_args) or (0 if self.well else UNWELL)


class DeleteCopy(CloudCommand):
    """Remove a copy. Its data volumes stay, unless --delete-data is given.

    Examples:
      openstack app delete web1
      openstack app delete web1 --delete-data
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = named(super().get_parser(prog_name))
        parser.add_argument(
            "--delete-data",
            action="store_true",
            help="Remove its data volumes, too; nobody can bring them back",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Remove it."""
        with self.counted():
            api = self.login()
            copy = copies.look(api, parsed_args.name)
            done = remove(api, copy, tell, delete_data=parsed_args.delete_data)
        lines = [f"{parsed_args.name} is removed"]
        lines += [f"kept: volume {one.id} ({one.name})" for one in done.kept]
        lines += [f"deleted: volume {one.id} ({one.name})" for one in done.deleted]
        self.app.stdout.write("\n".join(lines) + "\n")


def named(parser: ArgumentParser) -> ArgumentParser:
    """Add the argument that says which copy."""
    parser.add_argument("name", metavar="<name>", help="See openstack app list --deployed")
    return parser


def add_dry_run(parser: ArgumentParser) -> ArgumentParser:
    """Add the option that only shows what would change."""
    parser.add_argument(
        "--dry-run", action="store_true", help="Show what would change; change nothing"
    )
    return parser


def add_parameters(parser: ArgumentParser, what: str) -> None:
    """Add the option by which values are given.

    :param what: what such a value is.
    """
    parser.add_argument(
        "--parameter",
        metavar="<name>=<value>",
        action="append",
        default=[],
        help=f"{what} (see openstack app show); @FILE reads it from a file (repeat for more)",
    )


def parameters(words: list[str]) -> dict[str, str]:
    """Return values by parameter from words ``name=value`` and ``name=@file``.

    :raises ValueUnreadable: a word has no ``=``, or a file cannot be read.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueUnreadable(f"--parameter {word}: write name=value, or name=@file")
        if value.startswith("@"):
            path = Path(value[1:]).expanduser()
            try:
                value = path.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ValueUnreadable(
                    f"--parameter {name}: {path} cannot be read ({error})"
                ) from error
        found[name] = value
    return found


def proposed(proposal: Proposal) -> dict[str, Any]:
    """Return what deploying would take."""
    lines = []
    for name, amount in asdict(proposal.size).items():
        if amount:
            room = proposal.room.get(name)
            left = "unlimited" if room is None or room.left is None else str(room.left)
            lines.append(f"{amount} {WORDS[name]} (left {left})")
    return {
        "application": proposal.entry.application,
        "version": proposal.entry.version,
        "name": proposal.name,
        "makes": ", ".join(proposal.resources),
        "takes": "\n".join(lines),
        "costs": cost(proposal),
    }


def cost(proposal: Proposal) -> str:
    """Return what a copy costs, in words."""
    return monthly(proposal.cost, proposal.entry.tariff)


def monthly(amount: float | None, tariff: Mapping[str, Any]) -> str:
    """Return what is to be paid by a tariff, in words; None without one."""
    return "no tariff" if amount is None else f"{amount:.2f} {tariff.get('currency', '')} a month"


def described(copy: Copy, *, secrets: bool = False) -> dict[str, Any]:
    """Return what people want to know of a copy.

    :param secrets: whether to show secrets, too.
    """
    hidden = f"(openstack app status {copy.stack.name} --secrets)"
    outputs = {
        name: hidden if SECRET.search(name) and not secrets else value
        for name, value in copy.stack.outputs.items()
        if name != "version"
    }
    return {
        "name": copy.stack.name,
        "application": copy.application,
        "version": copy.version,
        "status": copy.stack.status,
        "failure": copy.failure,
        **outputs,
        "parts": "\n".join(f"{one.name}: {one.status} {one.id}" for one in copy.parts),
    }


def tell(text: str) -> None:
    """Show a line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)
