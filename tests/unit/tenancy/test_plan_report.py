from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.tenancy import keys
from ouhai_cloud.tenancy.addresses import living_of
from ouhai_cloud.tenancy.changes import Plan
from ouhai_cloud.tenancy.desired import desired
from ouhai_cloud.tenancy.drift import Accepted, Drift, DriftKind
from ouhai_cloud.tenancy.plan import make_plan
from ouhai_cloud.tenancy.plan_file import load_plan, plan_from_json, plan_to_json, save_plan
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.report import render, rows
from ouhai_cloud.tenancy.resources import Kind, Resource
from ouhai_cloud.tenancy.retirement import Phase
from ouhai_cloud.tenancy.wording import CHINESE

from tests.support.memory_cloud import MemoryCloud, MemoryJournal, carry_out
from tests.support.tenancy_bench import REGISTER_FILE
from tests.support.tenancy_strategies import SETTINGS, bureau, register, small_registers, system


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return a plan that has something of everything."""
    cloud, journal = MemoryCloud(), MemoryJournal({})
    first = register(bureau("E002", system("oa", exposes=(443,)), system("web")))
    carry_out(make_plan(desired(first, SETTINGS), {}, {}), cloud, journal, {}).require_complete()
    cloud.alter(keys.router("E002"), snat=False)
    cloud.alter(keys.network("E002", "oa"), port_security=False)
    cloud.drop(keys.rule(keys.security_group("E002", "oa"), "ingress", "tcp", 443, "0.0.0.0/0"))
    second = register(
        bureau("E002", system("oa", exposes=(80, 443), cores=8)),
        bureau("S001", system("db", name="门户网站")),
        bureau("E003"),
    )
    seen, recorded = cloud.observe(), journal.recorded
    living = living_of(seen, recorded, second.district.address_range)
    wanted = desired(second, SETTINGS, living)
    drift = make_plan(wanted, seen, recorded).drift
    one = next(one for one in drift if one.key == keys.router("E002"))
    accepted = Accepted(
        one.what, one.key, one.attribute, one.expected, one.seen, "wang", "2026-03-01", "为了测试"
    )
    return make_plan(wanted, seen, recorded, (accepted,))


def test_a_plan_in_chinese(plan: Plan) -> None:
    text = render(plan, "zh", {"E002": "教育局"})
    assert "E002 教育局: " in text
    assert "  ~ limit:E002/oa/compute/class:VCPU: 核数 2 → 8" in text
    assert "登记册中新增单位 E003" in text
    assert "  ! 被改动 network:E002/oa 端口安全: True → False" in text
    assert "  ! 缺失 rule:E002/oa/ingress/tcp/443/0.0.0.0/0" in text
    assert ", 在用): 系统 E002/web 已从登记册中删除" in text
    assert "  x project:S001/db (名称): " in text
    assert "名称 门户网站 仍被 project:E002/web 占用" in text
    assert "漂移不会被覆盖" in text


def test_a_plan_in_english(plan: Plan) -> None:
    text = render(plan, "en")
    assert "allotment cores 2 → 8" in text
    assert "bureau E003 is new in the register" in text
    assert "E002/oa exposes port 80" in text
    assert "system E002/web left the register" in text
    assert "waits for a decision about project:S001/db" in text
    assert "Drift is never overwritten" in text


def test_what_is_unexpected_is_told_in_the_language() -> None:
    key = keys.foreign(Kind.NETWORK, "5f0c")
    seen = Resource(Kind.NETWORK, key, "E002", {"name": "lan", "port_security": False})
    drift = Drift(DriftKind.UNEXPECTED, key, "E002", "", None, "name=lan …", seen)
    plan = replace(make_plan({}, {}, {}), drift=(drift,))
    assert f"  ! 意外出现 {key}: 名称=lan 端口安全=False" in render(plan, "zh")
    assert f"  ! unexpected {key}: name=lan port_security=False" in render(plan, "en")


def test_everything_has_a_chinese_name() -> None:
    wanted = desired(load(REGISTER_FILE.with_name("ouhai.yaml")), SETTINGS)
    names = {name for one in wanted.values() for name in one.attributes}
    assert not {*names, *Phase} - CHINESE.keys()


def test_rows_are_what_the_text_says(plan: Plan) -> None:
    listed = list(rows(plan, "en"))
    text = render(plan, "en").splitlines()
    lines = [line.removeprefix("  ") for line in text if line.startswith("  ")]
    assert sorted(one.line for one in listed) == sorted(lines)
    for sign, what in (("+", "add"), ("~", "change"), ("…", "held"), (">", "leaving")):
        counted = [one for one in listed if one.what == what]
        assert counted and len([one for one in lines if one.startswith(sign)]) == len(counted)
    assert [one.what for one in listed].count("drift") == 2
    assert [one.what for one in listed].count("conflict") == 1


def test_nothing_to_do_is_said() -> None:
    empty = make_plan({}, {}, {})
    assert render(empty, "en") == "Nothing to do."
    assert render(empty, "zh") == "无需任何操作。"


def test_a_plan_survives_its_file(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "monday.json"
    save_plan(plan, path)
    assert load_plan(path) == plan
    assert "教育局" in path.read_text(encoding="utf-8")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_registers())
def test_any_plan_survives_json(wanted: Register) -> None:
    plan = make_plan(desired(wanted, SETTINGS), {}, {})
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read as a plan"),
        ("[]", "cannot be read as a plan"),
        ('{"file": "ouhai-cloud plan", "version": 9}', "version 9"),
        ('{"file": "ouhai-cloud plan", "version": 1}', "KeyError"),
        ('{"file": "shopping list", "version": 1}', "shopping list"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(OuhaiError, match=says):
        load_plan(path)
