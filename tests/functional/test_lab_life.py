"""`deploy/lab` beside the running lab: killed anywhere it comes up again, and leaves no trace."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.lab import COMMAND

UP = ("up", "--until", "hosts")
LONGEST_SECONDS = 120
# Parts of the time that an undisturbed `up` takes.
MOMENTS = (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
KERNEL = Path("/run/ouhai-lab-kernel.json")

Environment = Mapping[str, str]


@pytest.fixture
def beside() -> Iterator[Environment]:
    """Return an environment for a lab of its own; nothing of it is left in the end."""
    state = Path(f"/var/lib/ouhai-lab-{secrets.token_hex(2)[:3]}")
    environment = {**os.environ, "OUHAI_LAB_STATE": str(state)}
    yield environment
    lab(environment, "down")
    shutil.rmtree(state, ignore_errors=True)


def lab(environment: Environment, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


def killed_after(environment: Environment, seconds: float) -> bool:
    """Run `up` and kill it and what it has started; False when it was through before that."""
    process = subprocess.Popen(
        [COMMAND, *UP],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def machine(state: str) -> dict[str, set[str]]:
    """Return what a lab may leave on the machine."""
    links = json.loads(subprocess.check_output(["ip", "-json", "link"]))
    rules = subprocess.check_output(["nft", "list", "tables"], text=True)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _there(path)]
    record = json.loads(KERNEL.read_text())["labs"] if KERNEL.exists() else []
    return {
        "links": {one["ifname"] for one in links},
        "rules": set(rules.splitlines()),
        "mounts": set(Path("/proc/self/mounts").read_text().splitlines()),
        "folders": {str(path) for path in Path("/var/lib").glob("ouhai-lab*")},
        "control groups": {str(path) for path in Path("/sys/fs/cgroup").glob("**/*ouhai*")},
        "processes": {one.decode() for one in commands if state.encode() in one},
        "raised for": set(record),
    }


def _there(path: Path) -> bool:
    return path.exists() and f"/{os.getpid()}/" not in str(path)


def test_a_lab_that_is_killed_comes_up_again_and_leaves_the_machine_as_it_was(
    beside: Environment,
) -> None:
    state = beside["OUHAI_LAB_STATE"]
    before = machine(state)
    start = time.monotonic()
    done = lab(beside, *UP)
    assert done.returncode == 0, done.stdout + done.stderr
    seconds = time.monotonic() - start
    assert lab(beside, "ssh", "ouhai1", "true").returncode == 0
    assert machine(state) != before
    assert lab(beside, "down").returncode == 0
    assert machine(state) == before

    hits = []
    for part in MOMENTS:
        hits.append(killed_after(beside, part * seconds))
        done = lab(beside, *UP)
        assert done.returncode == 0, f"after a kill at {part}: {done.stdout}{done.stderr}"
        assert lab(beside, "ssh", "ouhai1", "true").returncode == 0
        assert lab(beside, "down").returncode == 0
        assert machine(state) == before, part
    # The later ones may find it through already: it is not equally fast each time.
    assert sum(hits) >= len(MOMENTS) // 2, hits

    # Killed, and no `up` after it.
    killed_after(beside, MOMENTS[-1] * seconds)
    assert lab(beside, "down").returncode == 0
    assert machine(state) == before
