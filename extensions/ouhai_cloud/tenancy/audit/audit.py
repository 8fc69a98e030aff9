"""The whole audit: list, check, probe, report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.exposure import Field, expose
from ouhai_cloud.tenancy.audit import active, checks
from ouhai_cloud.tenancy.audit.active import Say
from ouhai_cloud.tenancy.audit.checks.people import duty_groups
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.report import Report, digest_of
from ouhai_cloud.tenancy.audit.verdicts import Trial
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import State

PAIR = 2


@dataclass(frozen=True)
class Subject:
    """What is audited, and against what.

    :param path: the register's file.
    :param cloud: the cloud's name, for the report.
    :param directory: name of the domain that staff log in from.
    """

    register: Register
    path: Path
    wanted: State
    cloud: str
    directory: str


def audit(api: Api, subject: Subject, say: Say, *, static_only: bool) -> Report:
    """Audit a cloud; what is found is in the report, not raised.

    :param say: gets a line for each step.
    :raises CloudUnreachable: a service does not answer.
    :raises ProbeUnusable: a probe does not start or does not answer.
    """
    facts = look(api, subject)
    say(f"looked at {sum(facts.exposure.counts().values())} objects")
    findings = checks.run(facts)
    trials = () if static_only else _probe(api, facts, say)
    return Report(
        made=datetime.now(UTC).replace(microsecond=0),
        cloud=subject.cloud,
        district=subject.register.district.name,
        register=str(subject.path),
        digest=digest_of(subject.path),
        counts=facts.exposure.counts(),
        findings=findings,
        trials=trials,
        static_only=static_only,
    )


def look(api: Api, subject: Subject) -> Facts:
    """List what the static audit needs, beside the register and what it asks for."""
    register = subject.register
    shorts = frozenset(one.short for one in register.bureaus if one.parent is None)
    field = Field(shorts, subject.directory, tuple(duty_groups(register)))
    return Facts(expose(api, field), register, subject.wanted, subject.directory)


def _probe(api: Api, facts: Facts, say: Say) -> tuple[Trial, ...]:
    places = active.sites(facts)
    if len(places) < PAIR:
        say("there are not two bureaus with a network behind a router: nothing to probe")
        return ()
    return active.probe(api, places, say)
