"""The command ``tests/drills/another_cloud``: a backup outlives the cloud that it was made in."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.drills import steps
from tests.drills.steps import DrillFailed, Steps
from tests.functional.applications.uses import BEFORE, USES
from tests.support import application_images
from tests.support.applications import (
    CommandFailed,
    Key,
    Member,
    copy_name,
    deploy,
    members,
)
from tests.support.bureaus import Bureaus
from tests.support.lab import Lab, LabUnusable

EXAMPLES = """\
examples:
  tests/drills/another_cloud                        on a machine without a lab; a portal
  tests/drills/another_cloud oa --replace           what is up is the first cloud, and goes

The second lab stays up. Exit code: 0 what was written was there again, 1 it was not, 2 wrong usage.
"""


def main() -> int:
    """Run the drill; print a table of its steps."""
    parser = argparse.ArgumentParser(
        prog="tests/drills/another_cloud",
        description="Back an application up, take the whole cloud down, bring another one up, and "
        "restore the application there from the file alone, in another bureau.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "application", nargs="?", choices=sorted(USES), default="portal", help="(portal)"
    )
    parser.add_argument("--replace", action="store_true", help="the lab that is up may go")
    asked = parser.parse_args()
    done = Steps()
    try:
        drill(done, asked.application, asked.replace)
    except (
        DrillFailed,
        LabUnusable,
        CommandFailed,
        application_images.ImagesMissing,
        AssertionError,
    ) as error:
        print(f"tests/drills/another_cloud: {error}", file=sys.stderr)
        return 1
    finally:
        print(done.table())
    return 0


def drill(done: Steps, application: str, replace: bool) -> None:
    """Do it all."""
    there = steps.lab_exists()
    if there and not replace:
        raise DrillFailed("a lab is up and would be lost: give --replace if it may be")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "copy.tar"
        with done.step("a cloud"):
            if not there:
                steps.lab("up")
            application_images.provide(Lab())
        first = people()
        with done.step("the application is used and backed up"):
            backed_up(first[0], application, folder, file)
            done.seen(f"{file.stat().st_size / 2**10:.0f} KiB")
        theirs = project_ids(first)
        with done.step("the cloud is gone"):
            steps.lab("down")
        with done.step("another cloud"):
            steps.lab("up")
            application_images.provide(Lab())
        second = people()
        if same := theirs & project_ids(second):
            raise DrillFailed(f"it is the same cloud: both have the projects {same}")
        with done.step("the application is restored"):
            done.seen(restored(second[1], application, folder, file))


def people() -> list[Member]:
    """Return the members who work in the lab that is up."""
    return members(Bureaus(Lab()))


def project_ids(found: list[Member]) -> set[str]:
    """Return what Keystone calls the projects in which they work."""
    return {str(one.connection.current_project_id) for one in found}


def backed_up(member: Member, application: str, folder: Path, file: Path) -> None:
    """Deploy an application, write in it, back it up, and remove it."""
    keys, written = folder / "keys", folder / "written"
    for one in (keys, written):
        one.mkdir()
    with copy_name(member) as name:
        copy = deploy(member, application, name, Key(keys))
        USES[application].write(copy, written, BEFORE)
        member.answer("backup", name, "--file", str(file))


def restored(member: Member, application: str, folder: Path, file: Path) -> str:
    """Restore the application, read in it, and remove it; return what was seen.

    :raises DrillFailed: it has not what was written, or something is left of it.
    """
    read, before = folder / "read", member.things()
    read.mkdir()
    with copy_name(member) as name:
        made = member.answer("restore", str(file), name)
        found = USES[application].titles(member.answer("status", name, "--secrets"), read)
    if found != {BEFORE}:
        raise DrillFailed(f"written was {BEFORE}, found {found}")
    if member.things() != before:
        raise DrillFailed(f"left behind: {member.things()}, before there was {before}")
    return f"{BEFORE}, in {made['seconds']} s"


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("tests/drills/another_cloud: the lab is root's: run this as root")
    sys.exit(main())
