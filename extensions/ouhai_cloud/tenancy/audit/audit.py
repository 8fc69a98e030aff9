"""The whole audit: list, check, probe, report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ouhai_cloud.cloud.api import Api
from ouhai_cloud.cloud.errors import SDK_ERRORS
from ouhai_cloud.cloud.exposure import Field, expose
from ouhai_cloud.cloud.probing import Site
from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import active, checks
from ouhai_cloud.tenancy.audit.active import Say
from ouhai_cloud.tenancy.audit.checks.people import duty_groups
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.naming import visible
from ouhai_cloud.tenancy.audit.report import Report
from ouhai_cloud.tenancy.audit.verdicts import Seen, Trial
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.resources import State

PAIR = 2
_PAIR_FOUND = Text(
    "two bureaus with a network behind a router were found",
    "找到两个单位可供实测（网络已接路由器）",
)
_PROBED = Text("the probes came to their end", "探针实测全部完成")


@dataclass(frozen=True)
class Subject:
    """What is audited, and against what.

    :param path: the register's file.
    :param cloud: the cloud's name, for the report.
    :param directory: name of the domain that staff log in from.
    :param lock: a file by which audits keep out of each other's probes; None for whoever knows
        that no other audit of this cloud runs.
    """

    register: Register
    path: Path
    wanted: State
    cloud: str
    directory: str
    lock: Path | None = None


def audit(api: Api, subject: Subject, say: Say, *, static_only: bool) -> Report:
    """Audit a cloud; what is found is in the report, not raised, and so is why probing failed.

    :param say: gets a line for each step.
    :raises CloudUnreachable: a service does not answer while it is listed.
    :raises Refused: the auditor may not list something.
    """
    facts = look(api, subject)
    say(f"looked at {sum(facts.exposure.counts().values())} objects")
    findings = checks.run(facts)
    trials = () if static_only else _probe(api, facts, say, subject.lock)
    return Report(
        made=datetime.now(UTC).replace(microsecond=0),
        cloud=subject.cloud,
        district=subject.register.district.name,
        register=str(subject.path),
        digest=subject.register.digest,
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


def _probe(api: Api, facts: Facts, say: Say, lock: Path | None) -> tuple[Trial, ...]:
    """Return the trials; when probing fails, an inconclusive one that says why.

    What was found before is worth a report, also when no probe can be had.
    """
    places = active.sites(facts)
    if len(places) < PAIR:
        say("there are not two bureaus with a network behind a router: nothing to probe")
        return (_not_probed(places, _PAIR_FOUND),)
    try:
        return active.probe(api, places, say, lock)
    except (OuhaiError, OSError, *SDK_ERRORS) as error:
        reason = str(error) or type(error).__name__
        say(visible(f"probing failed: {reason}"))
        return (_not_probed(places, _PROBED, reason),)


def _not_probed(places: tuple[Site, ...], what: Text, reason: str = "") -> Trial:
    """Return what stands in for the trials that were not made, or whose results are lost."""
    first, second, *_ = (*(place.bureau for place in places), "", "")
    title = Text("Whether probes could do their work", "探针能否完成实测")
    return Trial("P00", title, (first, second), (), (Seen(what, False, reason),))
