"""Every role says what it reads, and what is read exists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, nodes

from tests.runner.paths import ROOT

PLAYBOOKS = ROOT / "playbooks"
ROLES = sorted(path.name for path in (PLAYBOOKS / "roles").iterdir())
# Of Ansible and Jinja, known everywhere.
MAGIC = {
    *("ansible_playbook_python", "group_names", "groups", "hostvars", "inventory_hostname"),
    *("lookup", "loop"),
}
# The house's own, which every role may read: what masks secrets in diffs, and sections of services'
# settings. They depend on the play's service, so there is no value to check before a role begins.
HOUSE = {
    *("secret_values", "oslo_authtoken", "oslo_cache", "oslo_common", "oslo_database"),
    *("oslo_limits", "oslo_messaging"),
}
CONDITIONS = ("when", "changed_when", "failed_when", "until")
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


def options_of(role: str) -> dict[str, Any]:
    spec = load(PLAYBOOKS / "roles" / role / "meta" / "argument_specs.yml")
    options: dict[str, Any] = spec["argument_specs"]["main"]["options"]
    return options


def templates(value: Any) -> Iterator[str]:
    """Yield every template in a part of a YAML document; conditions have no braces of their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from templates(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            bare = key in CONDITIONS
            yield from (f"{{{{ {text} }}}}" if bare else text for text in templates(item))


def variables(template: str) -> set[str]:
    """Names that a template reads and does not set itself."""
    names = list(Environment(autoescape=True).parse(template).find_all(nodes.Name))
    return {name.name for name in names if name.ctx == "load"} - {
        name.name for name in names if name.ctx != "load"
    }


def test_the_variables_of_a_template_are_found() -> None:
    task = {
        "when": ["a.b", "c | bool"],
        "vars": {"d": "{% for x in e %}{{ x }}{{ f.g }}{% endfor %}"},
    }
    found = set().union(*map(variables, templates(task)))
    assert found == {"a", "c", "e", "f"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_declares_what_it_reads_and_nothing_else(role: str) -> None:
    folder = PLAYBOOKS / "roles" / role
    tasks = [
        task for path in folder.glob("tasks/*.yml") for task in yaml.safe_load(path.read_text())
    ]
    own = [load(path) for path in folder.glob("vars/*.yml")]
    texts = [*templates(tasks), *templates(own)]
    texts += [path.read_text() for path in folder.glob("templates/*")]
    read = set().union(*map(variables, texts))
    made = {name for values in own for name in values}
    made |= {task["register"] for task in tasks if "register" in task}
    assert read - made - MAGIC - HOUSE == set(options_of(role))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_declares_variables_that_exist(role: str) -> None:
    options = options_of(role)
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
