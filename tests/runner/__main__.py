"""The command ``tests/run``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.runner import checks, cloud, environment, report
from tests.runner.errors import RunnerError
from tests.runner.execution import Outcome, Step, not_run, run_step

PARALLEL = 2
ON_A_CLOUD = {
    "functional": cloud.functional,
    "browser": cloud.browser,
    "applications": cloud.applications,
    "tempest": cloud.tempest,
    "bench": cloud.bench,
}
DESCRIPTION = """\
Run the tests of ouhai-cloud. Without a part: quick, functional and browser.

parts:
  quick        all static checks and the unit tests; no cloud, under three minutes
  lint         all static checks; one of them alone by its name: {lint}
  unit         the unit tests
  functional   tests on the lab, which is brought up when it is down; among them the isolation
               audit and the matrix of personas
  browser      the dashboard in headless Chromium, on the lab
  applications each application's whole life on the lab: deployed, used, updated, backed up,
               restored, broken; more than half an hour, therefore only when asked for
  tempest      OpenStack's acceptance tests (smoke set), on the lab; more than 20 minutes on
               two cores, therefore only when asked for
  bench        the benchmark
"""
EXAMPLES = """\
examples:
  tests/run quick              before every commit
  tests/run ruff mypy          two checks alone
  tests/run browser            one part, on the lab
  tests/run                    what CI runs

Logs are left in tests/output/. The exit code is 0 when nothing failed, 1 when something
did, 2 when the tests could not be prepared.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the parts named in the arguments and return the exit code."""
    static = {step.name: step for step in checks.lint()}
    parts = _parse(arguments, sorted(static))
    quick = _select(parts, static)
    on_a_cloud = [step() for part, step in ON_A_CLOUD.items() if part in parts]
    # A run that is ended ends its steps as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        _prepare([*quick, *on_a_cloud])
        outcomes = _run_parallel(quick) + _run_on_cloud(on_a_cloud)
    except RunnerError as error:
        print(f"tests/run: {error}", file=sys.stderr)
        return 2
    print(report.failures(outcomes))
    print()
    print(report.table(outcomes))
    print()
    total = report.total(outcomes)
    print(total.closing_line())
    return 1 if total.failed else 0


def _parse(arguments: Sequence[str], lint: Sequence[str]) -> set[str]:
    parser = argparse.ArgumentParser(
        prog="tests/run",
        usage="tests/run [PART ...]",
        description=DESCRIPTION.format(lint=", ".join(lint)),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = ["quick", "lint", "unit", *ON_A_CLOUD, *lint]
    parser.add_argument("parts", nargs="*", metavar="PART", help="see above")
    parts = set(parser.parse_args(arguments).parts)
    unknown = sorted(parts.difference(known))
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(known)}")
    return parts or {"quick", "functional", "browser"}


def _select(parts: set[str], static: dict[str, Step]) -> list[Step]:
    """The steps without a cloud; the unit tests go first as they take as long as any check."""
    steps = [checks.unit()] if parts & {"quick", "unit"} else []
    everything = bool(parts & {"quick", "lint"})
    return steps + [step for name, step in static.items() if everything or name in parts]


def _prepare(steps: Sequence[Step]) -> None:
    if environment.ensure_venv():
        print("made the virtual environment of the tests", flush=True)
    environment.ensure_debian_packages(
        {package for step in steps for package in step.debian_packages}
    )


def _run_parallel(steps: Sequence[Step]) -> list[Outcome]:
    def run(step: Step) -> Outcome:
        outcome = run_step(step, echo=False)
        print(f"{outcome.name}: {'ok' if outcome.good else 'FAILED'}", flush=True)
        return outcome

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(run, steps))


def _run_on_cloud(steps: Sequence[Step]) -> list[Outcome]:
    """Run the steps one after another on one lab."""
    if not steps:
        return []
    lab = _show(cloud.lab_up())
    if lab.good:
        return [lab, *map(_show, steps)]
    return [lab, *(not_run(step, "the lab is not up") for step in steps)]


def _show(step: Step) -> Outcome:
    print(f"\n== {step.name} ==", flush=True)
    return run_step(step, echo=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
