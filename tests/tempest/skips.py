"""Why tests are skipped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from tests.tempest.results import Result, Status

FILE = Path(__file__).with_name("skips.yml")


class SkipsInvalid(Exception):
    """skips.yml does not say what it must."""


@dataclass(frozen=True)
class Skip:
    """Tests whose name contains a match of `test` may be skipped, or are not run at all."""

    test: str
    reason: str
    exclude: bool = False


def load(path: Path = FILE) -> list[Skip]:
    """Read the reasons; SkipsInvalid when one is missing or too short to be one."""
    skips = []
    for entry in yaml.safe_load(path.read_text())["skips"]:
        try:
            skip = Skip(**entry)
            re.compile(skip.test)
        except (TypeError, re.error) as error:
            raise SkipsInvalid(f"{path}: {entry}: {error}") from error
        if len(skip.reason.split()) < 4:
            raise SkipsInvalid(f"{path}: {skip.test}: {skip.reason!r} explains nothing")
        skips.append(skip)
    return skips


def explain(results: Iterable[Result], skips: Sequence[Skip]) -> list[Result]:
    """The results with the reasons of their skips; a skip without a reason becomes a failure."""
    return [
        _explain(result, skips) if result.status is Status.SKIPPED else result for result in results
    ]


def _explain(result: Result, skips: Sequence[Skip]) -> Result:
    for skip in skips:
        if re.search(skip.test, result.test):
            return replace(result, detail=f"{skip.reason.strip()} ({result.detail})")
    return result.failed(f"skipped, and {FILE.name} gives no reason")
