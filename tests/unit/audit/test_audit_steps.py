"""One step of the audit that fails does not lose what the others found."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from ouhai_cloud.cloud.errors import CloudUnreachable, Refused
from ouhai_cloud.cloud.exposure.model import Image
from ouhai_cloud.cloud.probing import ProbeUnusable, Site
from ouhai_cloud.osc.audit import summary
from ouhai_cloud.tenancy.audit import active, audit
from ouhai_cloud.tenancy.audit.audit import Subject
from ouhai_cloud.tenancy.audit.report import Report
from ouhai_cloud.tenancy.audit.verdicts import Verdict
from ouhai_cloud.tenancy.register.load import load

from tests.support.exposures import clean, facts, plus
from tests.support.tenancy_bench import REGISTER_FILE

A, B = (Site(code, f"n-{code}", f"s-{code}", "extranet") for code in "AB")
API: Any = None


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Subject:
    """An audit that finds a public image."""
    seen = facts(plus(clean(), images=(Image("i1", "x", "p-A-oa", "public"),)))
    monkeypatch.setattr(audit, "look", lambda *_: seen)
    monkeypatch.setattr(active, "sites", lambda _: (A, B))
    return Subject(seen.register, Path("register.yaml"), seen.wanted, "lab", "district")


def run(subject: Subject) -> Report:
    return audit.audit(API, subject, lambda _: None, static_only=False)


@pytest.mark.parametrize(
    "error",
    [
        ProbeUnusable("probe s1 did not start: no valid host"),
        Refused("POST /servers of server", 403, "no right"),
        CloudUnreachable("compute: no answer"),
        requests.ConnectionError("cut off"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_probes_that_fail_are_told_in_the_report_beside_the_findings(
    public: Subject, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(active, "probe", fail)
    made = run(public)
    assert [one.check.code for one in made.findings] == ["G03"]
    (trial,) = made.trials
    assert trial.verdict is Verdict.INCONCLUSIVE and trial.bureaus == ("A", "B")
    assert not made.clean and not replace(made, findings=()).clean
    assert any(str(error) in line for line in summary(made, "zh"))


def test_an_audit_that_is_ended_is_not_reported_as_one_that_failed(
    public: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: Any) -> Any:
        raise SystemExit(143)

    monkeypatch.setattr(active, "probe", end)
    with pytest.raises(SystemExit):
        run(public)


def test_when_there_is_no_pair_to_probe_the_report_says_so(
    public: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "sites", lambda _: (A,))
    made = run(public)
    assert made.trials[0].bureaus == ("A", "") and not made.clean
    assert any("two bureaus with a network" in line for line in summary(made, "en"))
    assert any("两个单位" in line for line in summary(made, "zh"))


def test_the_digest_is_of_the_register_that_was_read(
    public: Subject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "register.yaml"
    path.write_bytes(read := REGISTER_FILE.read_bytes())
    register = load(path)

    def probe(*_: Any) -> tuple[()]:
        path.unlink()
        return ()

    monkeypatch.setattr(active, "probe", probe)
    made = run(replace(public, register=register, path=path))
    assert made.digest == hashlib.sha256(read).hexdigest()
