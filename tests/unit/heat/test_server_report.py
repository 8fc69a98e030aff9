"""Heat's resource that waits for a guest's report; for Heat itself there are stand-ins."""

from __future__ import annotations

import importlib.util
import json
import sys
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from oslo_utils import timeutils

from tests.runner.paths import ROOT

FILE = ROOT / "extensions/ouhai_heat/server_report.py"


class Clock:
    """Goes on when a test says so."""

    time = datetime(2026, 1, 1)

    def now(self) -> datetime:
        return self.time


CLOCK = Clock()


class NovaError(Exception):
    """Stands for novaclient's."""

    def __init__(self, code: int) -> None:
        super().__init__(f"status {code}")
        self.code = code


class Nova:
    """What the resource asks."""

    def __init__(self) -> None:
        self.answers: list[str | Exception] = []
        self.console = "login:\nKernel panic"

    @property
    def servers(self) -> Nova:
        return self

    def get_password(self, _id: str) -> str:
        answer = self.answers.pop(0) if self.answers else ""
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get_console_output(self, _id: str, _lines: int) -> str:
        return self.console


class Resource:
    """The part of Heat's base class that is used."""

    nova: Nova

    def __init__(self, **values: Any) -> None:
        self.properties = values
        self.kept: dict[str, str] = {}
        self.resource_id = ""

    def client(self) -> Nova:
        return self.nova

    def client_plugin(self) -> Any:
        return SimpleNamespace(exceptions=SimpleNamespace(ClientException=NovaError))

    def resource_id_set(self, value: str) -> None:
        self.resource_id = value

    def data(self) -> dict[str, str]:
        return self.kept

    def data_set(self, name: str, value: str) -> None:
        self.kept[name] = value


def anything(*_: Any, **__: Any) -> None:
    """Stand for Heat's schemas, which say nothing here."""


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the file as Heat does, below stand-ins."""
    schema = SimpleNamespace(
        Schema=type("Schema", (), {"__init__": anything, "STRING": 1, "INTEGER": 2, "MAP": 3})
    )
    checks = SimpleNamespace(CustomConstraint=anything, Range=anything)
    Resource.nova = Nova()
    made = {
        "heat": ModuleType("heat"),
        "heat.common": SimpleNamespace(exception=SimpleNamespace(Error=Exception)),
        "heat.engine": SimpleNamespace(
            attributes=schema,
            constraints=checks,
            properties=schema,
            resource=SimpleNamespace(Resource=Resource),
        ),
    }
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name, module)
    spec = importlib.util.spec_from_file_location("server_report_under_test", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    clock = Clock()
    monkeypatch.setattr(timeutils, "utcnow", clock.now)
    monkeypatch.setattr(sys.modules[__name__], "CLOCK", clock)
    return module


def waiting(plugin: ModuleType, *answers: str | Exception) -> tuple[Any, Any]:
    Resource.nova.answers = list(answers)
    one = plugin.ServerReport(server="s1", timeout=600)
    return one, one.handle_create()


def poll(one: Any, start: Any, seconds: float = 3) -> bool:
    CLOCK.time += timedelta(seconds=seconds)
    return bool(one.check_create_complete(start))


def test_it_waits_for_the_report_and_keeps_its_data(plugin: ModuleType) -> None:
    report = {"status": "SUCCESS", "reason": "all well", "data": {"host_key": "k"}}
    one, start = waiting(plugin, "", json.dumps(report))
    assert one.resource_id == "s1"
    assert [poll(one, start), poll(one, start)] == [False, True]
    assert one._resolve_attribute("data") == {"reason": "all well", "host_key": "k"}


def test_nova_is_not_asked_more_often_than_needed(plugin: ModuleType) -> None:
    one, start = waiting(plugin, "", '{"status": "SUCCESS"}')
    assert poll(one, start) is False
    assert poll(one, start, 1) is False
    assert poll(one, start, 2) is True


def test_a_failure_is_told_in_the_guests_words(plugin: ModuleType) -> None:
    words = {"status": "FAILURE", "reason": "数据盘: disk full"}
    one, start = waiting(plugin, json.dumps(words))
    with pytest.raises(plugin.GuestUnwell, match="The guest says: 数据盘: disk full"):
        poll(one, start)


@pytest.mark.parametrize("text", ["nonsense", "[]", "3", '"SUCCESS"'])
def test_what_is_no_report_is_a_failure(plugin: ModuleType, text: str) -> None:
    with pytest.raises(plugin.GuestUnwell, match="cannot be read"):
        plugin.read_report(text)


def test_an_object_without_status_is_a_failure(plugin: ModuleType) -> None:
    with pytest.raises(plugin.GuestUnwell, match="no reason given"):
        plugin.read_report("{}")


def test_data_that_is_no_object_is_left_out(plugin: ModuleType) -> None:
    assert plugin.read_report('{"status": "SUCCESS", "data": [1]}') == {"reason": "no reason given"}


def test_silence_ends_with_what_the_console_says(plugin: ModuleType) -> None:
    one, start = waiting(plugin)
    assert poll(one, start, 599) is False
    with pytest.raises(
        plugin.GuestUnwell, match=r"within 600 s\. Its console ends: login: Kernel panic"
    ):
        poll(one, start)


def test_a_moment_without_nova_is_lived_through_and_a_refusal_is_not(plugin: ModuleType) -> None:
    one, start = waiting(plugin, NovaError(503), NovaError(404))
    assert poll(one, start) is False
    with pytest.raises(NovaError, match="404"):
        poll(one, start)


def test_nothing_is_known_before_the_report(plugin: ModuleType) -> None:
    one, _ = waiting(plugin)
    assert one._resolve_attribute("data") == {}
    assert plugin.resource_mapping() == {"Ouhai::Server::Report": plugin.ServerReport}
