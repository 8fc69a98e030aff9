"""``openstack bureau retire``: seeing out a bureau or system, one careful step at a time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cliff.lister import Lister

from ouhai_cloud.language import Language, Text
from ouhai_cloud.osc.base import ArgumentParser, BureauCommand
from ouhai_cloud.osc.progress import Progress
from ouhai_cloud.tenancy.leaving import Departure, departure
from ouhai_cloud.tenancy.resources import Kind
from ouhai_cloud.tenancy.retirement import GRACE_DAYS, Retirement, allowed
from ouhai_cloud.tenancy.wording import called

IMPACT = ("Project", "Kind", "Name", "Id", "Status", "GiB")
DONE = ("Step", "What")
LONG = ("archive", "empty")
Rows = Iterator[tuple[object, ...]]
Texts = Iterator[Text]


class RetireBureau(BureauCommand, Lister):
    """See out a bureau or system that left the register.

    The order is: report, freeze (nobody can log in; can be thawed), days of grace, archive
    (servers are stopped; images, and servers' disks as images, go to the archive project), empty
    (volumes go there, too; servers, addresses, ports and security groups are deleted, stacks
    abandoned), remove (only what is verified empty). Without an option the report is shown: what is
    in it, and which step may follow.

    Examples:
      openstack bureau retire E021/oa --report
      openstack bureau retire E021 --freeze --grace-days 60
      openstack bureau retire E021 --thaw
      openstack bureau retire E021 --archive
      openstack bureau retire E021 --empty
      openstack bureau retire E021 --remove
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument(
            "place", metavar="<code>[/<system>]", help="The bureau or system that leaves"
        )
        step = parser.add_mutually_exclusive_group()
        texts = {
            "report": "Show what is in it (the default)",
            "freeze": "Disable it and begin its days of grace",
            "thaw": "Enable it again",
            "archive": "Stop servers, keep images and servers' disks, after grace",
            "empty": "Keep volumes; delete servers, stacks, addresses, ports and security groups",
            "remove": "Remove it, if it is empty",
        }
        for name, text in texts.items():
            step.add_argument(f"--{name}", dest="step", action="store_const", const=name, help=text)
        parser.add_argument(
            "--grace-days",
            metavar="<days>",
            type=_days,
            default=GRACE_DAYS,
            help=f"Days between freezing and archiving (default: {GRACE_DAYS})",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Take the step; return columns and rows."""
        tenancy, language = self.tenancy(parsed_args), parsed_args.language
        with self.counted():
            if parsed_args.step in (None, "report"):
                leaving = departure(tenancy.present(), tenancy.store, parsed_args.place)
                return IMPACT, list(_report(leaving, language))
            with tenancy.store.lock():
                leaving = departure(tenancy.present(), tenancy.store, parsed_args.place)
                done = STEPS[parsed_args.step](leaving, parsed_args.grace_days)
                return DONE, list(_told(parsed_args.step, done, language))


def _days(text: str) -> int:
    """Return a number of days; argparse prints the complaint and what may be given."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; give 0 or more")
    return int(text)


def _report(leaving: Departure, language: Language) -> Rows:
    projects = (one for one in leaving.leaving.resources if one.kind is Kind.PROJECT)
    names = {one.id: str(one.attributes["name"]) for one in projects}
    for one in leaving.contents():
        yield (names[one.project_id], one.what, one.name, one.id, one.status, one.size_gib)
    phase = leaving.retirement.phase
    following = ", ".join(allowed(phase))
    text = Text(
        f"{phase}; may follow: {following or 'nothing'}",
        f"{called(phase, 'zh')}; 下一步可为: {following or '无'}",
    )
    until = _until(leaving.retirement).in_(language)
    yield ("(all)", "phase", text.in_(language), "", until, "")


def _freeze(leaving: Departure, grace_days: int) -> Texts:
    until = _until(leaving.freeze(grace_days, Progress()))
    yield Text(f"disabled; can be thawed {until.english}", f"已停用; 可解冻{until.chinese}")


def _thaw(leaving: Departure, _: int) -> Texts:
    leaving.thaw(Progress())
    yield Text(
        "enabled again; put it back into the register, or freeze it again",
        "已重新启用; 请将其写回登记册, 或再次冻结",
    )


def _archive(leaving: Departure, _: int) -> Texts:
    yield from leaving.archive()
    yield Text("done; volumes are kept by --empty", "完成; 云硬盘由 --empty 保留")


def _empty(leaving: Departure, _: int) -> Texts:
    yield from leaving.empty()
    yield Text("verified: nothing is left in its projects", "已核实: 其项目中没有任何遗留")


def _remove(leaving: Departure, _: int) -> Texts:
    outcome = leaving.remove(Progress())
    outcome.require_complete()
    for change in outcome.done:
        yield Text(change.key, change.key)


def _told(step: str, texts: Texts, language: Language) -> Rows:
    """Yield rows; of long steps say each at once: the table comes at the end, if nothing fails."""
    for text in texts:
        said = text.in_(language)
        if step in LONG:
            print(f"{step}: {said}", file=sys.stderr, flush=True)
        yield (step, said)


def _until(retirement: Retirement) -> Text:
    if retirement.grace_until is None:
        return Text("", "")
    day = f"{retirement.grace_until:%Y-%m-%d}"
    return Text(f"until {day}", f"至 {day}")


STEPS: Mapping[str, Callable[[Departure, int], Texts]] = {
    "freeze": _freeze,
    "thaw": _thaw,
    "archive": _archive,
    "empty": _empty,
    "remove": _remove,
}
