"""The last step of the drill: another run of site.yml that changes nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.drills import kill
from tests.drills.steps import DrillFailed
from tests.support.lab import Lab
from tests.support.playbooks import Played

LAB = cast(Lab, SimpleNamespace(hosts=["ouhai1", "ouhai2"]))
DONE = "ouhai1 : ok=9 changed=0\nouhai2 : ok=9 changed=0\n"


def played(monkeypatch: pytest.MonkeyPatch, code: int, output: str) -> None:
    def play(*_: Any) -> Played:
        return Played(code, output)

    monkeypatch.setattr(kill, "play", play)


def test_nothing_is_left_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, 0, DONE)
    assert kill.nothing_to_do(LAB) == "changed=0 on 2 hosts"


@pytest.mark.parametrize(
    ("code", "output"),
    [(2, DONE), (0, DONE.replace("changed=0", "changed=1", 1)), (0, DONE.splitlines()[0])],
    ids=["failed", "changed", "missed a host"],
)
def test_something_is_left_to_do(monkeypatch: pytest.MonkeyPatch, code: int, output: str) -> None:
    played(monkeypatch, code, output)
    with pytest.raises(DrillFailed):
        kill.nothing_to_do(LAB)
