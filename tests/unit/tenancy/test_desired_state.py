from __future__ import annotations

import pytest
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.desired import Settings, desired
from ouhai_cloud.tenancy.mapping.quotas import DEFAULT_GROUP, network_quota
from ouhai_cloud.tenancy.register.model import Agreement, Staff
from ouhai_cloud.tenancy.resources import NETWORK_RESOURCES, Key, Kind, Ref, State, Value, kind_of

from tests.support.memory_cloud import refs
from tests.support.tenancy_strategies import SETTINGS, bureau, register, system

REGISTER = register(
    bureau(
        "E002",
        system("oa", exposes=(80, 443), service_class="A01/2,x", addresses=3, cores=6),
        system("web", security_class=3, environment="test"),
        short="edu",
    ),
    bureau("S001", system("db"), staff=Staff(("s-manager",), (), ("s-reader",))),
    bureau("S002"),
    bureau("E003", system("web")),
    agreements=(Agreement("A7", "E002/oa", "E003/web", "共享"),),
)
OA = keys.project("E002", "oa")


@pytest.fixture(scope="module")
def state() -> State:
    return desired(REGISTER, SETTINGS)


def attributes(state: State, key: str) -> dict[str, Value]:
    return dict(state[Key(key)].attributes)


def test_a_top_unit_is_a_domain(state: State) -> None:
    assert attributes(state, "domain:E002") == {
        "name": "edu",
        "description": "教育局",
        "tags": ("bureau=E002", "ouhai"),
        "enabled": True,
        "immutable": True,
    }


def test_sub_units_are_projects_in_projects(state: State) -> None:
    domain = Ref(keys.domain("E002"))
    first, second = attributes(state, "project:S001"), attributes(state, "project:S002")
    assert (first["name"], first["domain"], first["parent"]) == ("实验小学", domain, domain)
    assert (second["domain"], second["parent"]) == (domain, Ref(keys.container("S001")))
    assert attributes(state, "project:S001/db")["parent"] == Ref(keys.container("S001"))


def test_a_systems_project_has_its_chinese_name_and_tags(state: State) -> None:
    project = attributes(state, OA)
    assert project["name"] == "办公系统"
    assert project["description"] == "教育局 办公系统; 等保二级, 生产环境"
    assert project["tags"] == (
        "bureau=E002",
        "environment=production",
        "ouhai",
        "security-class=2",
        "service-class=A01-2-x",
        "system=oa",
    )


def test_no_tag_has_what_keystone_refuses(state: State) -> None:
    tags = [tag for one in state.values() for tag in _texts(one.attributes.get("tags"))]
    assert tags
    assert not [tag for tag in tags if "/" in tag or "," in tag or len(tag) > 255]


def test_staff_inherit_and_only_managers_of_domains_have_a_direct_role(state: State) -> None:
    grants = {key.removeprefix("grant:") for key in state if kind_of(key) is Kind.GRANT}
    assert {one for one in grants if one.startswith(("E002/", "S001/"))} == {
        "E002/manager/direct/group:e002-manager",
        "E002/manager/inherited/group:e002-manager",
        "E002/member/inherited/group:e002-member",
        "E002/reader/inherited/group:e002-reader",
        "S001/manager/inherited/group:s-manager",
        "S001/reader/inherited/group:s-reader",
    }


def test_duties_have_their_roles_on_a_project_that_holds_nothing(state: State) -> None:
    grants = {key for key in state if key.startswith("grant:E001/duties/")}
    assert grants == {
        "grant:E001/duties/system_administrator/direct/group:duty-system",
        "grant:E001/duties/security_administrator/direct/group:duty-security",
        "grant:E001/duties/auditor/direct/group:duty-audit",
    }
    assert attributes(state, "project:E001/duties")["name"] == "运维管理"
    assert attributes(state, "limit:E001/duties/compute/servers")["limit"] == 0


@pytest.mark.parametrize("place", ["E001/duties", "S001", "S002"])
def test_projects_that_nobody_works_in_are_limited_to_nothing(state: State, place: str) -> None:
    own = [one for key, one in state.items() if key.startswith(f"limit:{place}/compute/")]
    assert [one.attributes["limit"] for one in own] == [0, 0, 0, 0]
    for kind in ("volume_quota", "network_quota"):
        numbers = attributes(state, f"{kind}:{place}")
        assert numbers.pop("project") == Ref(Key(f"project:{place}"))
        # The default group, which Neutron makes by itself.
        for name, number in DEFAULT_GROUP.items():
            assert numbers.pop(name, number) == number
        assert set(numbers.values()) == {0}


def test_an_allotment_becomes_limits_and_quotas(state: State) -> None:
    limits = {
        key.rpartition("/")[2]: one.attributes["limit"]
        for key, one in state.items()
        if key.startswith("limit:E002/oa/")
    }
    assert limits == {"servers": 3, "class:VCPU": 6, "class:MEMORY_MB": 4096, "class:DISK_GB": 20}
    assert attributes(state, "volume_quota:E002/oa") == {
        "project": Ref(OA),
        "volumes": 6,
        "gigabytes": 20,
        "snapshots": 2,
        "backups": 2,
        "backup_gigabytes": 40,
    }
    network = attributes(state, "network_quota:E002/oa")
    assert (network["network"], network["subnet"], network["router"]) == (1, 1, 0)
    assert (network["floatingip"], network["port"]) == (2, 9)


def test_every_quota_is_given_everywhere() -> None:
    assert tuple(network_quota(system("oa"))) == NETWORK_RESOURCES


def test_a_system_has_a_network_on_its_units_router(state: State) -> None:
    assert attributes(state, "network:E002/oa")["name"] == "edu-oa"
    subnet = attributes(state, "subnet:E002/oa")
    assert (subnet["cidr"], subnet["gateway"]) == ("172.20.0.0/28", "172.20.0.1")
    assert subnet["resolvers"] == ("10.1.0.53", "10.1.0.54")
    assert attributes(state, "interface:E002/S001/db") == {
        "router": Ref(keys.router("E002")),
        "subnet": Ref(keys.subnet("S001", "db")),
    }
    routers = [key for key in state if kind_of(key) is Kind.ROUTER]
    assert routers == ["router:E001", "router:E002", "router:E003"]


def test_only_what_is_exposed_is_opened(state: State) -> None:
    assert {key for key in state if kind_of(key) is Kind.SECURITY_GROUP} == {
        "security_group:E002/oa"
    }
    assert {key for key in state if kind_of(key) is Kind.RULE} == {
        "rule:E002/oa/ingress/tcp/80/0.0.0.0/0",
        "rule:E002/oa/ingress/tcp/443/0.0.0.0/0",
    }


def test_only_agreements_share_networks(state: State) -> None:
    assert {key for key in state if kind_of(key) is Kind.SHARE} == {"share:E002/oa/E003/web"}
    share = state[keys.share(keys.network("E002", "oa"), "E003/web")]
    assert share.attributes["project"] == Ref(keys.project("E003", "web"))
    assert share.reason == "A7"


def test_class_3_systems_are_let_onto_the_kept_hosts_when_there_are_any(state: State) -> None:
    kept = state[keys.aggregate()]
    assert kept.attributes["projects"] == (Ref(keys.project("E002", "web")),)
    assert kept.attributes["hosts"] == ("compute3",)
    assert keys.aggregate() not in desired(REGISTER, Settings("extranet"))


def test_everything_that_is_referred_to_is_wanted_too(state: State) -> None:
    assert {ref for one in state.values() for ref in refs(one.attributes)} <= state.keys()


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
