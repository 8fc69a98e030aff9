"""The report: everything at once, each with what, where, why and what to do."""

from __future__ import annotations

from ansible_collections.ouhai.cloud.plugins.action.precheck_host import clock_difference
from ansible_collections.ouhai.cloud.plugins.plugin_utils.report import merge, render


def failure(where: str, what: str) -> dict[str, str]:
    return {"where": where, "what": what, "why": "a reason", "remedy": "Do this."}


def test_each_failure_is_numbered_and_says_all_four() -> None:
    assert render([failure("control1", "first"), failure("compute1", "second")]) == (
        "1. first\n   where: control1\n   why:   a reason\n   do:    Do this.\n\n"
        "2. second\n   where: compute1\n   why:   a reason\n   do:    Do this."
    )


def test_one_mistake_of_many_hosts_is_one_failure() -> None:
    found = merge(failure(f"compute{n}", "the same") for n in [*range(20), 3])
    assert [f["where"].split(" and ")[1] for f in found] == ["12 more"]


def test_a_clock_differs_by_no_less_than_what_is_certain() -> None:
    assert clock_difference(before=100.0, seen=100.4, after=101.0) == 0
    assert clock_difference(before=100.0, seen=103.0, after=101.0) == 2.0
    assert clock_difference(before=100.0, seen=97.0, after=101.0) == -3.0
