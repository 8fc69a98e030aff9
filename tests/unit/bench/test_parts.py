from __future__ import annotations

import pytest

from tests.bench import __main__ as bench


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    calls: list[tuple[str, list[str]]] = []

    def run(part: str, options: list[str]) -> int:
        calls.append((part, list(options)))
        return 1 if part == "boot" else 0

    monkeypatch.setattr(bench, "run", run)
    return calls


def test_a_part_gets_its_options(ran: list[tuple[str, list[str]]]) -> None:
    assert bench.main(["memory", "--watch", "60"]) == 0
    assert ran == [("memory", ["--watch", "60"])]


def test_the_lab_stays_unless_it_may_be_replaced(
    ran: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main([]) == 1
    measured = ["memory", "rerun", "boot", "applications", "images", "tenancy", "tenancy_growth"]
    assert [part for part, _ in ran] == measured
    assert "not run" in capsys.readouterr().out


def test_memory_is_a_peak(ran: list[tuple[str, list[str]]]) -> None:
    bench.main(["all"])
    assert ran[0] == ("memory", ["--watch", "180"])


def test_the_lab_is_replaced_last(ran: list[tuple[str, list[str]]]) -> None:
    bench.main(["all", "--replace"])
    assert ran[-1] == ("phases", ["--replace"])


@pytest.mark.parametrize("words", [["nothing"], ["all", "--cold"]])
def test_what_is_unknown_is_refused(ran: list[tuple[str, list[str]]], words: list[str]) -> None:
    assert bench.main(words) == 2
    assert ran == []
