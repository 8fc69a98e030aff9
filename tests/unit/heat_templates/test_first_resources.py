"""Heat pauses for a second after each resource that waits for no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ouhai_cloud.catalogue.serverless import references

from tests.runner.paths import ROOT

TEMPLATES = sorted(ROOT.glob("heat-templates/*/*/template.yaml"))


def first(template: Mapping[str, Any]) -> list[str]:
    """Return the resources of a template that wait for no other."""
    resources = template["resources"]
    return [name for name, one in resources.items() if not set(references(one)) & set(resources)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: one.parent.parent.name)
def test_an_application_begins_with_one_resource(path: Path) -> None:
    assert len(first(yaml.safe_load(path.read_text()))) == 1


def test_what_waits_for_none_is_seen() -> None:
    port = {"properties": {"security_groups": [{"get_resource": "group"}]}}
    value = {"properties": {"value": {"get_attr": ["port", "fixed_ips", 0]}}}
    resources = {"group": {}, "port": port, "value": value, "volume": {"depends_on": "group"}}
    assert first({"resources": resources}) == ["group"]
    assert first({"resources": {**resources, "password": {}}}) == ["group", "password"]
