"""The pure parts of tenancy, from register to plan, for 60 to 600 bureaus; no cloud is needed.

Three plans each: from empty, with nothing to do, and with a register in which every bureau changed.
The floor of each line is the same work done for as many bureaus in small registers, one after the
other, with all results kept: it takes as much memory and grows linearly by construction. A ratio
of 1 is linear growth. What is measured is this process's CPU time: the work runs in one thread
and waits for nothing, and what else the machine does says nothing about how it grows.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import Settings, desired
from ouhai_cloud.tenancy.mapping.quotas import ceilings
from ouhai_cloud.tenancy.plan import make_plan
from ouhai_cloud.tenancy.planning.ceilings import Ceilings
from ouhai_cloud.tenancy.register.model import Allotment, Register
from ouhai_cloud.tenancy.resources import State

from tests.bench.table import BenchFailed, Row, all_met, render, write_figures
from tests.support.registers import big_register

T = TypeVar("T")
COUNTS = (60, 120, 300, 600)
SYSTEMS_PER_BUREAU = 230 / 60
SETTINGS = Settings("extranet", ("compute3",))
REPEATS = 3
# Room for the noise of a busy machine; quadratic growth would be the number of times larger.
GOAL_RATIO = 1.5

EXAMPLES = """\
examples:
  tests/bench/run tenancy_growth
  tests/bench/run tenancy_growth --counts 60 1200

exit codes: 0 growth is linear, 1 it is not, 2 nothing could be measured
"""


def main() -> int:
    """Measure, print and write JSON; see EXAMPLES for the exit codes."""
    counts = sorted(set(parse().counts))
    smallest = counts[0]
    try:
        floors = {count: measure(smallest, count // smallest) for count in counts}
        measured = {count: measure(count, 1) for count in counts}
    except BenchFailed as error:
        print(f"bench tenancy_growth: {error}", file=sys.stderr)
        return 2
    lines = rows(measured, floors)
    print(render("register to plan, CPU s", f"{smallest} at once", lines, digits=3))
    per_bureau = {count: 1000 * sum(parts.values()) / count for count, parts in measured.items()}
    print(", ".join(f"{count} bureaus: {ms:.2f} ms each" for count, ms in per_bureau.items()))
    figures = {"seconds": measured, "floor": floors, "ms_per_bureau": per_bureau}
    write_figures("tenancy-growth", figures)
    return 0 if all_met(lines) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run tenancy_growth",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    counts = " ".join(map(str, COUNTS))
    parser.add_argument(
        *("--counts", "-c"), type=int, nargs="+", default=COUNTS, help=f"bureaus ({counts})"
    )
    asked = parser.parse_args()
    if odd := [count for count in asked.counts if count % min(asked.counts)]:
        parser.error(f"{odd[0]} is not a multiple of the smallest, {min(asked.counts)}")
    return asked


def measure(bureaus: int, copies: int) -> dict[str, float]:
    """Return the seconds of each part for so many registers of so many bureaus.

    :raises BenchFailed: a plan is not what it must be, so that its time says nothing.
    """
    systems = round(bureaus * SYSTEMS_PER_BUREAU)
    registers = [big_register(bureaus, systems) for _ in range(copies)]
    wanted, wish_seconds = timed(lambda one: desired(one, SETTINGS), [(one,) for one in registers])
    many = [ceilings(one) for one in registers]
    plans, first_seconds = timed(from_empty, list(zip(wanted, many, strict=True)))
    for one, plan in zip(wanted, plans, strict=True):
        if len(plan.changes) != len(one):
            raise BenchFailed(f"{len(plan.changes)} changes for {len(one)} wishes")
    seen = [as_made(one) for one in wanted]
    plans, idle_seconds = timed(with_nothing_to_do, list(zip(wanted, seen, many, strict=True)))
    for plan in plans:
        if not plan.clean:
            raise BenchFailed(f"a plan with nothing to do has {len(plan.changes)} changes")
    grown = [doubled(one) for one in registers]
    changed, change_seconds = timed(again, list(zip(grown, seen, strict=True)))
    for one, (other, plan) in zip(wanted, changed, strict=True):
        if len(plan.changes) < bureaus or plan.drift or len(other) != len(one):
            raise BenchFailed(f"a plan with changes everywhere has {len(plan.changes)}")
    return {
        "wanted state": wish_seconds,
        "plan from empty": first_seconds,
        "plan, nothing to do": idle_seconds,
        "all of it, changes everywhere": change_seconds,
    }


def from_empty(wanted: State, most: Ceilings) -> Plan:
    """Return the first plan of all."""
    return make_plan(wanted, {}, {}, (), {}, most)


def with_nothing_to_do(wanted: State, seen: State, most: Ceilings) -> Plan:
    """Return the plan for a cloud that is as wanted."""
    return make_plan(wanted, seen, seen, (), {}, most)


def again(register: Register, seen: State) -> tuple[State, Plan]:
    """Return wanted state and plan as an apply on a living cloud makes them."""
    living = living_of(seen, seen, register.district.address_range)
    wanted = desired(register, SETTINGS, living)
    return wanted, make_plan(wanted, seen, seen, (), {}, ceilings(register))


def rows(
    measured: Mapping[int, Mapping[str, float]], floors: Mapping[int, Mapping[str, float]]
) -> list[Row]:
    """Return a line for each part and size, beside the floor of that size."""
    return [
        Row(f"{name}, {count} bureaus", seconds, floor, GOAL_RATIO * floor)
        for name in next(iter(measured.values()))
        for count, seconds in ((one, parts[name]) for one, parts in measured.items())
        for floor in (floors[count][name],)
    ]


def as_made(wanted: State) -> State:
    """Return the state of a cloud that is as wanted."""
    return {
        key: replace(one, id=f"id-{number}", owned=True)
        for number, (key, one) in enumerate(wanted.items())
    }


def doubled(register: Register) -> Register:
    """Return the register with twice the cores for every bureau and system."""
    bureaus = tuple(
        replace(
            one,
            allotment=twice(one.allotment),
            systems=tuple(replace(each, allotment=twice(each.allotment)) for each in one.systems),
        )
        for one in register.bureaus
    )
    return replace(register, bureaus=bureaus)


def twice(allotment: Allotment) -> Allotment:
    """Return an allotment with twice the cores."""
    return replace(allotment, cores=2 * allotment.cores)


def timed(work: Callable[..., T], given: Sequence[tuple[Any, ...]]) -> tuple[list[T], float]:
    """Return what some work gives for each of what it is given, and the least CPU seconds of all.

    Garbage is collected before each try, so that none pays for the one before.
    """
    seconds = []
    for _ in range(REPEATS):
        results: list[T] = []
        gc.collect()
        start = time.process_time()
        results.extend(work(*each) for each in given)
        seconds.append(time.process_time() - start)
    return results, min(seconds)


if __name__ == "__main__":
    sys.exit(main())
