"""``openstack app backup`` and ``restore``: a copy in a file, and a copy out of a file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from cliff.show import ShowOne

from ouhai_cloud.catalogue import backing_up, restoring
from ouhai_cloud.catalogue.artefact import Artefact
from ouhai_cloud.catalogue.verifying import verify
from ouhai_cloud.osc.base import ArgumentParser, CloudCommand
from ouhai_cloud.osc.copies import (
    UNWELL,
    add_parameters,
    cost,
    described,
    named,
    parameters,
    proposed,
    tell,
)
from ouhai_cloud.osc.interrupting import orderly


class BackUpCopy(CloudCommand, ShowOne):
    """Back a copy up into a file, from which it can be restored in another project or cloud.

    Its guests are shut down for as long as a snapshot takes, so that the data is whole, and start
    again; how long the copy did not answer is measured. The file has the application, its data and
    the values that were given for it. Values of hidden parameters are not in it: note them down.
    But the data has what the application keeps in it, so keep the file as you keep that.

    Examples:
      openstack app backup web1 --file web1.ouhai.tar
      openstack app backup web1 --file web1.ouhai.tar --discard-unfinished
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = named(super().get_parser(prog_name))
        parser.add_argument(
            "--file", metavar="<file>", type=Path, required=True, help="Where to write it"
        )
        parser.add_argument(
            "--discard-unfinished",
            action="store_true",
            help="Remove first what a backup of this copy made that was killed",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Back up; return names and values."""
        with self.counted(), orderly():
            api = self.login()
            start = time.monotonic()
            plan = backing_up.propose(
                api, parsed_args.name, discard_unfinished=parsed_args.discard_unfinished
            )
            done = backing_up.back_up(api, plan, parsed_args.file, tell)
        setup = done.manifest.setup
        facts = {
            "name": done.manifest.name,
            "application": setup.entry.application,
            "version": setup.entry.version,
            "taken at": done.manifest.taken_at,
            "file": str(done.path),
            "bytes": done.size_bytes,
            "volumes": "\n".join(f"{one.parameter}: {one.gib} GiB" for one in done.manifest.parts),
            "to be given at restore": ", ".join(setup.hidden),
            "down seconds": round(done.down_seconds, 1),
            "seconds": round(time.monotonic() - start, 1),
        }
        return tuple(facts), tuple(facts.values())


class RestoreCopy(CloudCommand, ShowOne):
    r"""Make a copy out of a backup, in the project and the cloud that you are logged in to.

    The file is checked before anything is made; the catalogue need not have the application, but
    the cloud needs its guest image, by name, and our types of Heat's resources. Values are those of
    the backup, but for networks and key pairs, which are of the project it is from.

    Exit codes: 0; 1 when it was refused or failed, or does not answer from here (see openstack app
    verify).

    Examples:
      openstack app restore web1.ouhai.tar web2 --dry-run
      openstack app restore web1.ouhai.tar web2
      openstack app restore web1.ouhai.tar web2 --parameter flavor=medium \
          --parameter ssh_from=10.118.1.0/24
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("file", metavar="<file>", type=Path, help="What app backup wrote")
        parser.add_argument("name", metavar="<name>", help="What the copy is called")
        add_parameters(parser, "A value that is to be another than in the backup")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Check the file; show what it takes and costs; make nothing",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Restore; return names and values."""
        given = parameters(parsed_args.parameter)
        self.well = True
        with self.counted(), orderly():
            api = self.login()
            start = time.monotonic()
            artefact = Artefact(parsed_args.file)
            plan = restoring.propose(api, artefact, parsed_args.name, given, tell)
            if parsed_args.dry_run:
                facts = proposed(plan.proposal) | {"taken at": artefact.manifest.taken_at}
            else:
                entry = plan.proposal.entry
                tell(
                    f"{entry.application} {entry.version} as {parsed_args.name}: "
                    f"{cost(plan.proposal)}"
                )
                copy = restoring.restore(api, plan, tell)
                seen = verify(api, copy)
                self.well = all(one.good for one in seen)
                facts = described(copy) | {
                    "taken at": artefact.manifest.taken_at,
                    "verified": "\n".join(f"{one.check}: {one.detail}" for one in seen),
                    "seconds": round(time.monotonic() - start, 1),
                }
        return tuple(facts), tuple(facts.values())

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; its exit code tells whether the copy is well."""
        return super().run(parsed_args) or (0 if self.well else UNWELL)
