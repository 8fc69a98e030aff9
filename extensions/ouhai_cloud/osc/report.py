"""Commands that tell a person in sentences, and programs in the client's own formats."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import IO, Any

from cliff.formatters.base import ListFormatter
from cliff.lister import Lister
from stevedore import ExtensionManager
from stevedore.extension import Extension

TEXT = "text"


class TextFormatter(ListFormatter):
    """A row a line; what is printed when a person chose columns, and so no longer sentences."""

    def add_argument_group(self, parser: argparse.ArgumentParser) -> None:
        """Add no options."""

    def emit_list(
        self,
        column_names: Sequence[str],  # noqa: ARG002 - cliff's signature
        data: Iterable[Sequence[Any]],
        stdout: IO[str],
        parsed_args: argparse.Namespace,  # noqa: ARG002
    ) -> None:
        """Print the rows."""
        for row in data:
            stdout.write(" ".join(str(one) for one in row) + "\n")


class Reporter(Lister):
    """Base of such commands: `take_action` sets ``text`` and returns columns and rows.

    ``code`` is the exit code, also after rows were printed.
    """

    text = ""
    code = 0

    def _load_formatter_plugins(self) -> ExtensionManager[Any]:
        plugins: ExtensionManager[Any] = super()._load_formatter_plugins()
        # Not registered as a plugin: then every list of the client would offer it.
        where = EntryPoint(TEXT, f"{__name__}:{TextFormatter.__name__}", "")
        plugins.extensions.append(Extension(TEXT, where, TextFormatter, TextFormatter()))
        return plugins

    @property
    def formatter_default(self) -> str:
        """Sentences, unless something else is asked for."""
        return TEXT

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; return its exit code."""
        failed: int = super().run(parsed_args)
        return failed or self.code

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print sentences or rows."""
        if parsed_args.formatter != TEXT or parsed_args.columns:
            code: int = super().produce_output(parsed_args, column_names, data)
            return code
        self.app.stdout.write(f"{self.text}\n")
        return 0
