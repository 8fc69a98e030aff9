"""What the module `units` decides from systemd's words and the times of files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ouhai.cloud.plugins.modules import units
from hypothesis import given
from hypothesis import strategies as st

STARTED = 1_700_000_000
RUNNING = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "NeedDaemonReload": "no",
    "ExecMainStartTimestamp": "Tue 2023-11-14 22:13:20.000000 UTC",
}


class Failed(Exception):
    """The module called fail_json."""


class Module(SimpleNamespace):
    """A module that runs nothing."""

    def __init__(self, output: str = "", **params: Any) -> None:
        defaults = {"files": [], "stale": False, "reload": False, "masked": []}
        super().__init__(params=defaults | params, check_mode=False, output=output)

    def run_command(self, *_words: object, **_options: object) -> tuple[int, str, str]:
        """Print the same whatever is asked."""
        return 0, self.output, ""

    def fail_json(self, msg: str) -> None:
        """Fail."""
        raise Failed(msg)


@pytest.fixture(autouse=True)
def no_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MARKERS", str(tmp_path / "markers"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that was written a second after the unit's start."""
    path = tmp_path / "unit.conf"
    path.touch()
    os.utime(path, (STARTED + 1, STARTED + 1))
    return path


def needed(module: Module, **state: str) -> set[tuple[str, str]]:
    verbs = units.needed_actions(module, {"a": RUNNING | state})
    return {(verb, name) for verb, names in verbs.items() for name in names}


# The years that systemd writes with four digits and strptime reads.
@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1)))
def test_a_timestamp_is_read_as_utc(moment: datetime) -> None:
    text = moment.strftime("%a %Y-%m-%d %H:%M:%S.%f UTC")
    expected = moment.replace(tzinfo=UTC).timestamp()
    assert units.parse_timestamp(text) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("text", ["", "n/a"])
def test_a_unit_that_never_ran_has_time_zero(text: str) -> None:
    assert units.parse_timestamp(text) == 0


def test_a_timestamp_may_lack_a_fraction() -> None:
    assert units.parse_timestamp("Tue 2023-11-14 22:13:20 UTC") == STARTED


def test_properties_belong_to_the_units_in_order() -> None:
    module = Module("LoadState=loaded\nType=x=y\n\nLoadState=not-found\n")
    assert units.show(module, ["a", "b"]) == {
        "a": {"LoadState": "loaded", "Type": "x=y"},
        "b": {"LoadState": "not-found"},
    }
    with pytest.raises(ValueError, match="longer"):
        units.show(module, ["a"])


def test_a_unit_that_runs_on_what_is_there_is_left_alone(file: Path) -> None:
    assert needed(Module()) == set()
    os.utime(file, (STARTED - 1, STARTED - 1))
    assert needed(Module(files=[str(file), str(file.parent / "missing*")])) == set()


def test_a_file_that_is_newer_than_the_unit_restarts_or_reloads_it(file: Path) -> None:
    files = [str(file.parent / "*.conf")]
    assert needed(Module(files=files)) == {("restart", "a")}
    assert needed(Module(files=files, reload=True)) == {("reload", "a")}
    Path(units.MARKERS).mkdir()
    Path(units.marker("a")).touch()
    assert needed(Module(files=files, reload=True)) == set()


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        ({"ActiveState": "inactive"}, {"restart"}),
        ({"ActiveState": "failed"}, {"restart"}),
        ({"ActiveState": "reloading"}, set()),
        ({"UnitFileState": "disabled"}, {"enable"}),
        ({"UnitFileState": "static"}, set()),
        ({"ActiveState": "inactive", "UnitFileState": "masked"}, {"enable", "restart"}),
    ],
)
def test_a_unit_is_enabled_and_started(state: dict[str, str], verbs: set[str]) -> None:
    assert needed(Module(), **state) == {(verb, "a") for verb in verbs}


def test_a_change_before_restarts_a_service_but_no_socket() -> None:
    socket = {name: text for name, text in RUNNING.items() if name != "ExecMainStartTimestamp"}
    verbs = units.needed_actions(Module(stale=True), {"a": RUNNING, "a.socket": socket})
    assert verbs["restart"] == ["a"]


def test_a_unit_that_does_not_exist_fails_but_in_check_mode() -> None:
    module = Module()
    with pytest.raises(Failed, match="unit a does not exist"):
        needed(module, LoadState="not-found")
    module.check_mode = True
    state = {"LoadState": "not-found", "ActiveState": "inactive", "UnitFileState": ""}
    assert needed(module, **state) == {("enable", "a"), ("restart", "a")}


def test_only_what_is_not_masked_yet_is_masked() -> None:
    module = Module("UnitFileState=masked\n\nUnitFileState=enabled\n", masked=["a", "b"])
    assert units.units_to_mask(module) == ["b"]
    assert units.units_to_mask(Module()) == []


class Restarting(Module):
    """A module whose restart fails and whose unit then has these states, one after another."""

    def __init__(self, *states: str) -> None:
        super().__init__(timeout_seconds=0)
        self.states = list(states)
        self.warnings: list[str] = []

    def run_command(self, words: list[str], **_options: object) -> tuple[int, str, str]:  # type: ignore[override]  # the first word decides here
        """Fail to restart; show the next state; have an empty journal."""
        if words[:2] == ["systemctl", "restart"]:
            return 1, "", "job failed"
        state = self.states.pop(0) if words[0] == "systemctl" else ""
        return 0, f"ActiveState={state}\n", ""

    def warn(self, text: str) -> None:
        """Keep the warning."""
        self.warnings.append(text)


def test_a_unit_that_systemd_starts_again_is_waited_for_and_told() -> None:
    module = Restarting("active")
    units.restart(module, ["a"])
    assert "job failed" in module.warnings[0]


@pytest.mark.parametrize("state", ["failed", "activating"])
def test_a_unit_that_stays_down_fails_the_task(state: str) -> None:
    with pytest.raises(Failed, match="a did not start: job failed"):
        units.restart(Restarting(state, state), ["a"])


class Systemd(Module):
    """A service that runs although one of its sockets does not, and comes back so often."""

    def __init__(self, comes_back: int) -> None:
        super().__init__(units=["d-tls.socket"])
        self.comes_back = comes_back
        self.running = True
        self.asked: list[str] = []

    def run_command(self, *words: object, **_options: object) -> tuple[int, str, str]:
        """Refuse to start the socket while the service runs."""
        (command,) = words
        assert isinstance(command, list)
        verb = command[1]
        self.asked.append(verb)
        if "Triggers" in command:
            return 0, "d.service\n", ""
        if verb == "show":
            return 0, f"ActiveState={'active' if self.running else 'inactive'}\n", ""
        if verb == "stop":
            self.running = self.comes_back > 0
            self.comes_back -= 1
            return 0, "", ""
        return int(self.running), "", "refused"


@pytest.mark.parametrize("comes_back", [0, 2])
def test_a_service_that_is_in_the_way_of_its_socket_is_stopped_first(comes_back: int) -> None:
    module = Systemd(comes_back)
    units.restart(module, ["d-tls.socket"])
    assert module.asked[-2:] == ["stop", "restart"]
    assert module.asked.count("stop") == comes_back + 1


def test_a_service_without_a_socket_is_not_stopped() -> None:
    module = Systemd(0)
    module.running = False
    units.restart(module, ["d"])
    assert module.asked == ["restart"]
