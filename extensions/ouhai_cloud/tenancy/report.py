"""A plan in words: for people in either language, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ouhai_cloud.tenancy.changes import Plan

Language = Literal["zh", "en"]


def render(plan: Plan, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Return a plan as text, grouped by bureau, with counts.

    :param names: Chinese names of bureaus by code, where known.
    """
    raise NotImplementedError


def as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as data that json can write; the form that ``save_plan`` writes."""
    raise NotImplementedError
