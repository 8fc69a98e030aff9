"""``openstack app update`` and ``rollback``: a copy in another version, around its data."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from cliff.show import ShowOne

from ouhai_cloud.catalogue import moving
from ouhai_cloud.catalogue.moving import Move, Moved
from ouhai_cloud.catalogue.sizing import WORDS
from ouhai_cloud.osc.base import ArgumentParser, CloudCommand
from ouhai_cloud.osc.copies import (
    add_dry_run,
    add_parameters,
    described,
    monthly,
    named,
    parameters,
    tell,
)
from ouhai_cloud.osc.interrupting import orderly


class UpdateCopy(CloudCommand, ShowOne):
    r"""Bring a copy to another version of its application; its data and address stay.

    All that can be checked is checked first. Then the copy is down: its guests are shut down, a
    snapshot of its data volumes is taken, and servers of the other version take their place. When
    these do not report that they are well, it goes back by itself, with the data of before.

    Exit codes: 0; 1 when it was refused or failed, also when the copy went back.

    Examples:
      openstack app update web1 --dry-run
      openstack app update web1
      openstack app update web1 --to 2 --parameter flavor=medium
      openstack app update web1 --keep-failed
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = named(super().get_parser(prog_name))
        parser.add_argument(
            "--to",
            metavar="<version>",
            default="",
            help="Version (default: the newest that the catalogue offers)",
        )
        add_parameters(parser, "A value that is to be another than now")
        parser.add_argument(
            "--keep-failed",
            action="store_true",
            help="When the new version is not well, leave it so, to look at it",
        )
        return add_dry_run(parser)

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Update; return names and values."""
        given = parameters(parsed_args.parameter)
        with self.counted(), orderly():
            api = self.login()
            start = time.monotonic()
            move = moving.propose_update(api, parsed_args.name, parsed_args.to, given)
            if parsed_args.dry_run:
                facts = foreseen(move)
            else:
                for note in move.notes:
                    tell(note)
                moved = moving.update(api, move, tell, keep_failed=parsed_args.keep_failed)
                facts = told(moved, start)
        return tuple(facts), tuple(facts.values())


class RollBackCopy(CloudCommand, ShowOne):
    """Bring a copy back to the version and the values that it had before its last update.

    Its data stays as it is now, unless --data is given. Where an update was cut off, it goes back
    to the version that it had.

    Exit codes: 0; 1 when it was refused or failed.

    Examples:
      openstack app rollback web1 --dry-run
      openstack app rollback web1
      openstack app rollback web1 --data
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = named(super().get_parser(prog_name))
        parser.add_argument(
            "--data",
            action="store_true",
            help="Its data goes back to what it was before the update, too: what was written since "
            "is lost",
        )
        return add_dry_run(parser)

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Go back; return names and values."""
        with self.counted(), orderly():
            api = self.login()
            start = time.monotonic()
            move = moving.propose_rollback(api, parsed_args.name, with_data=parsed_args.data)
            if parsed_args.dry_run:
                facts = foreseen(move)
            else:
                for note in (*move.notes, *losses(move)):
                    tell(note)
                facts = told(moving.roll_back(api, move, tell), start)
        return tuple(facts), tuple(facts.values())


def losses(move: Move) -> list[str]:
    """Return what is lost, in words."""
    return [
        f"data: goes back to {one.made_at} UTC; all that was written to volume {one.volume_id} "
        "since is lost"
        for one in move.revert
    ]


def foreseen(move: Move) -> dict[str, Any]:
    """Return what a move would do."""
    changes = [
        f"{word}: {', '.join(sorted(one.name for one in found))}"
        for word, found in move.changes.items()
        if found
    ]
    takes = [f"{amount} {WORDS[name]}" for name, amount in asdict(move.taken).items() if amount]
    kept = [f"{name} {one.id} ({one.gib} GiB)" for name, one in move.volumes.items()]
    return {
        "name": move.copy.stack.name,
        "from": move.present.entry.version,
        "to": move.version,
        "changes": "\n".join(changes),
        "parameters": "\n".join(move.notes),
        "takes more": "\n".join(takes),
        "costs": monthly(move.cost, move.target.entry.tariff),
        "data": "\n".join(losses(move) or kept),
    }


def told(moved: Moved, start: float) -> dict[str, Any]:
    """Return how a copy is after it was moved."""
    return described(moved.copy) | {
        "down seconds": round(moved.down_seconds, 1),
        "seconds": round(time.monotonic() - start, 1),
    }
