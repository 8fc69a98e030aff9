"""The registers that ship are valid and as large as they say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import perf_counter

import pytest
from ouhai_cloud.tenancy.register.federation import groups
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Register

FOLDER = Path(__file__).parents[3] / "deploy" / "register"


def sizes(register: Register) -> tuple[int, int]:
    return len(register.bureaus), sum(len(unit.systems) for unit in register.bureaus)


def test_the_quick_register_has_two_bureaus_beside_the_centre() -> None:
    register = load(FOLDER / "two-bureaus.yaml")
    assert sizes(register) == (4, 6)
    assert [unit.short for unit in register.bureaus if unit.parent is None] == [
        "dzzw",
        "jyj",
        "mzj",
    ]
    assert Counter(one.security_class for unit in register.bureaus for one in unit.systems)[3] == 1
    assert register.top(register.bureau("E021S01")).code == "E021"


def test_the_districts_register_is_as_large_as_a_real_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = perf_counter()
    register = load(FOLDER / "ouhai.yaml")
    took = perf_counter() - started
    with capsys.disabled():
        print(f"\nouhai.yaml: {took:.2f} s to load")
    assert sizes(register) == (60, 230)
    kinds = Counter(unit.kind for unit in register.bureaus)
    assert kinds["street"] == 12
    assert kinds["town"] == 1
    assert kinds["centre"] == 1
    assert kinds["school"] >= 4
    assert len(groups(register)) == 3 * 60 + 3


@pytest.mark.parametrize("name", ["two-bureaus.yaml", "ouhai.yaml"])
def test_both_have_the_same_units_under_the_same_codes(name: str) -> None:
    register = load(FOLDER / name)
    known = {code: register.bureau(code).short for code in ("E001", "E021", "E021S01", "E022")}
    assert known == {"E001": "dzzw", "E021": "jyj", "E021S01": "ohzx", "E022": "mzj"}
