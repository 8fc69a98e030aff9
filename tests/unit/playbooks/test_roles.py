"""Every role says what it reads, and what is read exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runner.paths import ROOT

PLAYBOOKS = ROOT / "playbooks"
ROLES = sorted(path.name for path in (PLAYBOOKS / "roles").iterdir())
SECRET_WORDS = ("password", "passwords", "key", "proxy", "passphrase")


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def defaults() -> dict[str, Any]:
    paths = (PLAYBOOKS / "group_vars" / "all").glob("*.yml")
    return {name: value for path in paths for name, value in load(path).items()}


def texts() -> str:
    paths = (PLAYBOOKS / "group_vars" / "all").glob("*.yml")
    return "\n".join(path.read_text() for path in paths)


def typed() -> set[str]:
    schemas = load(PLAYBOOKS / "schemas" / "variables.yml")
    return {name for schema in schemas.values() for name in schema["properties"]}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_declares_variables_that_exist(role: str) -> None:
    spec = load(PLAYBOOKS / "roles" / role / "meta" / "argument_specs.yml")
    options = spec["argument_specs"]["main"]["options"]
    known = {*defaults(), *defaults()["secrets_required"], *typed(), "service"}
    assert set(options) <= known
    for name, option in options.items():
        assert {"description", "type"} <= set(option), name
        if name.startswith("secret_") and name.endswith(SECRET_WORDS):
            assert option["no_log"] is True, name


def test_a_variable_without_a_default_is_explained_beside_the_others() -> None:
    assert [name for name in typed() - set(defaults()) if f"# {name}:" not in texts()] == []


def test_a_variable_that_is_a_plain_value_has_a_type() -> None:
    plain = {name for name, value in defaults().items() if "{{" not in str(value)}
    assert {name for name in plain if not name.startswith("oslo_")} <= typed()
