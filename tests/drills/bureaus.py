"""The command ``tests/drills/bureaus``: applies are killed, services stopped, bureaus seen out."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from ouhai_cloud.errors import OuhaiError

from tests.drills.scratch import (
    FIRST,
    SCHOOL,
    SECOND,
    SYSTEMS,
    differences,
    doubled,
    moments,
    without,
    without_system,
)
from tests.drills.scratch_cloud import GRACE_ENDS_AT_ONCE, NEXT_TIME, ScratchCloud, tail
from tests.drills.steps import DrillFailed, Steps
from tests.support.cloud import FAILURES
from tests.support.lab import ROOT, Lab

PARTS = ("kill", "stopped", "retire")
SERVICES = ("keystone", "neutron")
STOP_SECONDS = 20
"""Less than the 90 s for which a request is repeated."""
LIMIT_SECONDS = 600
DRILL_FAILURES: tuple[type[Exception], ...] = (
    DrillFailed,
    OuhaiError,
    subprocess.TimeoutExpired,
    *FAILURES,
)

EXAMPLES = """\
examples:
  tests/drills/bureaus                        on a lab that is up; the seed is printed
  tests/drills/bureaus --only kill --kills 3
  tests/drills/bureaus --only kill --seed 7   the same share of an apply's time again
  tests/drills/bureaus --only retire

Works with scratch bureaus XD01, XD02 and XD02S1 and a copy of the lab's record, and removes all of
it at the end; what a drill that was killed left is removed by the next one, except for security
groups of projects that were gone already: nothing tells whose they were. Nobody else may use the
lab meanwhile. Exit code: 0 all held, 1 something did not (the message says what), 2 wrong usage.
"""


def main() -> int:
    """Run the drill; print a table of its steps."""
    parser = argparse.ArgumentParser(
        prog="tests/drills/bureaus",
        description="Kill `openstack bureau apply` at random moments, stop Keystone and Neutron "
        "under it, see bureaus out step by step: nothing is doubled, lost or left behind.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=PARTS, help="one part (all three)")
    parser.add_argument("--kills", type=int, default=10, help="how many applies are killed (10)")
    parser.add_argument("--seed", type=int, help="when they are killed (random)")
    asked = parser.parse_args()
    if asked.kills < 1:
        parser.error("--kills: at least 1")
    asked.seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    print(f"seed {asked.seed}", flush=True)
    done = Steps()
    with tempfile.TemporaryDirectory(prefix="ouhai-drill-") as folder:
        held = attempt(lambda: drill(done, Path(folder), asked))
    print(f"seed {asked.seed}\n{done.table()}")
    return 0 if held else 1


def attempt(work: Callable[[], None]) -> bool:
    """Tell whether something held; what did not is printed at once."""
    try:
        work()
    except DRILL_FAILURES as error:
        print(f"tests/drills/bureaus: {error}", file=sys.stderr, flush=True)
        return False
    return True


def drill(done: Steps, folder: Path, asked: argparse.Namespace) -> None:
    """Do what was asked for; remove the scratch bureaus however it ends.

    :raises DrillFailed: a part did not hold, or the cloud is not as before.
    """
    with done.step("the cloud is as the register says"):
        cloud = ScratchCloud(Lab(), folder)
        cloud.begin()
    try:
        held = attempt(lambda: parts(done, cloud, asked))
    finally:
        restore(done, cloud)
    if not held:
        raise DrillFailed("not all of it held, see above; the cloud is as before the drill")


def parts(done: Steps, cloud: ScratchCloud, asked: argparse.Namespace) -> None:
    """Do the parts that were asked for."""
    if asked.only != "retire":
        seconds, made = undisturbed(done, cloud)
    if asked.only in (None, "kill"):
        kill(done, cloud, made, moments(asked.kills, seconds, asked.seed))
    if asked.only in (None, "stopped"):
        for service in SERVICES:
            stopped(done, cloud, made, service)
    if asked.only in (None, "retire"):
        retire(done, cloud)


def undisturbed(done: Steps, cloud: ScratchCloud) -> tuple[float, Counter[str]]:
    """Apply the scratch bureaus once; return how many seconds that takes and what it makes."""
    with done.step("an apply that nothing disturbs, leave"):
        started = time.monotonic()
        cloud.run("apply")
        seconds = time.monotonic() - started
        made = cloud.seen() - cloud.before
        expect_whole(cloud, made)
        done.seen(f"{made.total()} objects in {seconds:.1f} s")
        cloud.leave()
    return seconds, made


def expect_whole(cloud: ScratchCloud, made: Counter[str]) -> None:
    """See that all scratch bureaus are there, each thing once, and all else as before.

    :raises DrillFailed: it is not so.
    """
    seen = cloud.seen()
    twice = doubled(seen - cloud.before)
    if twice:
        raise DrillFailed("apply doubled what may be there once only:\n" + "\n".join(twice))
    expect(cloud.before + made, seen, "an apply that nothing disturbed made other things")
    cloud.expect_clean()


def expect(wanted: Counter[str], seen: Counter[str], what: str) -> None:
    """See that what is in the cloud is what should be; DrillFailed says where it differs."""
    moved = differences(wanted, seen)
    if moved:
        raise DrillFailed(f"{what}:\n" + "\n".join(moved))


def kill(done: Steps, cloud: ScratchCloud, made: Counter[str], when: list[float]) -> None:
    """Kill an apply at each of these moments and apply again, at once, as an operator might."""
    most = 0
    for number, moment in enumerate(when, 1):
        with done.step(f"kill {number} of {len(when)}, apply again, leave"):
            recorded, text = cloud.kill_apply(moment)
            cloud.run("apply")
            expect_whole(cloud, made)
            done.seen(f"after {moment:.1f} s: {text}")
            cloud.leave()
        most = max(most, recorded)
    if most == 0:
        raise DrillFailed(
            f"none of {len(when)} kills met an apply that had begun to change the cloud, so "
            "nothing was shown: give a higher --kills or another --seed"
        )


def stopped(done: Steps, cloud: ScratchCloud, made: Counter[str], service: str) -> None:
    """Stop a service's API while apply works, start it again, and apply again."""
    record = yaml.safe_load((ROOT / f"deploy/services/{service}.yml").read_text())
    unit = record["service"]["apis"][0]["unit"]
    with done.step(f"{unit} stops for {STOP_SECONDS} s while apply works"):
        with cloud.applying() as process:
            cloud.wait_for_first_change(process)
            with unit_stopped(cloud.lab, unit):
                if process.poll() is not None:
                    raise DrillFailed(
                        f"apply had ended before {unit} was stopped, so nothing was shown; run "
                        f"the drill again while the machine is idle:\n{tail(cloud.output())}"
                    )
                time.sleep(STOP_SECONDS)
            code = process.wait(LIMIT_SECONDS)
        done.seen(judged(code, cloud.output()))
    with done.step(f"{unit} is back, apply again, leave"):
        # Repeated until the service answers, unlike the login that the next apply begins with.
        cloud.seen()
        done.seen(f"done at try {cloud.apply_until_done()}")
        expect_whole(cloud, made)
        cloud.leave()


@contextmanager
def unit_stopped(lab: Lab, unit: str) -> Iterator[None]:
    """Stop a unit on the control host for as long as the context lasts."""
    try:
        systemctl(lab, "stop", unit)
        yield
    finally:
        systemctl(lab, "start", unit)


def systemctl(lab: Lab, verb: str, unit: str) -> None:
    """Start or stop a unit on the control host; DrillFailed when systemd refuses."""
    answer = lab.ssh(lab.control, f"systemctl {verb} {unit}", timeout=120)
    if answer.code != 0:
        raise DrillFailed(
            f"{lab.control}: systemctl {verb} {unit}: {answer.errors.strip()}. See that it runs: "
            f"deploy/lab ssh {lab.control} systemctl start {unit}"
        )


def judged(code: int, output: str) -> str:
    """Return what became of a disturbed apply, in words.

    :raises DrillFailed: it failed without saying clearly what to do.
    """
    if code == 0:
        return "it waited and finished"
    if "Traceback" in output or NEXT_TIME not in output:
        raise DrillFailed(
            f"apply ended with {code} and without a clear report (no traceback, but "
            f"`{NEXT_TIME}`):\n{tail(output)}"
        )
    return f"it ended with {code} and said what to do"


def retire(done: Steps, cloud: ScratchCloud) -> None:
    """See a bureau out by every step of the way, then a sub-unit alone."""
    two = cloud.write("two.yaml", without(cloud.register, FIRST))
    system = next(iter(SYSTEMS))
    left = without(without(cloud.register, FIRST), SCHOOL)
    one = cloud.write("one.yaml", left)
    smaller = cloud.write("smaller.yaml", without_system(left, SECOND, system))
    with done.step("retire: bureaus are there, and one leaves the register"):
        cloud.run("apply", register=one)
        without_school = cloud.seen()
        cloud.run("apply", register=two)
        without_first = cloud.seen()
        cloud.run("apply")
        address = cloud.give_address(FIRST)
        belongings = cloud.furnish(FIRST)
        # Ends the agreement; the bureau itself is left alone.
        cloud.run("apply", register=two)
    with done.step("retire: report, freeze, thaw, freeze"):
        report = cloud.retire(FIRST, "--report", "-f", "json", register=two)
        for word in (address, *belongings.ids, "in_service"):
            if word not in report:
                raise DrillFailed(f"the report lacks {word}:\n{report}")
        cloud.expect_refused(FIRST, "--remove", "remove cannot follow now", two)
        for step, enabled in (("--freeze", False), ("--thaw", True), ("--freeze", False)):
            cloud.retire(FIRST, step, register=two)
            cloud.expect_enabled(FIRST, enabled)
    with done.step("retire: nothing is removed while grace lasts"):
        cloud.expect_refused(FIRST, "--archive", "is in grace until", two)
        cloud.expect_refused(FIRST, "--empty", "empty cannot follow now", two)
        cloud.expect_refused(FIRST, "--remove", "remove cannot follow now", two)
    with done.step("retire: grace of no days, archive"):
        for words in (("--thaw",), GRACE_ENDS_AT_ONCE, ("--archive",)):
            cloud.retire(FIRST, *words, register=two)
        cloud.expect_refused(FIRST, "--remove", "remove cannot follow now", two)
    with done.step("retire: emptying is killed when a stack is abandoned"):
        cloud.kill_retire(FIRST, "--empty", "abandoned", two)
        cloud.expect_users_of_a_stack_alone(FIRST)
        cloud.expect_refused(FIRST, "--remove", "remove cannot follow now", two)
    with done.step("retire: empty again, remove"):
        emptied = cloud.retire(FIRST, "--empty", register=two)
        for word in (address, "users of a stack removed"):
            if word not in emptied:
                raise DrillFailed(f"--empty does not say what became of {word}:\n{emptied}")
        cloud.retire(FIRST, "--remove", register=two)
        cloud.expect_kept(belongings)
    with done.step("retire: nothing of it is left, the others are as before"):
        expect(without_first, cloud.seen(), f"removing {FIRST} left or took what it should not")
        cloud.expect_clean(two)
    with done.step("retire: a sub-unit leaves alone"):
        cloud.see_out(SCHOOL, one)
        expect(without_school, cloud.seen(), f"removing {SCHOOL} left or took what it should not")
        cloud.expect_clean(one)
    with done.step("retire: a bureau leaves whose system was frozen before"):
        cloud.run("apply", register=smaller)
        cloud.retire(f"{SECOND}/{system}", "--freeze", register=smaller)
        cloud.leave()


def restore(done: Steps, cloud: ScratchCloud) -> None:
    """Remove what is left of the scratch bureaus; see that the cloud is as it was."""
    with done.step("the scratch bureaus are removed"):
        cloud.clean()
    with done.step("the cloud is as before"):
        expect(cloud.before, cloud.seen(), "the cloud is not as before the drill")
        cloud.expect_clean(cloud.original, own_state=True)
        cloud.close_archive()
        swept = ", ".join(f"{count} {what}" for what, count in cloud.swept.items())
        done.seen(f"{cloud.before.total()} objects" + (f"; swept: {swept}" if swept else ""))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("tests/drills/bureaus: the lab is root's: run this as root")
    sys.exit(main())
