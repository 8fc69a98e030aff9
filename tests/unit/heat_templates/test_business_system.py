"""What runs in guests of `business-system`: the balancer's members, and the sample application."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.runner.paths import ROOT
from tests.support import hooks

FILES = ROOT / "deploy/images/files/web"


def load(path: Path) -> ModuleType:
    """Load a program that has no ending, and leave no cache beside it."""
    loader = SourceFileLoader(f"web_{path.stem}", str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


class Balancer:
    """The program `members`, with metadata and haproxy that do as told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script = load(FILES / "usr/local/lib/ouhai/members")
        self.ran: list[str] = []
        self.refused = ""
        self.answers: list[Any] = []
        self.configuration = folder / "haproxy.cfg"
        monkeypatch.setattr(self.script, "GIVEN", FILES / "usr/local/lib/ouhai/haproxy.cfg")
        monkeypatch.setattr(self.script, "CONFIGURATION", self.configuration)
        monkeypatch.setattr(self.script, "urlopen", self._metadata)
        monkeypatch.setattr(subprocess, "run", self._run)
        monkeypatch.setattr(self.script.time, "sleep", lambda _: None)

    def _metadata(self, _url: str, timeout: int) -> io.BytesIO:
        assert timeout
        if not self.answers:
            raise KeyboardInterrupt
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(json.dumps(answer).encode())

    def _run(self, command: list[str], **_: Any) -> SimpleNamespace:
        self.ran.append(" ".join(command[:2]))
        if command[0] == "mv":
            Path(command[1]).rename(command[2])
        refused = command[0] == "haproxy" and self.refused
        return SimpleNamespace(returncode=int(bool(refused)), stdout="", stderr=self.refused)

    def run(self, *answers: Any) -> list[str]:
        """Let it see these answers of the metadata; return the members it has then."""
        self.answers = list(answers)
        with pytest.raises(KeyboardInterrupt):
            self.script.main()
        text = self.configuration.read_text() if self.configuration.exists() else ""
        return [line.split()[1] for line in text.splitlines() if line.startswith("    server ")]


@pytest.fixture
def balancer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Balancer:
    return Balancer(tmp_path, monkeypatch)


def meta(members: str) -> dict[str, Any]:
    return {"meta": {"members": members}}


def test_haproxy_is_reloaded_when_the_members_change_and_only_then(balancer: Balancer) -> None:
    one, two = meta("10.0.0.5"), meta("10.0.0.5 10.0.0.6")
    assert balancer.run(one, one, two, two) == ["10.0.0.5", "10.0.0.6"]
    new = balancer.configuration.with_suffix(".new")
    assert balancer.ran == ["haproxy -c", f"mv {new}", "systemctl reload-or-restart"] * 2


@pytest.mark.parametrize(
    "answer", [{}, meta(""), meta("10.0.0.5; rm"), meta("evil"), OSError("nobody answers")]
)
def test_members_stay_when_nothing_good_is_told(
    balancer: Balancer, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert balancer.run(meta("10.0.0.5"), answer, answer) == ["10.0.0.5"]
    assert len(capsys.readouterr().err.splitlines()) == 1, "the same trouble is told once"


def test_what_haproxy_refuses_is_not_taken_over(
    balancer: Balancer, capsys: pytest.CaptureFixture[str]
) -> None:
    balancer.run(meta("10.0.0.5"))
    balancer.refused = "[ALERT] parsing"
    assert balancer.run(meta("10.0.0.6")) == ["10.0.0.5"]
    assert "[ALERT] parsing" in capsys.readouterr().err


class Database:
    """Stands for psycopg and its connection: keeps messages, or is away."""

    class Error(Exception):
        """Base of its errors."""

    class OperationalError(Error):
        """The database is away."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.away = 0
        self.closed = False
        self.Connection: Any = Any

    def connect(self, *, autocommit: bool) -> Database:
        assert autocommit
        return self

    def transaction(self) -> Any:
        return io.StringIO()

    def execute(self, query: str, values: tuple[Any, ...] = ()) -> SimpleNamespace:
        if self.away:
            self.away -= 1
            raise self.OperationalError("away")
        if query.startswith("INSERT"):
            self.rows.insert(0, (*values, datetime(2026, 11, 28, tzinfo=UTC)))
        return SimpleNamespace(fetchall=lambda: list(self.rows))


class Sample:
    """The sample application with a database in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = Database()
        monkeypatch.setitem(sys.modules, "psycopg", self.database)
        monkeypatch.setenv("TITLE", "业务 <1>")
        self.module = load(FILES / "srv/application/wsgi.py")

    def ask(self, method: str = "GET", path: str = "/", body: str = "") -> tuple[str, str]:
        """Return status and text of an answer."""
        seen: list[str] = []
        sent = body.encode()
        environment = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.input": io.BytesIO(sent),
        }
        parts = self.module.application(environment, lambda status, _headers: seen.append(status))
        return seen[0], b"".join(parts).decode()


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Sample:
    return Sample(monkeypatch)


def test_a_message_is_kept_and_shown_as_it_was_written(sample: Sample) -> None:
    assert sample.ask("POST", body="words=%E4%B8%80%3Cb%3E")[0] == "303 See Other"
    status, page = sample.ask()
    assert status == "200 OK" and "一&lt;b&gt;（" in page and "业务 &lt;1&gt;" in page
    assert sample.module.MEMBER in page


@pytest.mark.parametrize("body", ["", "words=", "words=" + "x" * 201])
def test_a_message_that_is_none_is_refused(sample: Sample, body: str) -> None:
    assert sample.ask("POST", body=body)[0] == "400 Bad Request" and sample.database.rows == []


def test_a_database_that_was_restarted_is_asked_again_one_that_is_away_is_told(
    sample: Sample,
) -> None:
    sample.ask()
    sample.database.away = 1
    assert sample.ask()[0] == "200 OK"
    sample.database.away = 2
    assert sample.ask() == ("503 Service Unavailable", "数据库不可用，请稍后再试\n")
    sample.database.away = 1
    assert sample.ask("POST", body="words=a")[0] == "503 Service Unavailable"
    assert sample.ask("GET", "/other")[0] == "404 Not Found"


@pytest.fixture
def guest(tmp_path: Path) -> hooks.Guest:
    """Return a guest whose services run, and whose page can be fetched."""
    guest = hooks.Guest(tmp_path, "web", [], {})
    guest.program("curl", f'echo curl "$@" >>{tmp_path}/called')
    return guest


def look(guest: hooks.Guest, role: str) -> subprocess.CompletedProcess[str]:
    return guest.run(
        f"set -- look\n{(guest.folder / hooks.HOOKS / 'check').read_text()}", role=role
    )


@pytest.mark.parametrize(
    ("role", "units"), [("member", "application nginx serving"), ("balancer", "haproxy members")]
)
def test_a_look_fetches_a_page_once_and_leaves_the_bureaus_own_check_alone(
    guest: hooks.Guest, role: str, units: str
) -> None:
    own = guest.folder / "srv/application/check"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\nexit 1\n")
    own.chmod(0o755)
    done = look(guest, role)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert guest.units() == [f"--quiet is-active {one}" for one in units.split()]
    assert len([one for one in guest.called() if one.startswith("curl")]) == 1


def test_a_look_names_the_service_that_does_not_run(guest: hooks.Guest) -> None:
    guest.program("systemctl", '[ "$3" != nginx ]')
    guest.program("journalctl", "echo bind failed")
    done = look(guest, "member")
    assert done.returncode == 1 and "nginx does not run: bind failed" in done.stderr
