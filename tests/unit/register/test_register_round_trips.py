"""A register written in any form is read back equal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from ouhai_cloud.tenancy.register import sheet
from ouhai_cloud.tenancy.register.dump import dump
from ouhai_cloud.tenancy.register.load import load_text
from ouhai_cloud.tenancy.register.model import Register

from tests.support.register_strategies import registers
from tests.support.registers import big_register

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(registers())
def test_yaml_returns_the_register(register: Register) -> None:
    assert load_text(dump(register), "dumped") == register


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(registers())
def test_a_workbook_returns_the_register(register: Register) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "登记册.xlsx")
        sheet.to_xlsx(register, path)
        assert sheet.from_xlsx(path) == register


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(registers())
def test_csv_files_return_the_register(register: Register) -> None:
    with TemporaryDirectory() as folder:
        sheet.to_csv(register, Path(folder))
        assert sheet.from_csv(Path(folder)) == register


def test_six_hundred_bureaus_fit_into_one_file() -> None:
    register = big_register(600, 2300)
    assert load_text(dump(register), "big") == register
    assert len(register.bureaus) == 600
    assert sum(len(unit.systems) for unit in register.bureaus) == 2300
