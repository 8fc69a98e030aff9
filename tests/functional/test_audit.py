"""The isolation audit on the lab: clean as it stands, and it finds what is seeded by hand."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from ouhai_cloud import config
from ouhai_cloud.cloud import probing
from ouhai_cloud.cloud.api import Api, Service
from ouhai_cloud.cloud.connection import prepare
from ouhai_cloud.tenancy.audit import active, checks
from ouhai_cloud.tenancy.audit.audit import Subject, look
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Finding
from ouhai_cloud.tenancy.audit.trials import tried
from ouhai_cloud.tenancy.audit.verdicts import Verdict
from ouhai_cloud.tenancy.present import look as look_at_present
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.state import StateStore

from tests.support.lab import ROOT, Lab

AUDIT_SECONDS = 600
SETTLE_SECONDS = 5
FOUND = 4


@pytest.fixture(scope="module")
def api(cloud: Connection) -> Api:
    api = Api(prepare(cloud))
    api.warm("identity", "network", "image", "compute", "block_storage")
    return api


@pytest.fixture(scope="module")
def subject(lab: Lab, api: Api) -> Subject:
    register = lab.environment.get("OUHAI_REGISTER")
    path = Path(register or ROOT / "deploy/register/two-bureaus.yaml")
    configuration = config.load(os.environ | lab.environment)
    configuration = replace(configuration, register=path)
    loaded = load(path)
    present = look_at_present(api, loaded, configuration, StateStore(configuration.state))
    return Subject(loaded, path, present.desired, "lab", configuration.directory_domain)


@pytest.fixture
def facts(api: Api, subject: Subject) -> Facts:
    return look(api, subject)


@dataclass(frozen=True)
class Place:
    """A bureau's first system as the cloud has it."""

    code: str
    project_id: str
    domain_id: str
    network_id: str
    subnet_id: str
    router_id: str
    external_network_id: str
    group: str


def place(facts: Facts, site: probing.Site) -> Place:
    project_id = facts.networks[site.network_id].project_id
    router_id = next(
        router
        for router, ports in facts.router_ports.items()
        if any(port.network_id == site.network_id for port in ports)
    )
    bureau = facts.register.bureau(site.bureau)
    return Place(
        site.bureau,
        project_id,
        facts.projects[project_id].domain_id,
        site.network_id,
        site.subnet_id,
        router_id,
        site.external_network_id,
        bureau.staff.reader[0],
    )


@pytest.fixture
def places(facts: Facts) -> tuple[Place, Place]:
    one, two = active.sites(facts)
    return place(facts, one), place(facts, two)


class Seed:
    """Makes holes by hand, remembers which, and closes them at the end."""

    def __init__(self, api: Api, undo: ExitStack) -> None:
        self.api = api
        self.undo = undo
        self.name = f"x-audit-{secrets.token_hex(3)}"
        self.expected: set[tuple[str, frozenset[str]]] = set()

    def hole(self, code: str, *bureaus: str) -> None:
        self.expected.add((code, frozenset(bureaus)))

    def made(self, service: Service, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something that is removed at the end."""
        answer = self.api.post(service, path, body)
        found = dict(answer.get(next(iter(body))) or answer)
        self.undo.callback(self.api.delete, service, f"{path}/{found['id']}")
        return found

    def network(self, kind: str, **values: Any) -> dict[str, Any]:
        """Make an object of Neutron's."""
        path = PATHS.get(kind, f"/{kind.replace('_', '-')}s")
        return self.made("network", path, {kind: values})

    def grant(self, path: str) -> None:
        self.api.put("identity", path)
        self.undo.callback(self.api.delete, "identity", path)

    def changed(self, service: Service, path: str, body: dict[str, Any], back: Any) -> None:
        """Change something, and change it back at the end."""
        send = self.api.patch if service == "identity" else self.api.put
        send(service, path, body)
        self.undo.callback(send, service, path, back)

    def id_of(self, path: str, name: str, **query: Any) -> str:
        rows = self.api.list("identity", path, name=name, **query)
        return str(next(row["id"] for row in rows if row["name"] == name))


PATHS = {"rbac_policy": "/rbac-policies"}


def grants(seed: Seed, a: Place, b: Place, directory: str) -> None:
    domain = seed.id_of("/domains", directory)
    own, other = (seed.id_of("/groups", one.group, domain_id=domain) for one in (a, b))
    reader, admin = seed.id_of("/roles", "reader"), seed.id_of("/roles", "admin")
    seed.grant(f"/projects/{a.project_id}/groups/{other}/roles/{reader}")
    seed.hole("I01", a.code, b.code)
    seed.grant(f"/projects/{a.project_id}/groups/{own}/roles/{admin}")
    seed.hole("I03", a.code)
    seed.grant(f"/system/groups/{other}/roles/{reader}")
    seed.hole("I05", b.code)
    user = seed.made("identity", "/users", {"user": {"name": seed.name, "domain_id": "default"}})
    seed.grant(f"/domains/{b.domain_id}/users/{user['id']}/roles/{reader}")
    seed.hole("I02", b.code)
    role = seed.made("identity", "/roles", {"role": {"name": seed.name}})
    seed.grant(f"/roles/{reader}/implies/{role['id']}")
    seed.hole("I11")
    body = {"project": {"name": seed.name, "domain_id": a.domain_id}}
    seed.made("identity", "/projects", body)
    seed.hole("I07", a.code)
    seed.hole("I08", a.code)


def ports(seed: Seed, a: Place, b: Place) -> None:
    mine = {"name": seed.name, "network_id": a.network_id, "project_id": a.project_id}
    open_port = seed.network("port", **mine, port_security_enabled=False)
    seed.hole("N09", a.code)
    pair = [{"ip_address": "0.0.0.0/0"}]
    seed.network("port", **mine, allowed_address_pairs=pair)
    seed.hole("N11", a.code)
    # not as a metadata port in all: OVN would answer metadata by it
    forged = {"device_owner": "network:dhcp", "device_id": f"ovnmeta-{a.network_id}"}
    seed.network("port", **mine, **forged)
    seed.hole("N12", a.code)
    seed.network("port", **(mine | {"project_id": b.project_id}))
    seed.hole("N04", a.code, b.code)
    seed.network(
        "floatingip",
        floating_network_id=a.external_network_id,
        project_id=b.project_id,
        port_id=open_port["id"],
        description=seed.name,
    )
    seed.hole("N13", a.code, b.code)


def rules(seed: Seed, a: Place, b: Place) -> None:
    groups = [
        seed.network("security_group", name=seed.name, project_id=one.project_id) for one in (a, b)
    ]
    rule = {"security_group_id": groups[0]["id"], "direction": "ingress", "ethertype": "IPv4"}
    seed.network(
        "security_group_rule", **rule, protocol="tcp", port_range_min=22, port_range_max=22
    )
    seed.hole("N14", a.code)
    seed.network("security_group_rule", **rule, remote_group_id=groups[1]["id"])
    seed.hole("N15", a.code, b.code)


def shares(seed: Seed, a: Place, b: Place) -> None:
    seed.network(
        "rbac_policy",
        object_type="network",
        object_id=a.network_id,
        action="access_as_shared",
        target_tenant=b.project_id,
    )
    seed.hole("N01", a.code, b.code)
    for visibility, code in (("public", "G03"), ("community", "G02")):
        image(seed, a, visibility)
        seed.hole(code, a.code)
    shared = image(seed, a, "shared")
    member = {"member": b.project_id}
    seed.api.post("image", f"/images/{shared}/members", member)
    seed.hole("G01", a.code, b.code)


def image(seed: Seed, a: Place, visibility: str) -> str:
    body = {"name": seed.name, "owner": a.project_id, "visibility": visibility}
    made = seed.api.post("image", "/images", body)
    seed.undo.callback(seed.api.delete, "image", f"/images/{made['id']}")
    return str(made["id"])


def routers(seed: Seed, a: Place, b: Place) -> tuple[str, str]:
    """Join the two bureaus' networks, and send each one's packets that way."""
    router = seed.network("router", name=seed.name)
    seed.hole("N05", a.code, b.code)
    inner = []
    for one in (a, b):
        port = seed.api.post("network", "/ports", {"port": {"network_id": one.network_id}})["port"]
        path = f"/routers/{router['id']}"
        seed.api.put("network", f"{path}/add_router_interface", {"port_id": port["id"]})
        body = {"port_id": port["id"]}
        seed.undo.callback(seed.api.put, "network", f"{path}/remove_router_interface", body)
        inner.append(port["fixed_ips"][0]["ip_address"])
    for one, other, hop in ((a, b, inner[0]), (b, a, inner[1])):
        subnet = seed.api.get("network", f"/subnets/{other.subnet_id}")["subnet"]
        route = {"routes": [{"destination": subnet["cidr"], "nexthop": hop}]}
        path = f"/routers/{one.router_id}"
        seed.changed("network", path, {"router": route}, {"router": {"routes": []}})
        seed.hole("N07", one.code)
    return inner[0], inner[1]


def limits(seed: Seed, a: Place) -> None:
    limit = next(
        one
        for one in seed.api.list("identity", "/limits", system=True)
        if (one["project_id"], one["resource_name"]) == (a.project_id, "class:VCPU")
    )
    was = limit["resource_limit"]
    more, back = ({"limit": {"resource_limit": one}} for one in (was + 1000, was))
    seed.changed("identity", f"/limits/{limit['id']}", more, back)
    seed.hole("L02", a.code)
    path = f"/quotas/{a.project_id}"
    quota = seed.api.get("network", path)["quota"]
    raised = {"quota": {"port": -1, "floatingip": 5, "security_group": 20}}
    back = {"quota": {name: quota[name] for name in raised["quota"]}}
    seed.changed("network", path, raised, back)
    seed.hole("L01", a.code)


@pytest.fixture
def seed(api: Api) -> Iterator[Seed]:
    with ExitStack() as undo:
        yield Seed(api, undo)


def told(found: tuple[Finding, ...]) -> set[tuple[str, frozenset[str]]]:
    return {(one.check.code, frozenset(one.hole.bureaus)) for one in found}


def test_the_lab_as_it_stands_is_clean(facts: Facts) -> None:
    assert [f"{one.check.code} {one.hole}" for one in checks.run(facts)] == []


def test_holes_made_by_hand_are_found_and_nothing_is_left_when_they_are_closed(
    api: Api, subject: Subject, places: tuple[Place, Place]
) -> None:
    a, b = places
    with ExitStack() as undo:
        seed = Seed(api, undo)
        limits(seed, a)
        grants(seed, a, b, subject.directory)
        # Before the ports: it cannot be withdrawn while B has a port on A's network.
        shares(seed, a, b)
        ports(seed, a, b)
        rules(seed, a, b)
        routers(seed, a, b)
        found = told(checks.run(look(api, subject)))
        assert len(seed.expected) >= 19
        assert seed.expected - found == set()
    assert told(checks.run(look(api, subject))) == set()


def test_probes_find_the_lab_isolated_and_the_report_is_signed(
    lab: Lab, subject: Subject, tmp_path: Path
) -> None:
    done = bureau_audit(lab, subject, "--report", str(tmp_path), "--language", "en")
    assert done.returncode == 0, done.stdout + done.stderr
    (data,) = tmp_path.glob("*.json")
    trials = json.loads(data.read_text())["trials"]
    assert {one["verdict"] for one in trials} == {"isolated"}
    assert len({one["code"] for one in trials}) == 9
    assert len(trials) == 18  # in both directions
    assert bureau_audit(lab, subject, "--check-signature", str(data)).returncode == 0
    data.write_text(data.read_text().replace("isolated", "breached"))
    assert bureau_audit(lab, subject, "--check-signature", str(data)).returncode == 1


def test_probes_see_a_way_between_two_bureaus_and_a_port_that_may_lie(
    api: Api, facts: Facts, seed: Seed, places: tuple[Place, Place]
) -> None:
    routers(seed, *places)
    with probing.guests(api, active.sites(facts)) as (one, other):
        assert breached(one, other) == {"P03"}
        for port in api.list("network", "/ports", description=probing.PREFIX):
            open_port = {"port_security_enabled": False, "security_groups": []}
            api.put("network", f"/ports/{port['id']}", {"port": open_port})
        time.sleep(SETTLE_SECONDS)
        assert breached(one, other) == {"P03", "P04", "P05"}


def breached(one: probing.Guest, other: probing.Guest) -> set[str]:
    trials = tried(one, other)
    assert Verdict.INCONCLUSIVE not in {trial.verdict for trial in trials}, trials
    return {trial.code for trial in trials if trial.verdict is Verdict.BREACHED}


def bureau_audit(lab: Lab, subject: Subject, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as people do."""
    command = ["openstack", "bureau", "audit", "--register", str(subject.path), *words]
    environment = os.environ | lab.environment
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=AUDIT_SECONDS,
        check=False,
    )
