"""``openstack bureau audit``: whether one bureau can see, reach or starve another."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.osc.base import ArgumentParser, BureauCommand, Tenancy
from ouhai_cloud.osc.interrupting import orderly
from ouhai_cloud.osc.report import TEXT, Reporter
from ouhai_cloud.tenancy.audit import files, signing
from ouhai_cloud.tenancy.audit.audit import Subject, audit
from ouhai_cloud.tenancy.audit.naming import visible
from ouhai_cloud.tenancy.audit.report import Report
from ouhai_cloud.tenancy.audit.verdicts import Trial, Verdict
from ouhai_cloud.tenancy.audit.words import SEVERITY, VERDICT, WORDS
from ouhai_cloud.tenancy.present import look

FOUND = 4
LOCK_NAME = "audit.lock"
CHECKED = ("intact", "made", "cloud", "signed_by", "trusted")


class KeyUnused(OuhaiError):
    """A key was given where nothing is checked."""


class AuditBureaus(BureauCommand, Reporter):
    """Look for ways between bureaus, try some with probe guests, and write a signed report.

    Exit codes: 0 nothing found, 4 findings, a breach, or a trial that showed nothing, also
    because probes could not be sent. With --check-signature: 0 the report is what was signed,
    whatever its result, 1 it is not.

    Examples:
      openstack bureau audit --report /srv/audits
      openstack bureau audit --static-only -f json
      openstack bureau audit --check-signature /srv/audits/audit-20260101T060000Z.json
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "--static-only", action="store_true", help="Boot no probes; look at the APIs alone"
        )
        parser.add_argument(
            "--report",
            metavar="<folder>",
            type=Path,
            help="Where the report goes (default: audits/ in the state folder)",
        )
        parser.add_argument(
            # not --verify, which the client takes for its own
            "--check-signature",
            metavar="<report>",
            type=Path,
            help="Only check a report: its signature, its name, and that page and data belong "
            "together; say when it was made, its result and the key",
        )
        parser.add_argument(
            "--key",
            metavar="<file>",
            type=Path,
            help="Public key for that (default: of this host)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Audit, or check a signature; return columns and what was found."""
        tenancy = self.tenancy(parsed_args)
        if parsed_args.check_signature:
            return self._checked(parsed_args, tenancy)
        if parsed_args.key:
            raise KeyUnused(
                "--key is for checking a report and signs none; name the report by "
                "--check-signature, or leave --key out"
            )
        state = tenancy.configuration.state
        # before the audit, which takes minutes, and whose findings should not be lost
        archive = files.archive(parsed_args.report or state / "audits", state)
        with self.counted(), orderly():
            report = _audit(tenancy, static_only=parsed_args.static_only)
            written = _written(report, archive, tenancy.language)
        mark = f"{WORDS['signed_by'].in_(tenancy.language)}: {signing.fingerprint(archive.public)}"
        lines = (*map(str, written), mark)
        self.text = "\n".join((*summary(report, tenancy.language), *lines))
        if parsed_args.formatter != TEXT:
            for line in (WORDS[report.result].in_(tenancy.language), *lines):
                _say(line)
        self.code = 0 if report.clean else FOUND
        columns = ("Code", "Severity", "Bureaus", "Object", "Text")
        return columns, list(_rows(report, tenancy.language))

    def _checked(self, parsed_args: argparse.Namespace, tenancy: Tenancy) -> tuple[Any, Any]:
        """Check a report; what it says of itself is shown, so that an old one is seen to be old."""
        key: Path | None = parsed_args.key
        trusted = signing.given(key) if key else signing.own(tenancy.configuration.state)
        found = files.check(parsed_args.check_signature, trusted)
        said = {name: WORDS[name].in_(tenancy.language) for name in (*CHECKED, found.result)}
        made, cloud = f"{found.made:%Y-%m-%d %H:%M:%S} UTC", visible(found.cloud)
        self.text = "\n".join(
            (
                *(f"{path}: {said['intact']}" for path in (found.page, found.data)),
                f"{said['made']}: {made}",
                f"{said['cloud']}: {cloud}",
                said[found.result],
                f"{said['signed_by']}: {trusted.fingerprint} ({said['trusted']} {trusted.path})",
            )
        )
        columns = ("Report", "Made", "Cloud", "Clean", "Result", "Key", "Trusted")
        told = (found.clean, said[found.result], trusted.fingerprint, str(trusted.path))
        return columns, [(str(parsed_args.check_signature), made, cloud, *told)]


def _audit(tenancy: Tenancy, *, static_only: bool) -> Report:
    register = tenancy.register()
    api = tenancy.login()
    # of this register, not of what its file may hold by now
    present = look(api, register, tenancy.configuration, tenancy.store)
    subject = Subject(
        register=register,
        path=Path(register.source),
        wanted=present.desired,
        cloud=str(api.connection.config.name or ""),
        directory=tenancy.configuration.directory_domain,
        lock=tenancy.configuration.state / LOCK_NAME,
    )
    return audit(api, subject, _say, static_only=static_only)


def _written(report: Report, archive: files.Archive, language: str) -> tuple[Path, Path]:
    """Write the report; when it cannot be, at least say on stderr what was found."""
    try:
        return files.write(report, archive, language)
    except files.ReportUnwritable:
        for line in summary(report, language):
            _say(line)
        raise


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def summary(report: Report, language: str) -> Iterator[str]:
    """Yield what a terminal is told: each finding, each trial that failed, the result."""
    for code, severity, bureaus, what, text in _rows(report, language):
        place = what or bureaus
        yield f"{code} {severity}{' ' if place else ''}{place}: {text}"
    yield WORDS[report.result].in_(language)


def _rows(report: Report, language: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield each finding, and each trial that failed with its verdict as severity."""
    for one in report.findings:
        severity = SEVERITY[one.check.severity].in_(language)
        bureaus = ", ".join(one.hole.bureaus)
        yield one.check.code, severity, bureaus, one.hole.object, one.hole.text.in_(language)
    for trial in report.failed:
        verdict = VERDICT[trial.verdict].in_(language)
        bureaus = " → ".join(filter(None, trial.bureaus))
        yield trial.code, verdict, bureaus, "", _told(trial, language)


def _told(trial: Trial, language: str) -> str:
    """Return a failed trial's title with what makes it fail."""
    breached = trial.verdict is Verdict.BREACHED
    telling = trial.negatives if breached else trial.controls
    reasons = (
        one.what.in_(language)
        + (f": {WORDS['no'].in_(language)}" if not breached else "")
        + (f" ({visible(one.detail)})" if one.detail else "")
        for one in telling
        if one.happened is breached
    )
    return "; ".join((trial.title.in_(language), *reasons))
