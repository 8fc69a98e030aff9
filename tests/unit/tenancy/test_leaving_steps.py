"""Bureaus and systems seen out step by step, on services in memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ouhai_cloud.tenancy import leaving
from ouhai_cloud.tenancy.leaving import Departure, departure

from tests.support.tenancy_bench import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(leaving, "open_archive", lambda _: SimpleNamespace())
    bench = Bench(tmp_path)
    bench.apply().require_complete()
    return bench


def leaves(bench: Bench, place: str) -> Departure:
    return departure(bench.present(), bench.store, place)


def empty(bench: Bench, place: str) -> None:
    """Take one that left the register up to its removal."""
    leaves(bench, place).freeze(0, lambda *_: None)
    list(leaves(bench, place).archive())
    list(leaves(bench, place).empty())


def remove(bench: Bench, place: str) -> None:
    leaves(bench, place).remove(lambda *_: None).require_complete()


def tagged(bench: Bench, *tags: str) -> list[str]:
    """Return the names of the projects and domains that have all of these tags."""
    projects = bench.api.tables["projects"].values()
    return [one["name"] for one in projects if set(tags) <= set(one["tags"])]


@pytest.mark.parametrize(("code", "system"), [("E021S01", ""), ("E021", "oa"), ("E022", "")])
def test_it_is_seen_out_to_the_end(bench: Bench, code: str, system: str) -> None:
    bench.leave(code, system)
    place = f"{code}/{system}" if system else code
    empty(bench, place)
    remove(bench, place)
    assert tagged(bench, f"bureau={code}", *([f"system={system}"] if system else [])) == []
    assert bench.present().plan.clean and not bench.present().plan.leaving


@pytest.mark.parametrize(("code", "system"), [("E021S01", ""), ("E021S01", "site"), ("E021", "oa")])
def test_one_frozen_before_its_bureau_leaves_with_it(bench: Bench, code: str, system: str) -> None:
    bench.leave(code, system)
    leaves(bench, f"{code}/{system}" if system else code).freeze(30, lambda *_: None)
    bench.leave("E021")
    bench.apply()
    empty(bench, "E021")
    remove(bench, "E021")
    assert tagged(bench, "bureau=E021") == [] and tagged(bench, "bureau=E021S01") == []
    assert bench.present().plan.clean


def test_nobody_gets_in_while_it_is_enabled_for_its_removal(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.leave("E021S01")
    leaves(bench, "E021S01").freeze(30, lambda *_: None)
    bench.leave("E021")
    mine = {one.id for one in leaves(bench, "E021").leaving.resources}
    role = bench.api.tables["roles"]["roles-1"]["id"]
    domain = next(one for one in bench.api.tables["projects"].values() if one["name"] == "jyj")
    bench.api.grants.add(f"/domains/{domain['id']}/users/stranger/roles/{role}")
    empty(bench, "E021")
    real, left = bench.api.patch, []

    def patch(service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if next(iter(body.values())).get("enabled"):
            left.append([one for one in bench.api.grants if mine & set(one.split("/"))])
        return real(service, path, body)

    monkeypatch.setattr(bench.api, "patch", patch)
    remove(bench, "E021")
    assert left and not any(left)


def test_nothing_is_enabled_for_a_removal_that_needs_it_not(bench: Bench) -> None:
    bench.leave("E022")
    empty(bench, "E022")
    bench.api.requests.clear()
    remove(bench, "E022")
    patches = bench.api.requests["PATCH projects"], bench.api.requests["PATCH domains"]
    assert patches == (2, 1)
