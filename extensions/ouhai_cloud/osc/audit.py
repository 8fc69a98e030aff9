"""``openstack bureau audit``: whether one bureau can see, reach or starve another."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cliff.command import Command

from ouhai_cloud.osc.base import BureauCommand, Tenancy
from ouhai_cloud.tenancy.audit import files, signing
from ouhai_cloud.tenancy.audit.audit import Subject, audit
from ouhai_cloud.tenancy.audit.report import Report
from ouhai_cloud.tenancy.audit.words import SEVERITY, VERDICT, WORDS

FOUND = 4


class AuditBureaus(BureauCommand, Command):
    """Look for ways between bureaus, try some with probe guests, and write a signed report.

    Exit codes: 0 nothing found, 4 findings, a breach, or a trial that showed nothing.

    Examples:
      openstack bureau audit --report /srv/audits
      openstack bureau audit --static-only
      openstack bureau audit --check-signature /srv/audits/audit-20260101T060000Z.json
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
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
            help="Only check a report's signature",
        )
        parser.add_argument(
            "--key",
            metavar="<file>",
            type=Path,
            help="Public key for that (default: of this host, else the one beside the report)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Audit or verify; return the exit code."""
        tenancy = self.tenancy(parsed_args)
        if parsed_args.check_signature:
            return self._verify(parsed_args, tenancy.configuration.state)
        with self.counted():
            report = _audit(tenancy, static_only=parsed_args.static_only)
        state = tenancy.configuration.state
        folder = parsed_args.report or state / "audits"
        page, data = files.write(report, folder, state, tenancy.language)
        for line in (*summary(report, tenancy.language), str(page), str(data)):
            self.app.stdout.write(f"{line}\n")
        return 0 if report.clean else FOUND

    def _verify(self, parsed_args: argparse.Namespace, state: Path) -> int:
        path = parsed_args.check_signature
        beside = path.parent / signing.PUBLIC_NAME
        own = state / signing.KEY_NAME
        if parsed_args.key or not own.exists():
            mark = signing.verify(path, parsed_args.key or beside)
        else:
            mark = signing.verify_own(path, own.parent)
        self.app.stdout.write(f"{path}: signed by key {mark}\n")
        return 0


def _audit(tenancy: Tenancy, *, static_only: bool) -> Report:
    register = tenancy.register()
    api = tenancy.login()
    subject = Subject(
        register=register,
        path=Path(register.source),
        wanted=tenancy.present().desired,
        cloud=str(api.connection.config.name or ""),
        directory=tenancy.configuration.directory_domain,
    )
    return audit(api, subject, _say, static_only=static_only)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def summary(report: Report, language: str) -> Iterator[str]:
    """Yield what a terminal is told: each finding, each trial that failed, the result."""
    for one in report.findings:
        severity = SEVERITY[one.check.severity].of(language)
        yield f"{one.check.code} {severity} {one.hole.object}: {one.hole.text.of(language)}"
    for trial in report.failed:
        direction = " → ".join(trial.bureaus)
        verdict = VERDICT[trial.verdict].of(language)
        yield f"{trial.code} {direction} {trial.title.of(language)}: {verdict}"
    yield WORDS["clean" if report.clean else "not_clean"].of(language)
