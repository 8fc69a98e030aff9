"""``openstack app list``, ``show``, ``publish`` and ``withdraw``: the catalogue."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from ouhai_cloud.catalogue import copies, shelf
from ouhai_cloud.catalogue.entry import Entry, load
from ouhai_cloud.cloud.published import published
from ouhai_cloud.language import Language, spoken
from ouhai_cloud.osc.base import ArgumentParser, CloudCommand, add_language


class ListApplications(CloudCommand, Lister):
    """List the applications that the catalogue offers, or the project's own copies.

    Examples:
      openstack app list
      openstack app list --all --language zh
      openstack app list --deployed
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--deployed", action="store_true", help="The project's copies instead of the catalogue"
        )
        which.add_argument(
            "--all", action="store_true", help="Also versions that the centre has withdrawn"
        )
        add_language(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return columns and rows."""
        with self.counted():
            if parsed_args.deployed:
                return self._copies()
            rows = published(self.login())
        columns = ("Application", "Version", "Title", "State", "Published at", "Digest")
        return columns, [
            (
                one.application,
                one.version,
                one.titles[parsed_args.language],
                "withdrawn" if one.withdrawn else "offered",
                one.published_at,
                one.digest[:12],
            )
            for one in rows
            if parsed_args.all or not one.withdrawn
        ]

    def _copies(self) -> tuple[Any, Any]:
        columns = ("Name", "Application", "Version", "Status", "Created at")
        rows = (
            (
                one.name,
                copies.tag(one, "application"),
                copies.tag(one, "version"),
                one.status,
                one.created_at,
            )
            for one in copies.copies(self.login())
        )
        return columns, rows


class ShowApplication(CloudCommand, ShowOne):
    """Show what an application is, what it needs, and what can be chosen.

    Example:
      openstack app show server
      openstack app show server:1 -f yaml
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_application(parser)
        add_language(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return names and values."""
        with self.counted():
            entry = shelf.take(self.login(), *parsed_args.application)
        facts = describe(entry, parsed_args.language)
        return tuple(facts), tuple(facts.values())


class PublishApplications(CloudCommand, Lister):
    """Check applications' folders and put them into the catalogue; only the centre may.

    All are checked, by Heat too, before the first one is published. A version's template and
    metadata never change once it is published, values of its environment and prices may. Publishing
    one that was withdrawn offers it again.

    Examples:
      openstack app publish heat-templates/*/* --environment production
      openstack app publish heat-templates/server/1 --environment lab --check
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "folders",
            metavar="<folder>",
            type=Path,
            nargs="+",
            help="heat-templates/<application>/<version>",
        )
        parser.add_argument(
            "--environment",
            metavar="<name>",
            default="production",
            help="Which of its environments to publish (default: production)",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Check it and say what would be done; change nothing",
        )
        add_language(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Publish; return columns and rows."""
        entries = [load(folder, parsed_args.environment) for folder in parsed_args.folders]
        with self.counted():
            api = self.login()
            actions = [shelf.foresee(api, entry) for entry in entries]
            if not parsed_args.check:
                actions = [shelf.publish(api, entry) for entry in entries]
        columns = ("Application", "Version", "Title", "Action", "Digest")
        return columns, [
            (
                entry.application,
                entry.version,
                entry.title(parsed_args.language),
                action,
                entry.digest,
            )
            for entry, action in zip(entries, actions, strict=True)
        ]


class WithdrawApplication(CloudCommand):
    """Offer a version no longer; only the centre may. Copies that were made of it go on.

    Example:
      openstack app withdraw server:1
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "application", metavar="<application>:<version>", type=with_version, help="server:1"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Withdraw it."""
        application, version = parsed_args.application
        with self.counted():
            new = shelf.withdraw(self.login(), application, version)
        was = "is" if new else "was already"
        self.app.stdout.write(f"{application} {version} {was} withdrawn\n")


def add_application(parser: ArgumentParser) -> None:
    """Add the argument that says which application, and in which version."""
    parser.add_argument(
        "application",
        metavar="<application>[:<version>]",
        type=application_and_version,
        help="Such as server, or server:1; by default the newest version that is offered",
    )


def application_and_version(word: str) -> tuple[str, str]:
    """Return name and version, which is empty where none is named."""
    application, _, version = word.partition(":")
    return application, version


def with_version(word: str) -> tuple[str, str]:
    """Return name and version.

    :raises argparse.ArgumentTypeError: a version is not named.
    """
    application, version = application_and_version(word)
    if not version:
        raise argparse.ArgumentTypeError(f"{word!r} names no version; write {word}:<version>")
    return application, version


def describe(entry: Entry, language: Language) -> dict[str, Any]:
    """Return what people want to know of an entry before they deploy it."""
    defaults = entry.environment.get("parameter_defaults", {})
    checks = entry.metadata["checks"]
    return {
        "application": entry.application,
        "version": entry.version,
        "title": entry.title(language),
        "summary": entry.metadata["summary"][language],
        "needs at least": "\n".join(_needs(entry)),
        "parameters": "\n".join(
            f"{name} ({one['label']}): {spoken(one['description'], language)}"
            + _default(one, defaults.get(name, one.get("default")))
            for name, one in entry.template["parameters"].items()
        ),
        "scales": entry.scales,
        "checked inside": "\n".join(one[language] for one in checks["inside"]),
        "checked from outside": "\n".join(one[language] for one in checks["outside"]),
        "digest": entry.digest,
    }


def _needs(entry: Entry) -> Iterator[str]:
    for parameter in ("", *entry.metadata.get("requires_by_parameter", ())):
        needs = entry.requires(parameter)
        name = f"{parameter}: " if parameter else ""
        yield f"{name}{needs.cores} cores, {needs.memory_mib} MiB, {needs.disk_gib} GiB"


def _default(parameter: dict[str, Any], value: Any) -> str:
    if value is None:
        return " [required]"
    return "" if parameter.get("hidden") else f" [{value}]"
