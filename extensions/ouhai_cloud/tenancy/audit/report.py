"""The report of an audit as data: what was looked at, what was found, what probes showed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit.checks import CHECKS
from ouhai_cloud.tenancy.audit.findings import Check, Finding
from ouhai_cloud.tenancy.audit.naming import visible
from ouhai_cloud.tenancy.audit.verdicts import Seen, Trial, Verdict

FORMAT = 2


@dataclass(frozen=True)
class Report:
    """All that an audit has to say.

    :param made: when the audit ended.
    :param cloud: the cloud's name in clouds.yaml.
    :param district: the district's name.
    :param register: the register's file, as it was named.
    :param digest: SHA-256 of that file's content as it was audited against.
    :param counts: how many objects of each kind were looked at.
    :param static_only: no probes were sent, so `trials` is empty on purpose.
    """

    made: datetime
    cloud: str
    district: str
    register: str
    digest: str
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    trials: tuple[Trial, ...]
    static_only: bool

    @property
    def failed(self) -> tuple[Trial, ...]:
        """Return the trials that do not show isolation; one that shows nothing is among them."""
        return tuple(one for one in self.trials if one.verdict is not Verdict.ISOLATED)

    @property
    def clean(self) -> bool:
        """Tell whether there is nothing to do; probes that were wanted but not sent are a fault."""
        probed = self.static_only or bool(self.trials)
        return probed and not self.findings and not self.failed

    @property
    def result(self) -> str:
        """Return the name of the words that say the result."""
        return result(clean=self.clean, static_only=self.static_only)

    @property
    def name(self) -> str:
        """Return what the report's files are called, without suffix and number."""
        return f"audit-{self.made:%Y%m%dT%H%M%SZ}"


def result(*, clean: bool, static_only: bool) -> str:
    """Return the name of the words that say a result: without trials it is another one."""
    return ("clean" if clean else "not_clean") + ("_static" if static_only else "")


def as_json(report: Report, name: str, page: str) -> str:
    """Return the whole report as JSON, both languages in it.

    :param name: what its files are called, without suffix: what is signed says which one it is.
    :param page: the text of its page, which is bound to it by its digest.
    """
    document = {
        "format": FORMAT,
        "name": name,
        "page": {"sha256": hashlib.sha256(page.encode()).hexdigest()},
        "made": report.made.isoformat(),
        "cloud": report.cloud,
        "district": report.district,
        "register": {"file": report.register, "sha256": report.digest},
        "clean": report.clean,
        "static_only": report.static_only,
        "looked_at": dict(report.counts),
        "checks": [_check(check, report) for check in CHECKS],
        "findings": [_finding(one) for one in report.findings],
        "trials": [_trial(one) for one in report.trials],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _check(check: Check, report: Report) -> dict[str, Any]:
    found = Counter(one.check.code for one in report.findings)[check.code]
    return {"code": check.code, "severity": check.severity, "title": _text(check.title)} | {
        "findings": found
    }


def _finding(finding: Finding) -> dict[str, Any]:
    check, hole = finding.check, finding.hole
    return {
        "code": check.code,
        "severity": check.severity,
        "title": _text(check.title),
        "object": hole.object,
        "bureaus": list(hole.bureaus),
        "what": _text(hole.text),
        "why": _text(check.why),
        "remedy": _text(check.remedy),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "code": trial.code,
        "title": _text(trial.title),
        "attacker": trial.bureaus[0],
        "attacked": trial.bureaus[1],
        "verdict": trial.verdict,
        "must_not_happen": [_seen(one) for one in trial.negatives],
        "must_happen": [_seen(one) for one in trial.controls],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {"what": _text(seen.what), "happened": seen.happened, "detail": visible(seen.detail)}


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.chinese, "en": text.english}
