"""Steps run as early as they can, and failures reach only what depends on them."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.ouhai.cloud.plugins.plugin_utils.cloud.errors import CheckFailed
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.graph import (
    Outcome,
    State,
    Step,
    run_all,
)
from ansible_collections.ouhai.cloud.plugins.plugin_utils.verify.plan import STEPS

SCENE = cast(Any, SimpleNamespace())


def states(steps: list[Step]) -> dict[str, State]:
    return {outcome.name: outcome.state for outcome in run_all(steps, SCENE, lambda _: None)}


def fail(_: object) -> str:
    raise CheckFailed("broken", where="here", why="because", remedy="mend it")


def fine(_: object) -> str:
    return ""


def test_a_failure_stops_what_depends_on_it_and_nothing_else() -> None:
    steps = [
        Step("a", fail),
        Step("b", fine, ("a",)),
        Step("c", fine, ("b",)),
        Step("d", fine),
    ]
    assert states(steps) == {
        "a": State.FAILED,
        "b": State.NOT_REACHED,
        "c": State.NOT_REACHED,
        "d": State.OK,
    }


def test_independent_steps_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(_: object) -> str:
        both.wait()
        return ""

    assert set(states([Step("a", meet), Step("b", meet)]).values()) == {State.OK}


def test_errors_of_the_cloud_say_what_to_do() -> None:
    def unreachable(_: object) -> str:
        raise ConnectionRefusedError("port 8774")

    shown: list[Outcome] = []
    run_all([Step("a", unreachable)], SCENE, shown.append)
    assert "port 8774" in shown[0].detail
    assert "do:" in shown[0].detail


def test_faults_of_our_own_are_raised() -> None:
    def bug(_: object) -> str:
        raise KeyError("oops")

    with pytest.raises(KeyError):
        run_all([Step("a", bug)], SCENE, lambda _: None)


def test_every_step_of_the_plan_needs_steps_that_come_before() -> None:
    seen: set[str] = set()
    later = {step.name for step in STEPS}
    for step in STEPS:
        assert set(step.after) <= later
        assert step.name not in step.after
        seen.add(step.name)
    assert len(seen) == len(STEPS)
