"""Variables: unknown names and wrong values are refused, with a hint where one helps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ouhai.cloud.plugins.plugin_utils.inventory_view import Inventory
from ansible_collections.ouhai.cloud.plugins.plugin_utils.variable_types import (
    check_names,
    check_types,
)

from tests.unit.playbooks.inventories import VARIABLES, host, inventory

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
SCHEMAS = yaml.safe_load((PLAYBOOKS / "schemas" / "variables.yml").read_text())
DECLARED = {"api_address", "mtu", "virt_type"}


def named(*names: str) -> Inventory:
    return replace(inventory(), sources={name: ["group_vars/all/lab.yml"] for name in names})


def test_declared_and_ansibles_own_variables_are_known() -> None:
    assert check_names(named("mtu", "ansible_host", "secret_anything"), DECLARED) == []


def test_an_unknown_variable_is_named_with_its_file_and_the_nearest_name() -> None:
    (failure,) = check_names(named("api_adress"), DECLARED)
    assert failure.where == "api_adress (group_vars/all/lab.yml)"
    assert "Did you mean api_address?" in failure.remedy


def test_no_hint_when_nothing_is_near() -> None:
    (failure,) = check_names(named("zzz"), DECLARED)
    assert "Did you mean" not in failure.remedy


def test_a_good_inventory_has_no_failure() -> None:
    assert check_types(inventory(), SCHEMAS) == []


@pytest.mark.parametrize("name", SCHEMAS["cloud"]["required"])
def test_a_missing_variable_is_named(name: str) -> None:
    variables = {key: value for key, value in VARIABLES.items() if key != name}
    (failure,) = check_types(replace(inventory(), variables=variables), SCHEMAS)
    assert failure.where == name
    assert "not set" in failure.what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_address", "10.118.0.300"),
        ("api_address", 10),
        ("api_name", "with space"),
        ("management_range", "10.118.0.1/24"),
        ("management_range", "10.118.0.0"),
        ("mtu", "1500"),
        ("mtu", 100),
        ("time_servers", "ntp.example.org"),
        ("repository_url", "http://10.118.0.1/x"),
        ("dashboard_language", "fr"),
        ("precheck_clock_seconds", 0),
        ("external_network", {"name": "extranet"}),
        ("external_network", VARIABLES["external_network"] | {"rnage": "10.118.1.0/24"}),
        ("external_network", VARIABLES["external_network"] | {"vlan": 5000}),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any) -> None:
    failures = check_types(inventory(**{name: value}), SCHEMAS)
    assert failures
    assert {failure.where for failure in failures} == {name}


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("host_address", "ouhai1", "an IPv4 address"),
        ("external_interface", "much-too-long-for-linux", "network interface"),
        ("virt_type", "xen", "'xen' is not one of"),
        ("storage_devices", [{"path": "sdb"}], "[0].path"),
        ("storage_devices", [{"path": "/dev/sdb", "size": 3}], "[0]"),
    ],
)
def test_a_wrong_value_of_a_host_is_named(name: str, value: Any, seen: str) -> None:
    (failure,) = check_types(inventory(host("control1", **{name: value})), SCHEMAS)
    assert failure.where == f"{name} of control1"
    assert seen in failure.what


def test_every_default_fits_its_schema() -> None:
    defaults: dict[str, Any] = {}
    for path in (PLAYBOOKS / "group_vars" / "all").glob("*.yml"):
        defaults |= yaml.safe_load(path.read_text()) or {}
    fixed = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    failures = check_types(replace(inventory(), variables=VARIABLES | fixed), SCHEMAS)
    assert failures == []
