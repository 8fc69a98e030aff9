"""``openstack bureau audit`` as openstackclient runs it, the audit itself left out."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ouhai_cloud.osc import audit
from ouhai_cloud.tenancy.audit import files, signing
from ouhai_cloud.tenancy.audit.audit import Subject
from ouhai_cloud.tenancy.audit.report import Report

from tests.support.tenancy_bench import REGISTER_FILE, Bench
from tests.unit.audit.test_audit_report import YES, report, trial

LATER = datetime(2026, 11, 30, 1, tzinfo=UTC)


class Command:
    """Runs the command with an audit that answers at once."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = folder / "state"
        self.folder = folder / "audits"
        self.audits = 0
        self.answer: Callable[[], Report] = report
        monkeypatch.setattr(audit, "_audit", self._audit)

    def _audit(self, *_: Any, **__: Any) -> Report:
        self.audits += 1
        return self.answer()

    def run(self, *words: str | Path, language: str = "en") -> tuple[int, str]:
        """Return exit code and output."""
        stdout = StringIO()
        app: Any = SimpleNamespace(
            client_manager=SimpleNamespace(), stdout=stdout, options=Namespace(timing=False)
        )
        made = audit.AuditBureaus(app, None)
        given = ("--state", self.state, "--language", language, *words)
        parsed = made.get_parser("openstack bureau audit").parse_args([str(one) for one in given])
        return made.run(parsed), stdout.getvalue()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(tmp_path, monkeypatch)


def test_what_was_written_checks_and_is_told_with_date_result_and_key(command: Command) -> None:
    code, text = command.run("--report", command.folder)
    mark = signing.own(command.state).fingerprint
    assert code == 0 and text.endswith(f"Signed by key: {mark}\n")
    command.answer = lambda: report(made=LATER, trials=(trial(negative=YES),))
    assert command.run("--report", command.folder)[0] == audit.FOUND
    old, new = sorted(command.folder.glob("*.html"))
    code, text = command.run("--check-signature", old)
    assert code == 0
    for words in ("2026-01-02 03:04:05 UTC", "nothing was found", mark, "state/audit.key"):
        assert words in text
    code, text = command.run("--check-signature", new, language="zh")
    assert code == 0 and "2026-11-30" in text and "存在需要处理的问题" in text
    (row,) = json.loads(command.run("--check-signature", new, "-f", "json")[1])
    assert row["Clean"] is False and row["Key"] == mark


def test_a_key_is_needed_where_there_is_none_and_is_told(command: Command) -> None:
    command.run()
    (data,) = (command.state / "audits").glob("*.json")
    public = data.with_name(signing.PUBLIC_NAME)
    command.state = command.state.with_name("elsewhere")
    with pytest.raises(signing.SignatureInvalid, match="--key"):
        command.run("--check-signature", data)
    assert str(public) in command.run("--check-signature", data, "--key", public)[1]


def test_a_key_for_an_audit_is_refused(command: Command) -> None:
    with pytest.raises(audit.KeyUnused, match="--check-signature"):
        command.run("--key", "audit.pub")
    assert command.audits == 0


def test_what_is_unusable_is_told_before_the_audit(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(files.ReportUnwritable):
        command.run("--report", tmp_path / "file")
    (command.state / signing.KEY_NAME).chmod(0o644)
    with pytest.raises(signing.SignatureInvalid):
        command.run()
    assert command.audits == 0


def test_what_was_found_is_told_when_the_report_cannot_be_written(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_whole", full)
    command.answer = lambda: report(trials=(trial(negative=YES),))
    with pytest.raises(files.ReportUnwritable, match="No space left"):
        command.run()
    assert "P01 breached" in capsys.readouterr().err
    assert not list((command.state / "audits").iterdir())


def test_without_trials_the_terminal_says_so(command: Command) -> None:
    command.answer = lambda: report(static_only=True, trials=())
    code, text = command.run("--static-only")
    assert code == 0 and "Configuration only, no trials." in text


def test_told_to_end_the_audit_leaves_by_an_exception(command: Command) -> None:
    cleaned = []

    def probing() -> Report:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            return report()
        finally:
            cleaned.append(True)

    command.answer = probing
    with pytest.raises(SystemExit) as ended:
        command.run()
    assert ended.value.code == 128 + signal.SIGTERM and cleaned == [True]


def test_what_is_audited_is_the_register_that_was_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def note(_: Any, subject: Subject, *__: Any, **___: Any) -> Report:
        seen.append(subject)
        return report()

    monkeypatch.setattr(audit, "audit", note)
    monkeypatch.setenv("OUHAI_CLASS3_HOSTS", "compute3")
    api: Any = Bench(tmp_path).api
    api.connection = SimpleNamespace(config=SimpleNamespace(name="lab"))
    app: Any = SimpleNamespace(
        client_manager=SimpleNamespace(bureau=api),
        stdout=StringIO(),
        options=Namespace(timing=False),
    )
    made = audit.AuditBureaus(app, None)
    words = ["--register", str(REGISTER_FILE), "--state", str(tmp_path / "state")]
    assert made.run(made.get_parser("openstack bureau audit").parse_args(words)) == 0
    (subject,) = seen
    assert subject.register.digest == hashlib.sha256(REGISTER_FILE.read_bytes()).hexdigest()
    assert subject.path == REGISTER_FILE and subject.cloud == "lab" and subject.wanted
    assert subject.lock == tmp_path / "state" / "audit.lock"
