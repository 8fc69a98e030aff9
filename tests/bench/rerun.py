"""site.yml with nothing to do, and how its time grows with compute hosts.

First the lab as it is, beside a floor: as many tasks that do nothing. Then 1, 3 and 20 light hosts
in check mode; see tests/bench/light.py for what they are and why the figure is an upper bound. The
precheck is not in the second part: it rightly refuses hosts that share an address.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.bench import light
from tests.bench.growth import fit, largest_distance
from tests.bench.table import BenchFailed, Row, all_met, render, write_figures
from tests.support.lab import Lab, LabUnusable
from tests.support.playbooks import Played, ansible

GOAL_SECONDS = 60.0
COUNTS = (1, 3, 20)
BEYOND = 100
TIMEOUT_SECONDS = 900
# sshd drops some of more than ten connections that are opened at once (MaxStartups).
OPEN_AT_ONCE = 4

EXAMPLES = """\
examples:
  tests/bench/run rerun                      the lab, then 1, 3 and 20 light hosts
  tests/bench/run rerun --counts 1 5 10
  tests/bench/run rerun --counts             the lab only

exit codes: 0 goal met, 1 goal missed, 2 nothing could be measured
"""


def main() -> int:
    """Measure, print and write JSON; see EXAMPLES for the exit codes."""
    asked = parse()
    lab = Lab()
    try:
        seconds, tasks = nothing_to_do(lab)
        least = floor(lab, max(tasks.values()))
        lines = [Row("nothing to do, s", seconds, least, GOAL_SECONDS)]
        print(f"tasks per host: {', '.join(f'{host} {ok}' for host, ok in tasks.items())}")
        print(render("site.yml on the lab", "empty tasks", lines))
        points = growth(lab, asked.counts) if asked.counts else {}
    except (LabUnusable, BenchFailed, subprocess.TimeoutExpired) as error:
        print(f"bench rerun: {error}", file=sys.stderr)
        return 2
    if points:
        print(growth_table(points))
    figures = {"seconds": seconds, "floor": least, "tasks": tasks, "light": points}
    write_figures("rerun", figures)
    return 0 if all_met(lines) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run rerun",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        *("--counts", "-c"), type=int, nargs="*", default=COUNTS, help="light hosts (1 3 20)"
    )
    return parser.parse_args()


def nothing_to_do(lab: Lab) -> tuple[float, dict[str, int]]:
    """Run site.yml on the lab; return seconds and tasks per host.

    :raises BenchFailed: it failed or there was something to do.
    """
    seconds, played = timed(lab, "ansible-playbook", "playbooks/site.yml")
    if changed := {host: count for host, count in played.changed.items() if count}:
        raise BenchFailed(
            f"this run of site.yml had something to do, so it is no measure: changed={changed}; "
            "run this again"
        )
    return seconds, {host: counters["ok"] for host, counters in played.recap.items()}


def floor(lab: Lab, tasks: int) -> float:
    """Return the seconds of as many tasks that do nothing, on all hosts of the lab."""
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}] * tasks}
    with TemporaryDirectory(prefix="ouhai-bench-") as folder:
        path = Path(folder, "empty.yml")
        path.write_text(yaml.safe_dump([play]))
        return timed(lab, "ansible-playbook", str(path))[0]


def growth(lab: Lab, counts: Sequence[int]) -> dict[int, float]:
    """Return seconds by number of light hosts, which take the compute part in check mode."""
    points = {}
    with light.surroundings(lab.inventory, max(counts)) as around:
        inventory = ("-i", str(around.hosts_file))
        ping = ("-m", "ansible.builtin.ping", "--forks", str(OPEN_AT_ONCE))
        try:
            timed(lab, "ansible", f"{light.PREFIX}*", *inventory, *ping)
            for count in counts:
                limit = ",".join(light.names(count))
                words = ("ansible-playbook", str(around.playbook), "--check", "--limit", limit)
                points[count], played = timed(lab, *words, *inventory)
                if len(played.recap) != count:
                    raise BenchFailed(f"{count} light hosts were asked for:\n{played.output}")
                print(f"{count:3} light hosts: {points[count]:.1f} s", flush=True)
        finally:
            close(around, max(counts))
    return points


def close(around: light.Surroundings, count: int) -> None:
    """Close the connections of the light hosts; one that was never opened is no error."""
    for socket in filter(Path.exists, map(around.socket, light.names(count))):
        command = ["ssh", "-O", "exit", "-o", f"ControlPath={socket}", around.address]
        subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)


def timed(lab: Lab, *command: str) -> tuple[float, Played]:
    """Run a command of Ansible on the lab; return its seconds and what it said.

    :raises BenchFailed: it failed.
    """
    start = time.monotonic()
    played = ansible(lab, *command)
    seconds = time.monotonic() - start
    if played.code != 0:
        raise BenchFailed(f"`{' '.join(command)}` ended with {played.code}:\n{played.output}")
    return seconds, played


def growth_table(points: dict[int, float]) -> str:
    """Render the points beside the line through them, and the line beyond them."""
    rows = [Row(f"{hosts} light hosts", seconds) for hosts, seconds in points.items()]
    if len(points) < 2:
        return render("compute part, s", "line", rows)
    line = fit(points)
    rows = [Row(row.name, row.ours, line.at(n)) for row, n in zip(rows, points, strict=True)]
    return "\n".join(
        (
            render("compute part in check mode, s", "line", rows),
            f"line: {line.start:.1f} s + {line.per_host:.2f} s per host, points at most "
            f"{largest_distance(line, points):.1f} s off it; {BEYOND} hosts: "
            f"{line.at(BEYOND):.0f} s at most (all targets share this machine's cores)",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
