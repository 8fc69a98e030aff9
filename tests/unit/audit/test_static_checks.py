"""Every kind of hole is found, by its own check and no other; a clean cloud has none."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
from ouhai_cloud.cloud.exposure.model import (
    AddressGroup,
    FloatingAddress,
    Grant,
    Image,
    Implication,
    Membership,
    Net,
    Port,
    Project,
    Quota,
    Router,
    Rule,
    SecurityGroup,
    Server,
    Share,
    Subnet,
    Trust,
)
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.audit import checks
from ouhai_cloud.tenancy.audit.findings import Severity

from tests.support.exposures import DEFAULT, DIRECTORY, clean, facts, plus, port


def grant(role: str, name: str, scope: str, **changes: Any) -> Grant:
    values: dict[str, Any] = {
        "subject_kind": "group",
        "subject_domain_id": DIRECTORY,
        "scope_kind": "project",
    }
    return Grant(
        role=role,
        subject_id=f"g-{name}",
        subject_name=name,
        scope_id=scope,
        **(values | changes),
    )


PERSON = {"subject_kind": "user"}
SYSTEM = {"scope_kind": "system"}
INHERITED = {"scope_kind": "domain", "inherited": True}


def share(network: str, target: str, action: str = "access_as_shared") -> Share:
    return Share("x", "network", network, action, "p-A-oa", target)


def pool(target: str, kind: str = "subnetpool") -> Share:
    return Share("x", kind, "pool-A", "access_as_shared", "p-admin", target)


def quota(project: str, resource: str, limit: int) -> Quota:
    return Quota(project, "compute", resource, limit)


def disguised(port_id: str = "x", **changes: Any) -> Port:
    """Return a port of A's own that says it is the metadata port of its network."""
    values: dict[str, Any] = {
        "device_owner": "network:distributed",
        "device_id": "ovnmeta-n-A-oa",
        "port_security": False,
        "security_groups": (),
    }
    return port(port_id, "A", **(values | changes))


def ssh_from(remote: str, group: str = "g-A-oa") -> Rule:
    return Rule("x", group, "ingress", "tcp", (22, 22), ip_network(remote))


def trust(project: str, *groups: str, **changes: Any) -> Trust:
    """Return a trust for somebody of the directory who is in some groups."""
    values: dict[str, Any] = {
        "trustee_name": "x",
        "trustee_domain_id": DIRECTORY,
        "trustee_groups": groups,
    }
    return Trust("x", project, "u-a", **({"trustee_id": "u-x"} | values | changes))


DUTIES = Project(
    "p-C-duties", "运维管理", "d-C", tags=("bureau=C", "ouhai", f"system={keys.DUTIES}")
)


def left(security_class: int) -> Project:
    """Return the project of a system of A that the register no longer has."""
    tags = ("bureau=A", "ouhai", f"security-class={security_class}", "system=old")
    return Project("p-A-old", "旧", "d-A", tags=tags)


OTHER = Project("p-A-x", "外", "d-A")
"""A project in A's domain that somebody made by hand."""

OUTER_B = (FloatingAddress("f-B", "10.33.1.9", "p-B-oa", "v-B"),)


# code, what is seeded, whom it concerns
HOLES: list[tuple[str, dict[str, tuple[Any, ...]], tuple[str, ...]]] = [
    ("I01", {"grants": (grant("reader", "b-member", "p-A-oa"),)}, ("A", "B")),
    ("I01", {"grants": (grant("reader", "a-member", "d-C", scope_kind="domain"),)}, ("A", "C")),
    ("I02", {"grants": (grant("reader", "strangers", "p-A-oa"),)}, ("A",)),
    ("I02", {"grants": (grant("reader", "a", "p-A-oa", subject_kind="user"),)}, ("A",)),
    # a group of the same name that is not the directory's
    ("I02", {"grants": (grant("reader", "a-member", "p-A-oa", subject_domain_id="d-B"),)}, ("A",)),
    ("I03", {"grants": (grant("admin", "a-manager", "p-A-oa"),)}, ("A",)),
    ("I03", {"grants": (grant("admin", "x", "d-A", subject_kind="user"),)}, ("A",)),
    ("I04", {"memberships": (Membership("centre-sec", ("u2",), ("二",)),)}, ("C",)),
    ("I05", {"grants": (grant("reader", "a-member", "all", scope_kind="system"),)}, ("A",)),
    ("I05", {"grants": (grant("member", "a-member", "p-admin"),)}, ("A",)),
    (
        "I05",
        {"grants": (grant("member", "x", "p-admin", subject_domain_id="d-B"),)},
        ("B",),
    ),
    ("I05", {"grants": (grant("admin", "zhang", "all", **PERSON | SYSTEM),)}, ()),
    ("I05", {"grants": (grant("admin", "zhang", "p-admin", **PERSON),)}, ()),
    ("I05", {"grants": (grant("admin", "all-staff", "all", **SYSTEM),)}, ()),
    ("I05", {"grants": (grant("admin", "all-staff", DIRECTORY, **INHERITED),)}, ()),
    # a duty's group has its duty's role, and no other
    ("I05", {"grants": (grant("admin", "centre-aud", "all", **SYSTEM),)}, ()),
    ("I05", {"grants": (grant("auditor", "centre-sec", "all", **SYSTEM),)}, ("C",)),
    # a group of a bureau's own domain that has the name of a duty's
    (
        "I05",
        {"grants": (grant("admin", "centre-aud", "p-admin", subject_domain_id="d-B"),)},
        ("B",),
    ),
    # who left the directory: Keystone tells neither name nor domain
    ("I05", {"grants": (grant("admin", "", "all", subject_domain_id="", **SYSTEM),)}, ()),
    ("I06", {"grants": (grant("own", "a-member", "p-A-oa", role_domain_id="d-B"),)}, ("A", "B")),
    ("I07", {"projects": (Project("d-A", "a", "d-A", True, ("ouhai",), False),)}, ("A",)),
    ("I08", {"projects": (Project("p-new", "新", "d-A"),)}, ("A",)),
    (
        "I09",
        {
            "grants": (
                grant("auditor", "centre-sys", "p-C-oa"),
                grant("system_administrator", "centre-sys", "p-C-oa"),
            )
        },
        ("C",),
    ),
    ("I10", {"grants": (grant("auditor", "nobody", "p-admin"),)}, ("C",)),
    ("I11", {"implications": (Implication("reader", "admin"),)}, ()),
    ("I11", {"implications": (Implication("auditor", "security_administrator"),)}, ()),
    ("I11", {"implications": (Implication("auditor", "admin"),)}, ()),
    ("I11", {"implications": (Implication("security_administrator", "manager"),)}, ()),
    ("I11", {"implications": (Implication("heat_stack_user", "admin"),)}, ()),
    ("I11", {"implications": (Implication("x", "system_administrator"),)}, ()),
    ("I12", {"projects": (Project("d-A", "mine", "d-A", True),)}, ("A",)),
    ("I13", {"projects": (Project("d-Z", "z", "d-Z", True, ("bureau=Z", "ouhai")),)}, ("Z",)),
    ("I14", {"trusts": (trust("p-A-oa", "b-reader"),)}, ("A", "B")),
    ("I14", {"trusts": (trust("p-A-oa", "all-staff"),)}, ("A",)),
    # a group of the name that is not the directory's; a user who is gone
    ("I14", {"trusts": (trust("p-A-oa", "a-reader", trustee_domain_id="d-B"),)}, ("A",)),
    ("I14", {"trusts": (Trust("x", "p-A-oa", "u-a", "gone"),)}, ("A",)),
    ("I14", {"trusts": (trust("p-admin", "a-reader"),)}, ("A",)),
    (
        "I14",
        {"projects": (DUTIES,), "trusts": (trust("p-C-duties", "c-reader", "centre-aud"),)},
        ("C",),
    ),
    ("N01", {"shares": (share("n-A-oa", "p-B-oa"),)}, ("A", "B")),
    ("N01", {"shares": (share("n-A-oa", "*"),)}, ("A",)),
    # the agreement is with B/web, not with all of B
    ("N01", {"shares": (share("n-A-web", "p-B-oa"),)}, ("A", "B")),
    (
        "N01",
        {
            "shares": (
                Share("x", "security_group", "g-A-oa", "access_as_shared", "p-A-oa", "p-B-oa"),
            )
        },
        ("A", "B"),
    ),
    ("N02", {"shares": (share("n-A-oa", "*", "access_as_external"),)}, ("A",)),
    (
        "N03",
        {"networks": (Net("n-x", "x", "p-admin", shared=True),), "shares": (share("n-x", "*"),)},
        (),
    ),
    ("N04", {"ports": (port("x", "A", project_id="p-B-oa"),)}, ("A", "B")),
    (
        "N05",
        {
            "ports": (
                port(
                    "x",
                    "B",
                    project_id="p-admin",
                    device_owner="network:router_interface",
                    device_id="r-A",
                ),
            )
        },
        ("A", "B"),
    ),
    (
        "N05",
        {
            "networks": (Net("n-t", "transit", "p-admin"),),
            "ports": (
                port(
                    "x",
                    "A",
                    network_id="n-t",
                    project_id="p-admin",
                    device_owner="network:router_interface",
                    device_id="r-A",
                ),
            ),
        },
        ("A",),
    ),
    (
        "N06",
        {
            "networks": (Net("n-y", "other", "p-admin", external=True),),
            "routers": (Router("r-A", "a", "p-admin", "n-y"),),
        },
        ("A",),
    ),
    (
        "N07",
        {"routers": (Router("r-A", "a", "p-admin", "n-ext", (("10.0.0.0/8", "172.20.1.9"),)),)},
        ("A",),
    ),
    (
        "N08",
        {"subnets": (Subnet("x", "x", "n-B-oa", "p-B-oa", IPv4Network("172.20.1.0/26")),)},
        ("A", "B"),
    ),
    (
        "N08",
        {"subnets": (Subnet("s-A-oa", "x", "n-A-oa", "p-A-oa", IPv4Network("172.20.2.0/25")),)},
        ("A", "B"),
    ),
    ("N09", {"ports": (port("v-A", "A", port_security=False, security_groups=()),)}, ("A",)),
    ("N09", {"networks": (Net("n-A-oa", "oa", "p-A-oa", port_security=False),)}, ("A",)),
    ("N10", {"ports": (port("v-A", "A", security_groups=()),)}, ("A",)),
    ("N11", {"ports": (port("v-A", "A", pairs=(ip_network("0.0.0.0/0"),)),)}, ("A",)),
    (
        "N11",
        {
            "ports": (
                port(
                    "v-A",
                    "A",
                    fixed=(("s-A-oa", "172.20.1.10"),),
                    pairs=(ip_network("172.20.1.0/24"),),
                ),
            )
        },
        ("A",),
    ),
    ("N12", {"ports": (port("v-A", "A", device_owner="network:dhcp", device_id="x"),)}, ("A",)),
    # the device is free text: a router's, a metadata port's of another network, or of its own
    ("N12", {"ports": (disguised(device_owner="network:dhcp", device_id="r-A"),)}, ("A",)),
    (
        "N12",
        {"ports": (disguised(device_owner="network:router_interface", device_id="r-A"),)},
        ("A",),
    ),
    ("N12", {"ports": (disguised(device_id="ovnmeta-x"),)}, ("A",)),
    ("N12", {"ports": (disguised(device_id="ovnmeta-n-A-web", port_security=True),)}, ("A",)),
    # the metadata port's place was taken, but something is plugged in
    ("N12", {"ports": (disguised("m-A", host="compute1"),)}, ("A",)),
    ("N13", {"floating": (FloatingAddress("x", "10.0.0.9", "p-B-oa", "v-A"),)}, ("A", "B")),
    (
        "N13",
        {
            "floating": (FloatingAddress("x", "10.0.0.9", "p-A-oa", "x"),),
            "ports": (port("x", "A", project_id="p-admin", network_id="n-ext"),),
        },
        ("A",),
    ),
    ("N14", {"rules": (Rule("x", "g-A-oa", "ingress", "tcp", (22, 22)),)}, ("A",)),
    ("N14", {"rules": (Rule("x", "g-A-web", "ingress", "tcp", (80, 90)),)}, ("A",)),
    ("N14", {"rules": (Rule("x", "g-A-web", "ingress", "udp", (443, 443)),)}, ("A",)),
    ("N14", {"rules": (Rule("x", "g-A-oa", "ingress", remote=ip_network("::/0")),)}, ("A",)),
    (
        "N14",
        {
            "address_groups": (AddressGroup("all", (IPv4Network("0.0.0.0/0"),)),),
            "rules": (Rule("x", "g-A-oa", "ingress", remote_address_group_id="all"),),
        },
        ("A",),
    ),
    ("N15", {"rules": (Rule("x", "g-A-oa", "ingress", remote_group_id="g-B-oa"),)}, ("A", "B")),
    (
        "N15",
        {"rules": (Rule("x", "g-A-oa", "ingress", remote=IPv4Network("172.20.2.0/24")),)},
        ("A", "B"),
    ),
    ("N16", {"shares": (pool("*"),)}, ()),
    ("N16", {"shares": (pool("p-B-oa", "address_scope"),)}, ("B",)),
    # other bureaus' routers stand for what is behind them
    ("N15", {"rules": (ssh_from("10.33.0.0/16"),)}, ("A", "B", "C")),
    ("N15", {"rules": (ssh_from("10.33.0.3/32"),)}, ("A", "B")),
    ("N15", {"rules": (ssh_from("10.33.1.0/24"),), "floating": OUTER_B}, ("A", "B")),
    ("N15", {"rules": (ssh_from("0.0.0.0/1"),)}, ("A", "B", "C")),
    # the agreement is with B/web, not with all that is behind B's router
    ("N15", {"rules": (ssh_from("10.33.0.3/32", "g-A-web"),)}, ("A", "B")),
    ("G01", {"images": (Image("x", "x", "p-A-oa", "shared", ("p-B-oa",)),)}, ("A", "B")),
    ("G01", {"images": (Image("x", "x", "p-A-oa", "shared", ("p-admin",)),)}, ("A",)),
    ("G02", {"images": (Image("x", "x", "p-A-oa", "community"),)}, ("A",)),
    ("G03", {"images": (Image("x", "x", "p-A-oa", "public"),)}, ("A",)),
    ("C01", {"servers": (Server("x", "x", "p-A-oa", "ordinary"),)}, ("A",)),
    ("C02", {"servers": (Server("x", "x", "p-A-web", "class3"),)}, ("A",)),
    # it left the register, and its project is still there
    ("C02", {"projects": (left(2),), "servers": (Server("x", "x", "p-A-old", "class3"),)}, ("A",)),
    ("C01", {"projects": (left(3),), "servers": (Server("x", "x", "p-A-old", "first"),)}, ("A",)),
    ("C02", {"projects": (OTHER,), "servers": (Server("x", "x", "p-A-x", "class3"),)}, ("A",)),
    ("L01", {"quotas": (quota("p-A-oa", "servers", -1),)}, ("A",)),
    ("L02", {"quotas": (quota("p-A-oa", "class:VCPU", 1),)}, ("A",)),
    ("L02", {"quotas": (quota("p-A-oa", "servers", 5),)}, ("A",)),
    # Cinder's part of the disk is given out already
    ("L02", {"quotas": (quota("p-A-oa", "class:DISK_GB", 1),)}, ("A",)),
    ("L02", {"quotas": (Quota("p-A-oa", "volumev3", "backup_gigabytes", 21),)}, ("A",)),
    # nor has the bureau more because a system left the register
    ("L02", {"projects": (left(2),), "quotas": (quota("p-A-old", "class:VCPU", 1),)}, ("A",)),
    ("L02", {"projects": (OTHER,), "quotas": (quota("p-A-x", "class:VCPU", 1),)}, ("A",)),
    (
        "L03",
        {
            "projects": (
                Project("p-A-oa2", "A办公", "d-A", tags=("bureau=A", "ouhai", "system=oa")),
            )
        },
        ("A",),
    ),
]


def test_a_clean_cloud_has_no_holes() -> None:
    assert checks.run(facts(clean())) == ()


@pytest.mark.parametrize(
    ("code", "seeded", "bureaus"), HOLES, ids=[f"{n}-{row[0]}" for n, row in enumerate(HOLES)]
)
def test_a_seeded_hole_is_found_and_told(
    code: str, seeded: dict[str, tuple[Any, ...]], bureaus: tuple[str, ...]
) -> None:
    found = checks.run(facts(plus(clean(), **seeded)))
    told = [one for one in found if one.check.code == code]
    assert [one.hole.bureaus for one in told] == [bureaus], found
    assert {one.check.code for one in found} - {code} <= FOLLOWS.get(code, set())
    assert told[0].hole.text.chinese
    assert told[0].hole.text.english


# A hole that cannot be seeded without another one.
FOLLOWS = {
    "C02": {"I08"},
    "I05": {"I10"},
    "I10": {"I05", "I09"},
    "I09": {"I10"},
    "I12": {"I05", "N03"},
    "L02": {"I08"},
    "N12": {"N09", "N10"},
}


def test_every_check_has_a_hole_that_it_finds() -> None:
    assert {check.code for check in checks.CHECKS} == {code for code, *_ in HOLES}


def test_codes_are_unique_and_every_text_is_there_in_both_languages() -> None:
    assert max(Counter(check.code for check in checks.CHECKS).values()) == 1
    for check in checks.CHECKS:
        for text in (check.title, check.why, check.remedy):
            assert text.chinese and text.english and text.chinese != text.english
            assert text.chinese.endswith("。") or text is check.title


def test_the_worst_comes_first() -> None:
    seeded = plus(
        clean(),
        images=(Image("x", "x", "p-A-oa", "public"),),
        ports=(port("v-A", "A", port_security=False), port("v-B", "B", security_groups=())),
    )
    severities = [one.check.severity for one in checks.run(facts(seeded))]
    assert severities == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]


def test_a_system_that_left_the_register_may_end_its_days_where_it_was() -> None:
    leaving = plus(clean(), projects=(left(3),), servers=(Server("x", "x", "p-A-old", "class3"),))
    assert checks.run(facts(leaving)) == ()


def test_what_an_agreement_allows_is_no_hole() -> None:
    allowed = plus(
        clean(),
        ports=(port("x", "A", network_id="n-A-web", project_id="p-B-web"),),
        rules=(Rule("x", "g-A-web", "ingress", remote_group_id="g-B-web"),),
    )
    assert checks.run(facts(allowed)) == ()


def test_what_the_platform_has_for_itself_is_no_hole() -> None:
    platform = plus(
        clean(),
        images=(Image("x", "probe", "p-admin", "public"),),
        groups=(SecurityGroup("g-admin", "x", "p-admin"),),
        rules=(Rule("x", "g-admin", "ingress"),),
        grants=(
            Grant("admin", "user", "nova", "nova", DEFAULT, "project", "p-admin"),
            Grant("reader", "user", "nova", "nova", DEFAULT, "system", "all"),
            Grant("admin", "user", "admin", "admin", DEFAULT, "system", "all"),
            Grant("admin", "user", "u-heat", "heat_domain_admin", "d-heat", "domain", "d-heat"),
        ),
        projects=(Project("d-heat", "heat", "d-heat", True, immutable=False),),
        implications=(Implication("admin", "manager"), Implication("x", "reader")),
        quotas=(quota("p-admin", "servers", -1),),
    )
    assert checks.run(facts(platform)) == ()


@pytest.mark.parametrize(
    "one",
    [
        trust("p-A-oa", "all-staff", "a-reader"),
        trust("p-A-oa", trustee_id="u-a"),
        trust("p-admin", trustee_domain_id=DEFAULT),
        # a stack in the duties' project, and one in a project made since the list
        trust("p-C-duties", trustee_id="u-heat", trustee_domain_id=DEFAULT),
        trust("p-new", "b-reader"),
    ],
)
def test_trusts_among_colleagues_and_to_services_are_no_holes(one: Trust) -> None:
    assert checks.run(facts(plus(clean(), projects=(DUTIES,), trusts=(one,)))) == ()


@pytest.mark.parametrize(
    "rule",
    [
        # the own router, and an administrator's place that no bureau has
        ssh_from("10.33.0.2/32"),
        ssh_from("10.33.2.0/24"),
        # what is exposed may be opened to fewer than all
        Rule("x", "g-A-web", "ingress", "tcp", (443, 443), ip_network("10.0.0.0/8")),
        # the agreement's other end, by its address
        ssh_from("10.33.1.8/32", "g-A-web"),
        ssh_from("172.20.2.128/25", "g-A-web"),
    ],
)
def test_rules_for_whom_the_register_lets_in_are_no_holes(rule: Rule) -> None:
    agreed = FloatingAddress("f-web", "10.33.1.8", "p-B-web")
    seeded = plus(clean(), rules=(rule,), floating=(*OUTER_B, agreed))
    assert checks.run(facts(seeded)) == ()


def test_a_router_on_a_network_made_since_the_list_is_looked_at_as_far_as_it_is_known() -> None:
    unknown: dict[str, Any] = {
        "network_id": "n-new",
        "project_id": "p-admin",
        "device_owner": "network:router_interface",
        "device_id": "r-A",
    }
    assert checks.run(facts(plus(clean(), ports=(port("x", "A", **unknown),)))) == ()
    # its network is there, but the project is new
    network = Net("n-new", "new", "p-new")
    seeded = plus(clean(), networks=(network,), ports=(port("x", "A", **unknown),))
    assert checks.run(facts(seeded)) == ()


@pytest.mark.parametrize("scope", ["system", "project"])
def test_a_duty_of_its_own_group_is_no_hole_outside_of_bureaus(scope: str) -> None:
    duty = grant("auditor", "centre-aud", "p-admin", scope_kind=scope)
    assert checks.run(facts(plus(clean(), grants=(duty,)))) == ()


def test_a_grant_on_a_project_made_since_the_list_is_not_said_to_be_outside() -> None:
    assert checks.run(facts(plus(clean(), grants=(grant("member", "a-member", "p-new"),)))) == ()


@pytest.mark.parametrize("code", ["A", "Z"])
def test_a_marked_domain_is_seen_whatever_its_name_or_the_register_says(code: str) -> None:
    marks = ("ouhai", f"bureau={code}")
    seeded = plus(
        clean(),
        projects=(Project("d-A", "renamed", "d-A", True, marks),),
        images=(Image("x", "x", "p-A-oa", "community"),),
    )
    found = {(one.check.code, one.hole.bureaus) for one in checks.run(facts(seeded))}
    assert ("G02", (code,)) in found


def test_a_renamed_domain_is_no_hole() -> None:
    renamed = Project("d-A", "renamed", "d-A", True, ("ouhai", "bureau=A"))
    assert checks.run(facts(plus(clean(), projects=(renamed,)))) == ()


def test_of_two_metadata_ports_on_one_network_none_is_believed() -> None:
    found = checks.run(facts(plus(clean(), ports=(disguised(),))))
    told = {(one.check.code, one.hole.object) for one in found}
    assert told >= {("N12", "port x"), ("N12", "port m-A"), ("N09", "port x")}


def test_a_floating_address_may_lead_to_what_the_platform_has_on_the_own_network() -> None:
    seeded = plus(
        clean(),
        floating=(FloatingAddress("x", "10.33.1.9", "p-A-oa", "x"),),
        ports=(port("x", "A", project_id="p-admin"),),
        shares=(pool("p-admin"),),
    )
    assert checks.run(facts(seeded)) == ()


def test_ports_that_neutron_makes_without_a_project_are_no_hole() -> None:
    made: dict[str, Any] = {
        "project_id": "",
        "network_id": "n-ext",
        "device_owner": "network:floatingip",
        "port_security": False,
        "security_groups": (),
    }
    assert checks.run(facts(plus(clean(), ports=(port("x", "A", **made),)))) == ()


def test_ports_of_metadata_belong_to_no_router() -> None:
    found = facts(clean())
    assert set(found.router_ports) == {one.id for one in found.exposure.routers}
