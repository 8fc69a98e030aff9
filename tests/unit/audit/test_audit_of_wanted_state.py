"""The audit agrees with tenancy: what it asks for has no holes by the audit's own measure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ouhai_cloud.cloud.exposure.model import Exposure, Project, Quota
from ouhai_cloud.tenancy.audit import checks
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.desired import Settings, desired
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import Kind, Ref, Resource, State

REGISTERS = Path(__file__).parents[3] / "deploy" / "register"
SERVICES = {Kind.VOLUME_QUOTA: "volumev3", Kind.NETWORK_QUOTA: "network"}


def project(one: Resource) -> Project:
    domain, tags = one.attributes.get("domain"), one.attributes.get("tags")
    return Project(
        one.key,
        str(one.attributes["name"]),
        domain.key if isinstance(domain, Ref) else one.key,
        one.kind is Kind.DOMAIN,
        tuple(map(str, tags)) if isinstance(tags, tuple) else (),
    )


def quotas(one: Resource) -> Iterator[Quota]:
    owner = one.attributes.get("project")
    assert isinstance(owner, Ref)
    if one.kind is Kind.LIMIT:
        limit = one.attributes["limit"]
        assert isinstance(limit, int)
        service, resource = one.attributes["service"], one.attributes["resource"]
        yield Quota(owner.key, str(service), str(resource), limit)
        return
    for name, limit in one.attributes.items():
        if isinstance(limit, int):
            yield Quota(owner.key, SERVICES[one.kind], name, limit)


def exposure(wanted: State) -> Exposure:
    """Return projects and limits as apply would leave them."""
    made = list(wanted.values())
    limits = (Kind.LIMIT, *SERVICES)
    return Exposure(
        projects=tuple(project(one) for one in made if one.kind in (Kind.DOMAIN, Kind.PROJECT)),
        quotas=tuple(quota for one in made if one.kind in limits for quota in quotas(one)),
    )


@pytest.fixture(params=["two-bureaus", "ouhai"])
def register(request: pytest.FixtureRequest) -> Register:
    return load(REGISTERS / f"{request.param}.yaml")


def test_projects_and_limits_of_the_wanted_state_are_clean(register: Register) -> None:
    wanted = desired(register, Settings("extranet", ("class3",)))
    facts = Facts(exposure(wanted), register, wanted)
    systems = sum(len(bureau.systems) for bureau in register.bureaus)
    assert len(facts.system_projects) == systems
    assert len(facts.domains) == sum(one.parent is None for one in register.bureaus)
    assert [str(one.hole) for one in checks.run(facts)] == []


def test_external_network_and_hosts_of_class_3_are_found_in_it(register: Register) -> None:
    wanted = desired(register, Settings("extranet", ("class3",)))
    facts = Facts(exposure(wanted), register, wanted)
    assert {one["external_network"] for one in facts.wanted_of(Kind.ROUTER)} == {"extranet"}
    assert {one["hosts"] for one in facts.wanted_of(Kind.AGGREGATE)} == {("class3",)}
