"""Keystone's mapping names every group of the register, and nothing else."""

from __future__ import annotations

import json

from hypothesis import given, settings
from ouhai_cloud.tenancy.register.federation import mapping_rules
from ouhai_cloud.tenancy.register.model import Register

from tests.support.register_strategies import registers
from tests.support.registers import big_register

COLUMN_BYTES = 65_535


def staff_groups(register: Register) -> set[str]:
    duties = register.district.duties
    named = {*duties.system_administrator, *duties.security_administrator, *duties.auditor}
    for unit in register.bureaus:
        named |= {*unit.staff.manager, *unit.staff.member, *unit.staff.reader}
    return named


@settings(max_examples=40, deadline=None)
@given(registers())
def test_the_rules_name_the_registers_groups_and_nothing_else(register: Register) -> None:
    (rule,) = mapping_rules(register, "directory")
    (user, groups) = rule["remote"]
    assert set(groups["whitelist"]) == staff_groups(register)
    assert len(groups["whitelist"]) == len(staff_groups(register))
    assert set(user) == {"type"}
    assert rule["local"] == [
        {"user": {"name": "{0}"}},
        {"groups": "{1}", "domain": {"name": "directory"}},
    ]
    assert json.dumps(rule, ensure_ascii=False).isascii()


def test_the_rules_of_six_hundred_bureaus_fit_into_keystones_column() -> None:
    assert len(json.dumps(mapping_rules(big_register(600, 2300), "directory"))) < COLUMN_BYTES
