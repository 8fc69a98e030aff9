"""Runs steps as early as their predecessors allow, and times them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum

from ..cloud.errors import CLOUD_ERRORS, CheckFailed, from_cloud
from .scene import Scene

# More would only queue up in the cloud's API workers.
THREADS = 4


class State(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Step:
    """One thing that is verified. `work` returns a short remark for the operator, or ""."""

    name: str
    work: Callable[[Scene], str]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a step went."""

    name: str
    state: State
    seconds: float
    detail: str


def run_step(step: Step, scene: Scene) -> Outcome:
    """Run one step; errors of the cloud become an outcome, faults of our own are raised."""
    start = time.monotonic()
    try:
        detail, state = step.work(scene), State.OK
    except CheckFailed as failure:
        detail, state = str(failure), State.FAILED
    except CLOUD_ERRORS as error:
        detail, state = str(from_cloud(error, step.name)), State.FAILED
    return Outcome(step.name, state, round(time.monotonic() - start, 1), detail)


def run_all(steps: Sequence[Step], scene: Scene, show: Callable[[Outcome], None]) -> list[Outcome]:
    """Run every step whose predecessors succeeded; `show` is called in this thread as each ends."""
    waiting = list(steps)
    running: set[Future[Outcome]] = set()
    done: dict[str, Outcome] = {}

    def finish(outcome: Outcome) -> None:
        done[outcome.name] = outcome
        show(outcome)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="verify") as pool:
        while waiting or running:
            for step in _ready(waiting, done):
                waiting.remove(step)
                missing = [name for name in step.after if done[name].state is not State.OK]
                if missing:
                    finish(Outcome(step.name, State.NOT_REACHED, 0.0, f"needs: {missing[0]}"))
                else:
                    running.add(pool.submit(run_step, step, scene))
            if running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    finish(future.result())
    return list(done.values())


def _ready(waiting: list[Step], done: dict[str, Outcome]) -> list[Step]:
    return [step for step in waiting if all(name in done for name in step.after)]
