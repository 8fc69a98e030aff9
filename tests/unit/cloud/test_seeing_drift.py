"""Ten things that somebody may do in the cloud, each seen, named, and put back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from ouhai_cloud.tenancy.apply import execute
from ouhai_cloud.tenancy.changes import Action
from ouhai_cloud.tenancy.drift import DriftKind
from ouhai_cloud.tenancy.plan import resolve
from ouhai_cloud.tenancy.register.model import Allotment, System

from tests.support.fake_api import FakeApi
from tests.support.tenancy_bench import Bench

MISSING, CHANGED, UNEXPECTED = DriftKind.MISSING, DriftKind.CHANGED, DriftKind.UNEXPECTED
ROUTE = {"destination": "10.0.0.0/8", "nexthop": "172.20.0.9"}
Seed = Callable[[FakeApi], object]


def one(api: FakeApi, table: str, **search: object) -> dict[str, object]:
    """Return the first object that is so."""
    return next(
        found
        for found in api.tables[table].values()
        if all(found.get(name) == value for name, value in search.items())
    )


def project(api: FakeApi) -> str:
    """Return the id of a system's project."""
    return str(one(api, "networks", name="jyj-oa")["project_id"])


def grant_to_somebody(api: FakeApi) -> None:
    role = api.tables["roles"]["roles-1"]["id"]
    api.grants.add(f"/projects/{project(api)}/users/stranger/roles/{role}")


def share_with_all(api: FakeApi) -> None:
    network = one(api, "networks", name="jyj-oa")["id"]
    content = {"object_id": network, "target_tenant": "*", "action": "access_as_shared"}
    api.put_in("rbac-policies", **content)


def share_as_external(api: FakeApi) -> None:
    network = one(api, "networks", name="jyj-oa")["id"]
    other = one(api, "networks", name="mzj-oa")["project_id"]
    content = {"object_id": network, "target_tenant": other, "action": "access_as_external"}
    api.put_in("rbac-policies", **content)


def let_an_address_group_in(api: FakeApi) -> None:
    rule = one(api, "security-group-rules", port_range_min=443, direction="ingress")
    rule["remote_ip_prefix"], rule["remote_address_group_id"] = None, "ag1"


def open_a_port(api: FakeApi) -> None:
    group = one(api, "security-groups", name="exposed")["id"]
    content = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    ports = {"port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": None}
    api.put_in("security-group-rules", **content, **ports, remote_group_id=None, ethertype="IPv4")


def attach_a_foreign_router(api: FakeApi) -> None:
    subnet = one(api, "subnets", name="jyj-oa")["id"]
    content = {"device_id": "foreign", "fixed_ips": [{"subnet_id": subnet}], "status": "ACTIVE"}
    api.put_in("ports", **content, device_owner="network:router_interface")


def twice(table: str, name: str) -> Seed:
    """Return what makes something of ours another time, as a request repeated blindly does."""

    def make(api: FakeApi) -> None:
        real = one(api, table, name=name)
        api.put_in(table, **{key: value for key, value in real.items() if key != "id"})

    return make


SEEDS: dict[str, tuple[Seed, DriftKind, str]] = {
    "a role given": (grant_to_somebody, UNEXPECTED, "grant:E021/oa/admin/direct/user:?/stranger"),
    "a role taken": (lambda api: api.grants.pop(), MISSING, "grant:"),
    "a limit raised": (
        lambda api: one(api, "limits", project_id=project(api), resource_name="servers").update(
            resource_limit=99
        ),
        CHANGED,
        "limit:E021/oa/compute/servers",
    ),
    "a volume quota raised": (
        lambda api: api.quotas["volume"][project(api)].update(gigabytes=9999),
        CHANGED,
        "volume_quota:E021/oa",
    ),
    "a network quota lost": (
        lambda api: api.quotas["network"].pop(project(api)),
        MISSING,
        "network_quota:E021/oa",
    ),
    "a network renamed and its mark lost": (
        lambda api: one(api, "networks", name="jyj-oa").update(name="mine", description=""),
        CHANGED,
        "network:E021/oa",
    ),
    "port security off": (
        lambda api: one(api, "networks", name="jyj-oa").update(port_security_enabled=False),
        CHANGED,
        "network:E021/oa",
    ),
    "a share with all": (share_with_all, UNEXPECTED, "share:E021/oa/*"),
    "a network given away as external": (
        share_as_external,
        UNEXPECTED,
        "share:E021/oa/E022/oa/ext",
    ),
    "an address group in the place of all": (let_an_address_group_in, MISSING, "rule:E021/oa/"),
    "a network disabled": (
        lambda api: one(api, "networks", name="jyj-oa").update(admin_state_up=False),
        CHANGED,
        "network:E021/oa",
    ),
    "a route told to servers": (
        lambda api: one(api, "subnets", name="jyj-oa").update(host_routes=[ROUTE]),
        CHANGED,
        "subnet:E021/oa",
    ),
    "a router with a route": (
        lambda api: one(api, "routers", name="jyj").update(routes=[ROUTE]),
        CHANGED,
        "router:E021",
    ),
    "a domain that says it is another's": (
        lambda api: one(api, "projects", name="jyj").update(tags=["bureau=E022", "ouhai"]),
        CHANGED,
        "domain:E021",
    ),
    "a port opened": (open_a_port, UNEXPECTED, "rule:"),
    "a foreign router attached": (
        attach_a_foreign_router,
        UNEXPECTED,
        "interface:?/foreign/E021/oa",
    ),
    "a project disabled": (
        lambda api: api.tables["projects"][project(api)].update(enabled=False),
        CHANGED,
        "project:E021/oa",
    ),
    "a second network": (twice("networks", "jyj-oa"), UNEXPECTED, "network:?/"),
    "a second router": (twice("routers", "jyj"), UNEXPECTED, "router:?/"),
    "a second pool": (twice("subnetpools", "jyj"), UNEXPECTED, "subnet_pool:?/"),
    "a second scope": (twice("address-scopes", "district"), UNEXPECTED, "address_scope:?/"),
    "a second group": (twice("security-groups", "exposed"), UNEXPECTED, "security_group:?/"),
    "a router without snat": (
        lambda api: one(api, "routers", name="jyj").update(external_gateway_info=None),
        CHANGED,
        "router:E021",
    ),
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.apply().require_complete()
    return made


@pytest.mark.parametrize("name", SEEDS)
def test_it_is_seen_and_put_back(bench: Bench, name: str) -> None:
    seed, kind, key = SEEDS[name]
    seed(bench.api)
    drift = bench.present().plan.drift
    assert [(found.what, found.key.startswith(key)) for found in drift[:1]] == [(kind, True)]
    revert(bench)
    assert bench.present().plan.clean


def test_an_apply_leaves_it_as_it_is(bench: Bench) -> None:
    for seed, _, _ in SEEDS.values():
        seed(bench.api)
        break
    before = set(bench.api.grants)
    assert bench.apply().done == ()
    assert bench.api.grants == before


def test_a_mark_that_a_member_copied_onto_their_own_group_takes_nothing_over(bench: Bench) -> None:
    real = one(bench.api, "security-groups", name="exposed")
    tables = bench.api.tables["security-groups"]
    forged = {**real, "id": "aaa"}
    bench.api.tables["security-groups"] = {"aaa": forged, **tables}
    present = bench.present()
    assert present.plan.empty
    assert [found.key for found in present.plan.drift] == ["security_group:?/aaa"]
    assert real["id"] in present.ids.values()


@pytest.mark.parametrize("same_words", [False, True])
def test_with_our_record_lost_a_members_group_takes_nothing_over(
    bench: Bench, same_words: bool
) -> None:
    real = one(bench.api, "security-groups", name="exposed")
    words = str(real["description"]).partition(" [")[0] if same_words else "my own"
    theirs = {**real, "id": "aaa", "description": words}
    tables = bench.api.tables["security-groups"]
    bench.api.tables["security-groups"] = {"aaa": theirs, **tables}
    shutil.rmtree(bench.store.folder)
    plan = bench.present().plan
    assert not (plan.drift or plan.conflicts or plan.held)
    assert {one.action for one in plan.changes} == {Action.RECORD}
    assert real["id"] in {one.id for one in plan.changes}


def test_a_record_of_an_earlier_version_overwrites_nothing_it_does_not_know(bench: Bench) -> None:
    file = bench.store.folder / "state.json"
    form = json.loads(file.read_text())
    for had in form["resources"]:
        for name in ("enabled", "host_routes", "routes"):
            had["attributes"].pop(name, None)
    file.write_text(json.dumps(form))
    plan = bench.present().plan
    assert {one.action for one in plan.changes} == {Action.RECORD}
    assert not (plan.drift or plan.blocked)
    one(bench.api, "networks", name="jyj-oa").update(admin_state_up=False)
    one(bench.api, "routers", name="jyj").update(routes=[ROUTE])
    plan = bench.present().plan
    assert {one.action for one in plan.changes} == {Action.RECORD}
    assert {one.attribute for one in plan.drift} == {"enabled", "routes"}


def test_a_foreign_range_in_a_pool_is_kept_when_it_grows_and_can_be_taken_out(bench: Bench) -> None:
    pool = one(bench.api, "subnetpools", name="jyj")
    pool["prefixes"] = [*cast(list[str], pool["prefixes"]), "192.168.0.0/16"]
    systems = [
        System(f"n{number}", f"新{number}", "", 2, "production", Allotment(addresses=60))
        for number in range(4)
    ]
    units = (
        replace(unit, allotment=Allotment(99, 99, 999, 999, 99), systems=(*unit.systems, *systems))
        if unit.code == "E021"
        else unit
        for unit in bench.register.bureaus
    )
    bench.register = replace(bench.register, bureaus=tuple(units))
    bench.apply().require_complete()
    (found,) = bench.present().plan.drift
    assert (found.key, found.attribute) == ("subnet_pool:E021", "prefixes")
    assert bench.present().plan.empty and "192.168.0.0/16" in cast(list[str], pool["prefixes"])
    revert(bench)
    assert bench.present().plan.clean
    assert "192.168.0.0/16" not in cast(list[str], pool["prefixes"])


def test_a_network_made_external_is_not_taken_for_the_extranet(bench: Bench) -> None:
    share_as_external(bench.api)
    one(bench.api, "networks", name="jyj-oa")["router:external"] = True
    assert [one.what for one in bench.present().plan.drift] == [UNEXPECTED]


def test_what_members_have_of_their_own_is_theirs(bench: Bench) -> None:
    for table, name in (
        ("routers", "jyj"),
        ("subnetpools", "jyj"),
        ("address-scopes", "district"),
    ):
        copied = {**one(bench.api, table, name=name), "project_id": project(bench.api)}
        bench.api.put_in(table, **{key: value for key, value in copied.items() if key != "id"})
    content = {"name": "mine", "description": "", "project_id": project(bench.api)}
    bench.api.put_in("security-groups", **content)
    assert one(bench.api, "security-groups", name="default", project_id=project(bench.api))
    assert bench.present().plan.clean


def test_a_double_is_told_with_its_bureau_and_holds_nothing_up(bench: Bench) -> None:
    twice("security-groups", "exposed")(bench.api)
    (found,) = bench.present().plan.drift
    assert found.bureau and f"double_of=security_group:{found.bureau}/" in str(found.seen)
    register = bench.register
    bureaus = (
        replace(each, systems=tuple(replace(had, exposes=()) for had in each.systems))
        for each in register.bureaus
    )
    bench.register = replace(register, bureaus=tuple(bureaus))
    plan = bench.present().plan
    assert not plan.held and plan.changes


def revert(bench: Bench) -> None:
    """Put everything back."""
    with bench.store.lock():
        present = bench.present()
        plan = resolve(present.plan, revert={found.key for found in present.plan.drift})
        with bench.store.journal() as journal:
            outcome = execute(plan, present.target, journal, present.ids, present.homes)
    outcome.require_complete()
