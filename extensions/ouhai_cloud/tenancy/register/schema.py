"""The register's shape, checked against schema.json, which ships with the package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

import jsonschema

from ouhai_cloud.tenancy.register.document import Problem
from ouhai_cloud.tenancy.register.wording import Breach, problems


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a register."""
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def check(data: object) -> Iterator[Problem]:
    """Yield every breach of the schema."""
    for error in jsonschema.Draft202012Validator(schema()).iter_errors(data):
        path = tuple(error.absolute_path)
        keyword, part = str(error.validator), cast(Mapping[str, Any], error.schema)
        yield from problems(
            Breach(path, keyword, error.validator_value, part, error.instance, error.message)
        )
