"""What services say is read into the audit's words, whatever is missing in it."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, cast

import pytest
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import Refused
from ouhai_cloud.cloud.exposure import Field, expose
from ouhai_cloud.cloud.exposure.model import Exposure, Grant, Membership, Quota, Trust

DIRECTORY = {"id": "dd", "name": "district", "options": {}}
DOMAIN = {"id": "da", "name": "a", "options": {"immutable": True}}
PROJECT = {"id": "pa", "name": "办公", "domain_id": "da", "tags": ["system=oa", "bureau=A"]}
ASSIGNMENT = {
    "role": {"id": "r", "name": "reader"},
    "group": {"id": "g", "name": "a-reader", "domain": {"id": "dd", "name": "district"}},
    "scope": {"domain": {"id": "da"}, "OS-INHERIT:inherited_to": "projects"},
}
SYSTEM = {
    "role": {"id": "r", "name": "own", "domain": {"id": "da", "name": "a"}},
    "user": {"id": "u", "name": "x", "domain": {"id": "da", "name": "a"}},
    "scope": {"system": {"all": True}},
}
OWNED = {"name": "x", "project_id": "pa"}
PORT = OWNED | {
    "id": "port",
    "network_id": "n",
    "device_owner": "compute:nova",
    "device_id": "s",
    "fixed_ips": [{"subnet_id": "sn", "ip_address": "172.20.0.9"}],
    "security_groups": ["sg"],
    "port_security_enabled": False,
    "binding:host_id": "compute1",
    "allowed_address_pairs": [{"ip_address": "0.0.0.0/0"}, {"ip_address": "10.0.0.7"}],
}
RULE: dict[str, Any] = {
    "id": "rule",
    "security_group_id": "sg",
    "direction": "ingress",
    "protocol": "tcp",
}
RULE |= {"port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "10.1.0.0/16"}

ANSWERS: dict[str, list[dict[str, Any]]] = {
    "/domains": [DOMAIN, DIRECTORY],
    "/projects": [PROJECT],
    "/role_assignments": [ASSIGNMENT, SYSTEM],
    "/role_inferences": [{"prior_role": {"name": "a"}, "implies": [{"name": "b"}]}],
    "/OS-TRUST/trusts": [
        {"id": "t1", "project_id": "pa", "trustor_user_id": "u", "trustee_user_id": "u2"},
        {"id": "t2", "project_id": "pa", "trustor_user_id": "u", "trustee_user_id": "gone"},
        {"id": "t3", "project_id": None, "trustor_user_id": "u", "trustee_user_id": "u3"},
    ],
    "/users/u2/groups": [{"id": "g2", "name": "a-reader"}],
    "/groups": [{"id": "g1", "name": "centre-auditor"}],
    "/groups/g1/users": [{"id": "u1", "name": "审计"}],
    "/services": [{"id": "sv", "type": "compute"}],
    "/limits": [
        {"project_id": "pa", "service_id": "sv", "resource_name": "servers", "resource_limit": -1},
        {"project_id": None, "domain_id": "da", "service_id": "sv", "resource_name": "servers"},
    ],
    "/networks": [OWNED | {"id": "n", "shared": True, "router:external": False}],
    "/rbac-policies": [
        {"id": "rb", "object_type": "network", "object_id": "n", "action": "access_as_shared"}
        | {"project_id": "pa", "target_tenant": "*"}
    ],
    "/subnets": [OWNED | {"id": "sn", "network_id": "n", "cidr": "172.20.0.0/28"}],
    "/routers": [
        OWNED
        | {"id": "ro", "external_gateway_info": None}
        | {"routes": [{"destination": "10.0.0.0/8", "nexthop": "172.20.0.9"}]}
    ],
    "/ports": [PORT],
    "/floatingips": [OWNED | {"id": "f", "floating_ip_address": "10.9.0.1", "port_id": None}],
    "/security-groups": [OWNED | {"id": "sg", "security_group_rules": [RULE]}],
    "/address-groups": [{"id": "ag", "addresses": ["10.0.0.0/8"]}],
    "/quotas": [{"project_id": "pa", "tenant_id": "pa", "port": 7}],
    "/servers/detail": [{"id": "s", "name": "x", "tenant_id": "pa"}],
    "/images/i-shared/members": [{"member_id": "pb"}],
}
IMAGES: list[dict[str, Any]] = [
    {"id": "i-shared", "name": None, "owner": "pa", "visibility": "shared", "os_hidden": "false"},
    {"id": "i-public", "name": "x", "owner": "pa", "visibility": "public", "os_hidden": "true"},
]


class Cloud:
    """Answers with what each path has."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def warm(self, *services: str) -> None:
        """Do nothing."""

    def list(self, service: str, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return all of a collection."""
        self.asked.append((service, path))
        if path == "/images":
            keys = ("visibility", "os_hidden")
            return [one for one in IMAGES if all(one[key] == query[key] for key in keys)]
        rows = ANSWERS[path]
        wanted = {key: query[key] for key in ("name",) if key in query}
        return [row for row in rows if all(row[key] == to for key, to in wanted.items())]

    def get(self, service: str, path: str) -> dict[str, Any]:
        """Return the volume quotas, or a user."""
        self.asked.append((service, path))
        if path == "/users/u2":
            return {"user": {"id": "u2", "name": "x", "domain_id": "dd"}}
        if path == "/users/gone":
            raise Refused("GET", 404, "no such user")
        assert path == "/ouhai-quota-sets"
        return {"defaults": {"gigabytes": 1000}, "quota_sets": [{"id": "pa", "gigabytes": 10}]}


@pytest.fixture(scope="module")
def seen() -> Exposure:
    field = Field(frozenset({"a"}), "district", ("centre-auditor",))
    return expose(cast("Api", Cloud()), field)


def test_each_kind_is_listed(seen: Exposure) -> None:
    assert [name for name, count in seen.counts().items() if not count] == []


def test_quotas_are_listed_of_a_renamed_domain_that_bears_a_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    marked = DOMAIN | {"tags": ["bureau=A", "ouhai"]}
    monkeypatch.setitem(ANSWERS, "/domains", [marked, DIRECTORY])
    field = Field(frozenset({"another"}), "district", ())
    found = expose(cast("Api", Cloud()), field)
    assert Quota("pa", "volumev3", "gigabytes", 10) in found.quotas


def test_domains_and_projects_say_whether_they_can_be_changed(seen: Exposure) -> None:
    found = {one.id: (one.is_domain, one.domain_id, one.immutable) for one in seen.projects}
    assert found == {
        "da": (True, "da", True),
        "dd": (True, "dd", False),
        "pa": (False, "da", False),
    }


def test_grants_on_domains_and_on_the_system_are_told_apart(seen: Exposure) -> None:
    assert seen.grants == (
        Grant("reader", "group", "g", "a-reader", "dd", "domain", "da", True),
        Grant("own", "user", "u", "x", "da", "system", "all", False, "da"),
    )
    assert seen.memberships == (Membership("centre-auditor", ("u1",), ("审计",)),)


def test_trustees_are_looked_up_and_those_who_are_gone_are_nobody(seen: Exposure) -> None:
    assert seen.trusts == (
        Trust("t1", "pa", "u", "u2", "x", "dd", ("a-reader",)),
        Trust("t2", "pa", "u", "gone"),
    )


def test_limits_and_quotas_of_three_services_are_one_list(seen: Exposure) -> None:
    assert set(seen.quotas) == {
        Quota("pa", "compute", "servers", -1),
        Quota("pa", "network", "port", 7),
        Quota("pa", "volumev3", "gigabytes", 10),
    }


def test_what_a_port_may_send_as_is_read_as_networks(seen: Exposure) -> None:
    (port,) = seen.ports
    assert not port.port_security
    assert port.host == "compute1"
    assert port.pairs == (IPv4Network("0.0.0.0/0"), IPv4Network("10.0.0.7/32"))
    (rule,) = seen.rules
    assert (rule.ports, rule.remote) == ((22, 22), IPv4Network("10.1.0.0/16"))


def test_members_are_asked_for_where_an_image_is_shared_alone(seen: Exposure) -> None:
    assert {one.id: one.members for one in seen.images} == {"i-shared": ("pb",), "i-public": ()}
