"""What the commands have in common: their options, and what they work with."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cliff import _argparse
from cliff.command import Command

from ouhai_cloud import config
from ouhai_cloud.cloud.api import Api
from ouhai_cloud.config import Configuration, ConfigurationInvalid
from ouhai_cloud.language import Language, preferred
from ouhai_cloud.tenancy.present import Present, look
from ouhai_cloud.tenancy.register.load import load
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.state import StateStore

ArgumentParser = _argparse.ArgumentParser
"""What cliff's commands return: a subclass of argparse's, for which it has no public name."""


@dataclass(frozen=True)
class Tenancy:
    """What a command works with; the cloud is logged in to when it is first asked."""

    configuration: Configuration
    language: Language
    login: Callable[[], Api]

    @property
    def store(self) -> StateStore:
        """What we remember."""
        return StateStore(self.configuration.state)

    def register(self) -> Register:
        """Read the register.

        :raises ConfigurationInvalid: none is named.
        :raises RegisterInvalid: it breaks its rules.
        """
        path = self.configuration.register
        if path is None:
            raise ConfigurationInvalid(
                "No register is named: give --register FILE or set $OUHAI_REGISTER; "
                "deploy/register/ has examples"
            )
        return load(path)

    def present(self) -> Present:
        """Look at register, cloud and memory, and plan."""
        register = self.register()
        return look(self.login(), register, self.configuration, self.store)


class CloudCommand(Command):
    """Base of all our commands, before cliff's: the login, and help that keeps its lines."""

    app: Any

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Keep the lines of examples."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    @contextmanager
    def counted(self) -> Iterator[None]:
        """With openstackclient's --timing, say on stderr how many requests there were."""
        try:
            yield
        finally:
            if getattr(self.app.options, "timing", False):
                _print_counts(self.login().requests)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command."""
        # openstackclient closes the session at the end, also where nobody had to log in.
        if not hasattr(self.app.client_manager, "session"):
            self.app.client_manager.session = None
        code: int = super().run(parsed_args)
        return code

    def login(self) -> Api:
        """Return what asks the cloud, logged in."""
        api: Api = self.app.client_manager.bureau
        return api


class BureauCommand(CloudCommand):
    """Base of the commands that work with the register."""

    def tenancy_options(self, parser: ArgumentParser) -> ArgumentParser:
        """Add the options that say which register, state and language."""
        parser.add_argument(
            "--register",
            metavar="<file>",
            type=Path,
            help="The bureau register (default: $OUHAI_REGISTER, else what bureaus.yml was run "
            "with)",
        )
        parser.add_argument(
            "--state",
            metavar="<folder>",
            type=Path,
            help="What was applied earlier (default: $OUHAI_STATE, else what bureaus.yml was run "
            "with, else tenancy/ beside the clouds.yaml in use)",
        )
        add_language(parser)
        return parser

    def tenancy(self, parsed_args: argparse.Namespace) -> Tenancy:
        """Return what the command works with.

        :raises ConfigurationInvalid: the configuration cannot be read.
        """
        configuration = config.load()
        if parsed_args.register:
            configuration = replace(configuration, register=parsed_args.register)
        if parsed_args.state:
            configuration = replace(configuration, state=parsed_args.state)
        return Tenancy(configuration, parsed_args.language, self.login)


def add_language(parser: ArgumentParser) -> None:
    """Add the option that says in which language texts are shown."""
    parser.add_argument(
        "--language",
        choices=("zh", "en"),
        default=preferred(),
        help="Language of texts (default: after $LANG)",
    )


def _print_counts(requests: Counter[str]) -> None:
    for what, count in sorted(requests.items()):
        print(f"{count:6} {what}", file=sys.stderr)
    print(f"{requests.total():6} requests in all", file=sys.stderr)
