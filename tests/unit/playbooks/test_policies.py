"""The separated duties as they are written into services' policies."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
import yaml
from ansible_collections.ouhai.cloud.plugins.filter import services as filters

from tests.runner.paths import ROOT

FOLDER = ROOT / "playbooks" / "group_vars" / "all"
DATA: dict[str, Any] = yaml.safe_load((FOLDER / "policies.yml").read_text())
DUTIES: list[str] = yaml.safe_load((FOLDER / "tenancy.yml").read_text())["duty_roles"]
CHECKS: dict[str, str] = DATA["duty_checks"]
SERVICES = ("keystone", "nova", "placement", "neutron", "cinder", "glance", "heat")


def holds(check: str, roles: set[str]) -> bool:
    """Evaluate a check of the form `role:a and not role:b`."""
    parts = check.split(" and ")
    return all((part.split(":")[1] in roles) != part.startswith("not ") for part in parts)


def rules_of(service: str) -> dict[str, str]:
    """Return the rules of a service's policy file, as oslo.policy reads it."""
    (file,) = filters.policy_files(DATA["policies"][service], service, CHECKS)
    assert file["path"] == f"/etc/{service}/policy.yaml"
    rules: dict[str, str] = yaml.safe_load(file["content"])
    return rules


def test_one_duty_has_its_rights_and_two_have_none() -> None:
    for duty in DUTIES:
        assert holds(CHECKS[f"{duty}_only"], {duty})
    for both in combinations(DUTIES, 2):
        assert not any(holds(CHECKS[f"{duty}_only"], set(both)) for duty in DUTIES)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_knows_the_duties_and_names_no_rule_twice(service: str) -> None:
    assert set(rules_of(service)) >= set(CHECKS)
    named = [rule for group in DATA["policies"][service] for rule in group["rules"]]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("service", SERVICES)
def test_no_duty_is_named_past_the_checks_that_exclude_each_other(service: str) -> None:
    rules = rules_of(service)
    for name in set(rules) - set(CHECKS):
        assert not any(f"role:{duty}" in rules[name] for duty in DUTIES), name


@pytest.mark.parametrize("service", SERVICES)
def test_who_audits_is_let_into_nothing_that_writes(service: str) -> None:
    words = ("create", "update", "delete", "add_", "remove", "revoke", "set", "_member")
    for name, check in rules_of(service).items():
        if any(word in name.rpartition(":")[2] or name.startswith(word) for word in words):
            assert "auditor" not in check, name
            assert "reads_all" not in check, name


def test_a_manager_neither_makes_nor_removes_projects() -> None:
    rules = rules_of("keystone")
    for word in ("create", "delete"):
        assert rules[f"identity:{word}_project"] == "rule:admin_required"


def test_only_an_administrator_abandons_stacks() -> None:
    heat = yaml.safe_load((ROOT / "deploy" / "services" / "heat.yml").read_text())["service"]
    assert heat["config"]["DEFAULT"]["enable_stack_abandon"] is True
    assert rules_of("heat")["stacks:abandon"] == "role:admin and rule:context_is_admin"


def test_a_service_without_policies_of_ours_gets_no_file() -> None:
    assert filters.policy_files([], "horizon", CHECKS) == []


def test_the_dashboard_offers_what_the_services_allow() -> None:
    files = filters.dashboard_policy_files(DATA["policies"], CHECKS, "/policy")
    assert [file["path"] for file in files] == [f"/policy/{name}/policy.yaml" for name in SERVICES]
    assert yaml.safe_load(files[1]["content"]) == rules_of("nova")
