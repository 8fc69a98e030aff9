"""What tenancy makes in a cloud is what it sees there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ouhai_cloud.cloud.errors import Refused, Unanswered
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.resources import Kind
from ouhai_cloud.tenancy.state import StateStore

from tests.support.tenancy_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_after_an_apply_the_next_plan_is_clean(bench: Bench) -> None:
    outcome = bench.apply()
    assert outcome.failed == ()
    assert len(outcome.done) > 100
    plan = bench.present().plan
    assert plan.changes == () and plan.drift == () and plan.held == () and plan.conflicts == ()


def test_every_kind_of_resource_is_seen_again_as_it_was_wanted(bench: Bench) -> None:
    bench.apply()
    present = bench.present()
    for key, wanted in present.desired.items():
        assert present.observed[key].attributes == wanted.attributes
    assert {one.kind for one in present.desired.values()} >= set(Kind) - {Kind.SHARE}


def test_with_the_record_lost_all_is_found_again_and_nothing_is_asked_of_the_cloud(
    bench: Bench, tmp_path: Path
) -> None:
    bench.apply()
    bench.store = StateStore(tmp_path / "other")
    plan = bench.present().plan
    assert {change.action for change in plan.changes} == {"record"}
    assert plan.drift == () and plan.conflicts == ()


def test_a_plan_that_finds_nothing_to_do_asks_once_for_each_list(bench: Bench) -> None:
    bench.apply()
    bench.api.requests.clear()
    bench.present()
    assert bench.api.requests.total() == 18
    assert {what.partition(" ")[0] for what in bench.api.requests} == {"GET"}


def test_a_failure_stops_only_what_needs_it_and_the_next_apply_goes_on(bench: Bench) -> None:
    bench.api.refuse["POST", "^/routers$"] = Refused("POST /routers", 500, "database is away")
    outcome = bench.apply()
    kinds = {failure.change.kind for failure in outcome.failed}
    assert kinds == {Kind.ROUTER, Kind.INTERFACE}
    waiting = [one for one in outcome.failed if one.change.kind is Kind.INTERFACE]
    assert all("waits for router:" in one.error for one in waiting)
    bench.api.refuse.clear()
    again = bench.apply()
    assert {change.kind for change in again.done} == {Kind.ROUTER, Kind.INTERFACE}
    assert bench.present().plan.clean


def test_one_bad_item_does_not_spoil_the_others_of_its_request(bench: Bench) -> None:
    bench.api.tables["groups"].popitem()
    outcome = bench.apply()
    assert {failure.change.kind for failure in outcome.failed} == {Kind.GRANT}
    assert all("directory group" in failure.error for failure in outcome.failed)
    made = [change for change in outcome.done if change.kind is Kind.GRANT]
    assert len(made) > len(outcome.failed)


def test_what_got_no_answer_is_looked_for_before_it_is_made_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bench.api.post
    lost: list[str] = []

    def post(service: str, path: str, body: dict[str, object], *, again: bool = False) -> object:
        answer = real(service, path, body, again=again)
        if path == "/networks" and not lost:
            lost.append(path)
            raise Unanswered("POST /networks: the connection was reset")
        return answer

    monkeypatch.setattr(bench.api, "post", post)
    assert bench.apply().failed == ()
    names = [one["name"] for one in bench.api.tables["networks"].values()]
    assert lost and len(names) == len(set(names))


def test_domains_and_projects_are_immutable(bench: Bench) -> None:
    bench.apply()
    ours = [one for one in _projects(bench) if "ouhai" in one["tags"]]
    assert ours and all(one["options"] == {"immutable": True} for one in ours)


@pytest.mark.parametrize("table", ["domains", "projects"])
def test_a_change_killed_in_its_middle_leaves_nothing_mutable(
    bench: Bench, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.apply()
    real = bench.api.patch

    def patch(service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.startswith(f"/{table}/") and len(next(iter(body.values()))) > 1:
            raise KeyboardInterrupt
        return real(service, path, body)

    before = bench.register
    one = next(one for one in before.bureaus if one.code == "E021")
    systems = tuple(replace(each, name=f"{each.name} 2") for each in one.systems)
    moved = replace(one, name=f"{one.name} 2", systems=systems)
    bureaus = tuple(moved if each is one else each for each in before.bureaus)
    bench.register = replace(before, bureaus=bureaus)
    with monkeypatch.context() as killing, pytest.raises(KeyboardInterrupt):
        killing.setattr(bench.api, "patch", patch)
        bench.apply()
    assert [each for each in _projects(bench) if each.get("options") == {"immutable": False}]
    # Somebody thought better of it, so nothing else is left to write.
    bench.register = before
    assert not bench.present().plan.drift
    bench.apply().require_complete()
    assert all(each["options"]["immutable"] for each in _projects(bench) if each["tags"])
    assert bench.present().plan.clean


def _projects(bench: Bench) -> list[dict[str, Any]]:
    return list(bench.api.tables["projects"].values())


def test_a_project_in_which_nobody_works_has_its_default_group(bench: Bench) -> None:
    bench.apply().require_complete()
    ids = {key: one.id for key, one in bench.present().observed.items()}
    groups = bench.api.tables["security-groups"].values()
    having = {one["project_id"] for one in groups if one["name"] == "default"}
    assert {ids[keys.project("E001", keys.DUTIES)], ids[keys.container("E021S01")]} <= having
