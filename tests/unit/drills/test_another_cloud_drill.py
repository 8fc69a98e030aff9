"""What the drill refuses; the rest of it is shown on real clouds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.drills import another_cloud, steps
from tests.drills.steps import DrillFailed, Steps
from tests.functional.applications.uses import AFTER, BEFORE, USES, Use


def test_a_lab_is_lost_only_with_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "lab_exists", lambda: True)
    monkeypatch.setattr(steps, "lab", lambda *_, **__: pytest.fail("it touched the lab"))
    with pytest.raises(DrillFailed, match="--replace"):
        another_cloud.drill(Steps(), "portal", replace=False)


@pytest.mark.parametrize(
    ("titles", "left", "says"),
    [
        ({BEFORE}, (), ""),
        (set(), (), "found set()"),
        ({BEFORE, AFTER}, (), "found"),
        ({BEFORE}, (("volume", "v"),), "left behind"),
    ],
)
def test_what_is_restored_is_what_was_written_and_goes_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, titles: set[str], left: tuple[Any], says: str
) -> None:
    looks = iter((set(), set(left), set(left)))
    member: Any = SimpleNamespace(
        things=lambda: next(looks), answer=lambda word, *_: {"seconds": 1.0, "asked": word}
    )

    def found(_: Mapping[str, Any], __: Path) -> set[str]:
        return titles

    monkeypatch.setitem(USES, "portal", Use(lambda *_: None, found))
    monkeypatch.setattr(another_cloud, "copy_name", lambda _: nullcontext("web1"))
    file = tmp_path / "copy.tar"
    refused = pytest.raises(DrillFailed, match=re.escape(says)) if says else nullcontext()
    with refused:
        assert BEFORE in another_cloud.restored(member, "portal", tmp_path, file)
