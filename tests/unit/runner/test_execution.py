from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.runner import execution
from tests.runner.counting import Count
from tests.runner.execution import Step, run_step


@pytest.fixture(autouse=True)
def _output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "OUTPUT", tmp_path)


def shell(command: str, timeout_seconds: int = 30, junit: Path | None = None) -> Step:
    return Step("step", ("sh", "-c", command), timeout_seconds, junit=junit)


def test_step_without_junit_counts_as_one() -> None:
    assert run_step(shell("exit 0"), echo=False).count == Count(passed=1)
    failed = run_step(shell("exit 3"), echo=False)
    assert (failed.count, failed.note, failed.good) == (Count(failed=1), "exit 3", False)


def test_log_holds_both_outputs() -> None:
    outcome = run_step(shell("echo one; echo two >&2"), echo=False)
    assert execution.tail(outcome.log) == "one\ntwo"


def test_echo_shows_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    run_step(shell("echo seen"), echo=True)
    assert capsys.readouterr().out == "seen\n"


def test_step_is_ended_at_its_limit_with_its_children() -> None:
    started = time.monotonic()
    outcome = run_step(shell("sleep 60 & wait", timeout_seconds=1), echo=False)
    assert time.monotonic() - started < 20
    assert outcome.note == "not done after 1 s"
    assert outcome.count == Count(failed=1)


def test_does_not_wait_for_what_a_step_leaves_running() -> None:
    started = time.monotonic()
    outcome = run_step(shell("setsid sleep 15 &"), echo=True)
    assert outcome.good
    assert time.monotonic() - started < 10


def test_program_that_does_not_exist_is_a_failure() -> None:
    outcome = run_step(Step("step", ("/does/not/exist",), 5), echo=False)
    assert not outcome.good
    assert "cannot start" in outcome.note


@pytest.mark.parametrize(
    ("cases", "exit_code", "expected"),
    [
        ("<testcase/><testcase/>", 0, Count(passed=2)),
        ("<testcase/>", 1, Count(passed=1, failed=1)),
        ("<testcase><skipped/></testcase>", 0, Count(failed=1, skipped=1)),
        ("", 5, Count(failed=1)),
    ],
)
def test_count_and_exit_code_must_agree(
    tmp_path: Path, cases: str, exit_code: int, expected: Count
) -> None:
    junit = tmp_path / "tests.xml"
    step = shell(f"echo '<testsuite>{cases}</testsuite>' >{junit}; exit {exit_code}", junit=junit)
    assert run_step(step, echo=False).count == expected


def test_junit_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    junit = tmp_path / "tests.xml"
    junit.write_text("<testsuite><testcase/></testsuite>")
    step = Step("step", (sys.executable, "-c", "pass"), 30, junit=junit)
    outcome = run_step(step, echo=False)
    assert (outcome.count, outcome.note) == (
        Count(failed=1),
        "exit 0 before any test was counted",
    )
