"""``openstack app scale``: more or fewer servers, while a copy serves."""

from __future__ import annotations

import argparse
import time
from typing import Any

from cliff.show import ShowOne

from ouhai_cloud.catalogue import scaling
from ouhai_cloud.catalogue.scaling import Scaling
from ouhai_cloud.osc.base import ArgumentParser, CloudCommand
from ouhai_cloud.osc.copies import add_dry_run, described, named, tell
from ouhai_cloud.osc.interrupting import orderly
from ouhai_cloud.osc.versions import foreseen


class ScaleCopy(CloudCommand, ShowOne):
    """Give a copy more or fewer servers while it goes on serving.

    What applies is what the application says (``scales`` in openstack app show). All that can be
    checked is checked first, room in the project too. The last servers are those that go: they
    finish what has begun before they are removed. When new ones do not report that they are well,
    it goes back by itself.

    Exit codes: 0; 1 when it was refused or failed, also when the copy went back.

    Examples:
      openstack app scale shop1 --count 3 --dry-run
      openstack app scale shop1 --count 3
      openstack app scale shop1 --count 1
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = named(super().get_parser(prog_name))
        parser.add_argument(
            "--count", metavar="<n>", type=int, required=True, help="How many there are to be"
        )
        return add_dry_run(parser)

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Scale; return names and values."""
        with self.counted(), orderly():
            api = self.login()
            start = time.monotonic()
            found = scaling.propose(api, parsed_args.name, parsed_args.count)
            if parsed_args.dry_run:
                facts = proposed(found)
            else:
                copy = scaling.scale(api, found, tell)
                facts = described(copy) | {"seconds": round(time.monotonic() - start, 1)}
        return tuple(facts), tuple(facts.values())


def proposed(found: Scaling) -> dict[str, Any]:
    """Return what scaling would do."""
    facts = foreseen(found.move)
    return {
        "name": facts["name"],
        "from": found.was,
        "to": found.count,
        "removes": "\n".join(f"{one.name} {one.id}" for one in found.leaving),
        **{name: facts[name] for name in ("takes more", "costs")},
    }
