"""What Neutron granted and took back is neither done nor remembered."""

from __future__ import annotations

from pathlib import Path

from ouhai_cloud.tenancy.resources import Kind
from ouhai_cloud.tenancy.settled import settled

from tests.support.tenancy_bench import Bench


def test_an_interface_that_was_taken_back_is_a_failure_and_made_by_the_next_apply(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    outcome = bench.apply()
    lost = next(one for one in outcome.done if one.kind is Kind.INTERFACE)
    del bench.api.tables["ports"][bench.store.load().resources[lost.key].id]

    left, found = settled(outcome, bench.present(), bench.store)

    assert [one.change.key for one in left.failed] == [lost.key]
    assert lost not in left.done and len(left.done) == len(outcome.done) - 1
    assert found.waiting == 0
    assert [one.key for one in bench.apply().done] == [lost.key]
    assert bench.present().plan.empty


def test_nothing_changes_where_neutron_kept_its_word(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = bench.apply()
    left, found = settled(outcome, bench.present(), bench.store)
    assert left == outcome and not found.taken_back
