"""The command ``tests/drills/kill``: site.yml is killed half way, then a host is."""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.drills import steps
from tests.drills.steps import DrillFailed, Steps
from tests.support.lab import COMMAND, ROOT, Lab, LabUnusable
from tests.support.playbooks import play

TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.*)\] \**$", re.MULTILINE)
PLAYBOOK = "playbooks/site.yml"
LOG = "site.log"
# Not the first and not the last: "half way".
FROM, TO = 0.2, 0.8
POLL_SECONDS = 0.02
LIMIT_SECONDS = 1800

EXAMPLES = """\
examples:
  tests/drills/kill                        on a machine without a lab; the seed is printed
  tests/drills/kill --seed 7 --replace     the same again, on a fresh lab
  tests/drills/kill --topology small

The lab stays up. Exit code: 0 it ended verified after both, 1 it did not, 2 wrong usage.
"""


def main() -> int:
    """Run the drill; print a table of its steps."""
    parser = argparse.ArgumentParser(
        prog="tests/drills/kill",
        description="Kill site.yml at a random task, run `deploy/lab up` again, pull a host's "
        "plug at another one, run it again: the cloud must end verified, with nothing left to do.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--replace", action="store_true", help="take a lab down that is there")
    parser.add_argument("--topology", default="aio", help="topology of the lab (aio)")
    parser.add_argument("--seed", type=int, help="which tasks and which host (random)")
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    done = Steps()
    try:
        drill(done, asked.topology, random.Random(seed), asked.replace)  # noqa: S311 (no secret)
    except (DrillFailed, LabUnusable) as error:
        print(f"tests/drills/kill: seed {seed}: {error}", file=sys.stderr)
        return 1
    finally:
        print(f"seed {seed}\n{done.table()}")
    return 0


def drill(done: Steps, topology: str, chance: random.Random, replace: bool) -> None:
    """Do it all."""
    steps.room(replace)
    with done.step("up until precheck"):
        steps.lab("up", "--topology", topology, "--until", "precheck")
    lab = Lab()
    names = tasks(lab)
    first, second = sorted(chance.sample(range(int(len(names) * FROM), int(len(names) * TO)), 2))
    host = chance.choice(lab.hosts)
    with done.step("site.yml is killed"):
        at = up_until_task(lab, first, kill_playbook)
        done.seen(f"at task {first} of about {len(names)}: {at}")
    with done.step("a host is killed"):
        at = up_until_task(lab, second, lambda: pull_plug(lab, host))
        done.seen(f"{host} at task {second}: {at}")
    with done.step("up again"):
        steps.lab("up")
    with done.step("it is verified"):
        steps.lab("status")
    with done.step("there is nothing left to do"):
        done.seen(nothing_to_do(lab))


def nothing_to_do(lab: Lab) -> str:
    """Play site.yml once more; return on how many hosts it found nothing to do.

    :raises DrillFailed: it failed, missed a host, or changed something.
    """
    played = play(lab, "site")
    changed = {host: count for host, count in played.changed.items() if count}
    if played.code != 0 or changed or not set(lab.hosts) <= set(played.changed):
        raise DrillFailed(f"site.yml once more: changed {changed}\n{played.output[-4000:]}")
    return f"changed=0 on {len(played.changed)} hosts"


def tasks(lab: Lab) -> list[str]:
    """Return the names of site.yml's tasks.

    :raises DrillFailed: Ansible cannot list them.
    """
    done = subprocess.run(
        ["ansible-playbook", PLAYBOOK, "--list-tasks"],
        cwd=ROOT,
        env=os.environ | lab.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    names = re.findall(r"^ {6}(\S.*?)\tTAGS: ", done.stdout, re.MULTILINE)
    if done.returncode != 0 or not names:
        raise DrillFailed(f"--list-tasks: {done.stdout}{done.stderr}")
    return names


def up_until_task(lab: Lab, number: int, deed: Callable[[], None]) -> str:
    """Start `deploy/lab up`, do the deed when site.yml has begun its task of this number.

    :return: the task's name.
    :raises DrillFailed: it never came to that task, or ends well although the deed was done.
    """
    log = lab.state / "logs" / LOG
    log.unlink(missing_ok=True)
    with subprocess.Popen([COMMAND, "up"], cwd=ROOT, stdin=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + LIMIT_SECONDS
        while len(begun := begun_tasks(log)) < number:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise DrillFailed(
                    f"`deploy/lab up` did not come to task {number}, but {begun[-1:]}"
                )
            time.sleep(POLL_SECONDS)
        deed()
        code = process.wait(LIMIT_SECONDS)
    if code == 0:
        raise DrillFailed(f"`deploy/lab up` ended well although it was disturbed at {begun[-1]}")
    return begun[-1]


def begun_tasks(log: Path) -> list[str]:
    """Return the names of the tasks that a playbook's log shows."""
    return TASK.findall(log.read_text(errors="replace")) if log.is_file() else []


def kill_playbook() -> None:
    """End the processes of the running site.yml at once.

    :raises DrillFailed: there is none.
    """
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it ended while we looked
        ours = len(words) > 2 and words[1].endswith(b"/ansible-playbook")
        if ours and words[2] == str(ROOT / PLAYBOOK).encode():
            found.append(int(path.parent.name))
    if not found:
        raise DrillFailed("no process of site.yml to kill")
    for process in found:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue  # a worker that went with its parent


def pull_plug(lab: Lab, host: str) -> None:
    """End a host at once, as `deploy/lab power off` does, which waits for `up` to end."""
    machine = json.loads((lab.state / "hosts" / host / "machine.json").read_text())
    Path(machine["group"], "cgroup.kill").write_text("1")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("tests/drills/kill: the lab is root's: run this as root")
    sys.exit(main())
