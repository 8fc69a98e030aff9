"""What Neutron granted and took back is neither done nor remembered."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ouhai_cloud.tenancy.resources import Kind, Ref
from ouhai_cloud.tenancy.settled import settled

from tests.support.tenancy_bench import Bench


def test_an_interface_that_was_taken_back_is_a_failure_and_made_by_the_next_apply(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    outcome = bench.apply()
    made = [one for one in outcome.done if one.kind is Kind.INTERFACE]
    routers = Counter(one.resource.attributes["router"] for one in made)
    lost = next(one for one in made if routers[one.resource.attributes["router"]] > 1)
    router = lost.resource.attributes["router"]
    del bench.api.tables["ports"][bench.store.load().resources[lost.key].id]

    left, found = settled(outcome, bench.present(), bench.store)

    assert [one.change.key for one in left.failed] == [lost.key]
    assert lost not in left.done and len(left.done) == len(outcome.done) - 1
    assert found.waiting == 0
    # Another interface is at the same router, which therefore stays.
    assert isinstance(router, Ref) and router.key in bench.store.load().resources
    assert [one.key for one in bench.apply().done] == [lost.key]
    assert bench.present().plan.empty


def test_a_router_that_ovn_does_not_know_is_made_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = bench.apply()
    all_lost = [one for one in outcome.done if one.kind is Kind.INTERFACE]
    bench.api.tables["ports"].clear()
    routers = set(bench.api.tables["routers"])

    left, _ = settled(outcome, bench.present(), bench.store)

    assert {one.change.key for one in left.failed} == {one.key for one in all_lost}
    assert bench.api.tables["routers"] == {}
    bench.apply().require_complete()
    assert len(bench.api.tables["routers"]) == len(routers)
    assert not routers & set(bench.api.tables["routers"])
    assert bench.present().plan.empty


def test_nothing_changes_where_neutron_kept_its_word(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = bench.apply()
    left, found = settled(outcome, bench.present(), bench.store)
    assert left == outcome and not found.taken_back
