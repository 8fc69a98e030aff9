"""The register on the lab: applied once and for all, its people see their own and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from ouhai_cloud.cloud.api import Api

from tests.support.bureaus import Bureaus
from tests.support.seeded_drift import SEEDS, Seeding

LOGINS_AT_A_TIME = 4
DRIFTED = 3


def test_a_second_plan_is_empty(bureaus: Bureaus) -> None:
    done = bureaus.command("plan", "--detailed-exitcode", "-f", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == []


def test_cinder_lists_the_quotas_that_it_tells_one_by_one(api: Api) -> None:
    projects = [one["id"] for one in api.list("identity", "/projects")]
    listed = api.get("block_storage", "/ouhai-quota-sets")
    apart = {one["id"]: one for one in listed["quota_sets"]}
    assert set(apart) & set(projects)
    for project in projects:
        told = api.get("block_storage", f"/os-quota-sets/{project}")["quota_set"]
        assert {"id": project, **listed["defaults"], **apart.get(project, {})} == told


def answer(bureaus: Bureaus, *words: str) -> Any:
    """Return what `openstack bureau WORDS` answers; it must succeed."""
    done = bureaus.command(*words, "-f", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_capacity_list_and_show_say_what_the_register_says(bureaus: Bureaus) -> None:
    register = bureaus.register
    listed = {row["Code"]: row["Name"] for row in answer(bureaus, "list")}
    assert listed == {one.code: one.name for one in register.bureaus}
    capacity = {(row["Unit"], row["Resource"]): row for row in answer(bureaus, "capacity")}
    for unit in register.bureaus:
        shown = answer(bureaus, "show", unit.code)
        assert shown["name"] == unit.name
        assert all(row["project id"] and row["network"] for row in shown["systems"])
        for resource, granted in asdict(unit.allotment).items():
            row = capacity.pop((unit.code, resource))
            assert row["Granted"] == granted
            assert 0 <= row["Used"] <= row["Enforced"] <= granted, row
    tops = [asdict(one.allotment) for one in register.bureaus if one.parent is None]
    for (unit, resource), row in capacity.items():
        assert unit == "(pool)"
        assert row["Granted"] == sum(one[resource] for one in tops)
        # Nothing in the hardware bounds snapshots but the disk.
        assert resource == "snapshots" or row["Physical"] > 0


def test_nothing_has_drifted(bureaus: Bureaus) -> None:
    done = bureaus.command("drift", "-f", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == []


def test_everybody_logs_in_and_sees_the_own_units_projects_alone(bureaus: Bureaus) -> None:
    auth_url = bureaus.lab.access.auth_url
    people = list(bureaus.people())
    with ThreadPoolExecutor(LOGINS_AT_A_TIME) as pool:
        seen = list(pool.map(lambda one: bureaus.projects_of(one[0], auth_url), people))
    wrong = {
        user: (names, bureaus.sees(unit))
        for (user, unit, _), names in zip(people, seen, strict=True)
        if names != bureaus.sees(unit)
    }
    assert wrong == {}


def test_everybody_logs_in_to_the_dashboard_and_finds_an_own_project_by_its_chinese_name(
    bureaus: Bureaus,
) -> None:
    address = bureaus.lab.access.dashboard_url
    people = [one for one in bureaus.people() if bureaus.sees(one[1])]
    with ThreadPoolExecutor(LOGINS_AT_A_TIME) as pool:
        pages = list(pool.map(lambda one: bureaus.dashboard_page(one[0], address), people))
    others = {
        user: sorted(name for name in _names_of_others(bureaus, user) if name in page)
        for (user, _, _), page in zip(people, pages, strict=True)
    }
    without = [
        user
        for (user, unit, _), page in zip(people, pages, strict=True)
        if user not in page or not any(name in page for name in bureaus.sees(unit))
    ]
    assert without == []
    assert {user: names for user, names in others.items() if names} == {}


def _names_of_others(bureaus: Bureaus, user: str) -> Iterator[str]:
    """Yield the names of systems that a person must not see, as far as they are unmistakable."""
    unit = next(unit for name, unit, _ in bureaus.people() if name == user)
    own = bureaus.sees(unit)
    for other in bureaus.register.bureaus:
        for system in other.systems:
            if not any(system.name in name for name in own):
                yield system.name


def test_drift_of_every_kind_is_named_and_put_back(bureaus: Bureaus, api: Api) -> None:
    with ExitStack() as undo:
        seeding = Seeding(api, bureaus.register, undo)
        expected = {name: seed(seeding) for name, seed in SEEDS.items()}
        found = bureaus.command("drift", "-f", "json")
        assert found.returncode == DRIFTED, found.stdout + found.stderr
        seen = {(row["Drift"], row["Key"]) for row in json.loads(found.stdout)}
        missed = {name: one for name, one in expected.items() if one not in seen}
        assert missed == {}, seen
        # Nothing that somebody changed is overwritten in passing.
        untouched = bureaus.command("apply", "-f", "json")
        assert json.loads(untouched.stdout) == []
        back = bureaus.command("drift", "--revert", "all", "-f", "json")
        assert back.returncode == 0, back.stdout + back.stderr
        assert json.loads(back.stdout) == []
    again = bureaus.command("plan", "--detailed-exitcode")
    assert again.returncode == 0, again.stdout + again.stderr


def test_drift_can_be_lived_with_for_a_reason(bureaus: Bureaus, api: Api) -> None:
    with ExitStack() as undo:
        _, key = SEEDS["raised network quota"](Seeding(api, bureaus.register, undo))
        refused = bureaus.command("drift", "--adopt", key)
        assert refused.returncode == 1
        assert "--why" in refused.stderr
        adopted = bureaus.command("drift", "--adopt", key, "--why", "a test", "-f", "json")
        assert adopted.returncode == 0, adopted.stdout + adopted.stderr
    # Back to what the register says: the deviation that was accepted is no more.
    after = bureaus.command("drift", "-f", "json")
    assert after.returncode == 0, after.stdout + after.stderr
    # And forgotten by the next apply: the same deviation is drift again.
    assert bureaus.command("apply").returncode == 0
    with ExitStack() as undo:
        SEEDS["raised network quota"](Seeding(api, bureaus.register, undo))
        again = bureaus.command("drift", "-f", "json")
        assert again.returncode == DRIFTED, again.stdout + again.stderr
