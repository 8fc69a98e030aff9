"""Bureaus and systems seen out step by step, on services in memory."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.errors import RetirementRefused
from ouhai_cloud.tenancy import leaving
from ouhai_cloud.tenancy.leaving import Departure, departure
from ouhai_cloud.tenancy.planning.removing import removal_steps
from ouhai_cloud.tenancy.retirement import Phase, Retirement

from tests.support.tenancy_bench import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(leaving, "open_archive", lambda api: api)
    bench = Bench(tmp_path)
    bench.apply().require_complete()
    return bench


STRAY = {"enabled": True, "is_domain": False, "description": "", "tags": [], "options": {}}


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


def frozen(bench: Bench, place: str) -> None:
    leaves(bench, place).freeze(30, lambda *_: None)


@pytest.mark.parametrize("begin", [frozen, empty])
@pytest.mark.parametrize(("code", "system"), [("E021S01", ""), ("E021S01", "site"), ("E021", "oa")])
def test_one_that_began_to_leave_before_its_bureau_leaves_with_it(
    bench: Bench, code: str, system: str, begin: Callable[[Bench, str], None]
) -> None:
    bench.leave(code, system)
    begin(bench, f"{code}/{system}" if system else code)
    bench.leave("E021")
    bench.apply()
    empty(bench, "E021")
    remove(bench, "E021")
    assert tagged(bench, "bureau=E021") == [] and tagged(bench, "bureau=E021S01") == []
    assert bench.present().plan.clean and not bench.present().plan.leaving


def test_thawing_enables_nothing_that_was_frozen_before(bench: Bench) -> None:
    bench.leave("E021S01", "site")
    frozen(bench, "E021S01/site")
    bench.leave("E021S01")
    frozen(bench, "E021S01")
    leaves(bench, "E021S01").thaw(lambda *_: None)
    projects = [one for one in bench.api.tables["projects"].values() if not one["is_domain"]]
    mine = [one for one in projects if "bureau=E021S01" in one["tags"]]
    assert len(mine) > 1
    for one in mine:
        assert one["enabled"] is ("system=site" not in one["tags"])


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


def groups(bench: Bench) -> set[tuple[str, str]]:
    """Return project and name of each security group."""
    there = bench.api.tables["security-groups"].values()
    return {(one["project_id"], one["name"]) for one in there}


def test_no_security_group_outlives_its_project(bench: Bench) -> None:
    bench.leave("E022")
    going = set(leaves(bench, "E022").project_ids)
    before = groups(bench)
    home = next(project for project, name in before if project in going and name == "exposed")
    real = bench.api.list("network", "/security-groups", project_id=home, name="exposed")[0]
    copied = {"name": "mine", "description": real["description"], "project_id": home}
    bench.api.put_in("security-groups", **copied)
    left = leaves(bench, "E022").contents()
    assert [(one.what, one.name, one.project_id) for one in left] == [
        ("security_group", "mine", home)
    ]
    empty(bench, "E022")
    assert groups(bench) == before
    remove(bench, "E022")
    assert groups(bench) == {one for one in before if one[0] not in going}


def test_what_somebody_else_has_there_is_not_taken_along(bench: Bench) -> None:
    bench.leave("E022")
    home = leaves(bench, "E022").project_ids[0]
    domain = bench.api.tables["projects"][home]["domain_id"]
    stray = bench.api.put_in("projects", name="stray", domain_id=domain, parent_id=domain, **STRAY)
    odd = {"name": "odd", "description": "", "project_id": home, "port_security_enabled": True}
    network = bench.api.post("network", "/networks", {"network": odd})["network"]
    leaves(bench, "E022").freeze(0, lambda *_: None)
    list(leaves(bench, "E022").archive())
    with pytest.raises(RetirementRefused, match="network odd") as refusal:
        list(leaves(bench, "E022").empty())
    assert "project stray" in str(refusal.value)
    bench.api.delete("identity", f"/projects/{stray['id']}")
    bench.api.delete("network", f"/networks/{network['id']}")
    list(leaves(bench, "E022").empty())
    remove(bench, "E022")
    assert tagged(bench, "bureau=E022") == []


def test_backups_are_named_and_stay(bench: Bench) -> None:
    bench.leave("E022")
    project = {"os-backup-project-attr:project_id": leaves(bench, "E022").project_ids[0]}
    backup = {"name": "nightly", "status": "available", "size": 3}
    made = bench.api.put_in("backups", **backup, **project)
    (item,) = leaves(bench, "E022").contents()
    assert (item.what, item.name, item.size_gib) == ("backup", "nightly", 3)
    empty(bench, "E022")
    remove(bench, "E022")
    assert list(bench.api.tables["backups"]) == [made["id"]]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_what_was_put_back_and_leaves_again_begins_anew(bench: Bench, steps: int) -> None:
    register = bench.register
    bench.leave("E022")
    leaves(bench, "E022").freeze(0, lambda *_: None)
    for step in ("archive", "empty")[: steps - 1]:
        list(getattr(leaves(bench, "E022"), step)())
    bench.register = register
    bench.apply().require_complete()
    bench.leave("E022")
    assert leaves(bench, "E022").retirement.phase is Phase.IN_SERVICE
    # Nor is somebody who disables it by hand believed to have frozen it.
    domain = next(one for one in bench.api.tables["projects"].values() if one["name"] == "mzj")
    domain["enabled"] = False
    assert leaves(bench, "E022").retirement.phase is Phase.IN_SERVICE
    with pytest.raises(RetirementRefused, match="possible is freeze"):
        list(leaves(bench, "E022").empty())


def test_what_an_apply_could_not_enable_was_not_put_back(bench: Bench) -> None:
    register = bench.register
    bench.leave("E022")
    leaves(bench, "E022").freeze(0, lambda *_: None)
    bench.register = register
    bench.api.refuse["PATCH", "^/domains"] = Refused("PATCH", 500, "database is away")
    assert bench.apply().failed
    bench.leave("E022")
    assert leaves(bench, "E022").retirement.phase is Phase.GRACE


class Killed(BaseException):
    """The process was killed here."""


def killing(number: int) -> Callable[..., None]:
    """Return a progress that kills after so many changes."""
    count = iter(range(number))

    def progress(*_: object) -> None:
        if next(count, None) is None:
            raise Killed

    return progress


def test_a_freezing_that_was_killed_is_frozen_again_and_grace_begins(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.leave("E021S01")
    real, written = bench.store.retire, count()

    def retire(retirement: Retirement) -> None:
        if next(written) == 1:
            raise Killed
        real(retirement)

    monkeypatch.setattr(bench.store, "retire", retire)
    with pytest.raises(Killed):
        leaves(bench, "E021S01").freeze(7, lambda *_: None)
    assert leaves(bench, "E021S01").retirement.phase is Phase.FROZEN
    leaves(bench, "E021S01").freeze(7, lambda *_: None)
    assert leaves(bench, "E021S01").retirement.phase is Phase.GRACE


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0])
def test_a_removal_killed_anywhere_goes_on(bench: Bench, share: float) -> None:
    bench.leave("E021S01")
    empty(bench, "E021S01")
    bench.leave("E021")
    bench.apply()
    empty(bench, "E021")
    steps = removal_steps(leaves(bench, "E021").leaving, bench.present().observed)
    whole = sum(map(len, steps))
    with pytest.raises(Killed):
        leaves(bench, "E021").remove(killing(int(share * (whole - 1))))
    remove(bench, "E021")
    bench.apply()
    assert tagged(bench, "bureau=E021") == [] and tagged(bench, "bureau=E021S01") == []
    assert bench.present().plan.clean and not bench.present().plan.leaving
