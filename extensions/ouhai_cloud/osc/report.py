"""Commands that tell a person in sentences, and programs in the client's own formats."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from cliff.formatters.value import ValueFormatter
from cliff.lister import Lister
from stevedore import ExtensionManager
from stevedore.extension import Extension

TEXT = "text"


class Reporter(Lister):
    """Base of such commands: `take_action` sets ``text`` and returns columns and rows.

    ``code`` is the exit code, also after rows were printed.
    """

    text = ""
    code = 0

    def _load_formatter_plugins(self) -> ExtensionManager[Any]:
        plugins: ExtensionManager[Any] = super()._load_formatter_plugins()
        # Where columns are chosen there are no sentences: a row a line. Not registered as a plugin,
        # else every list of the client would offer it.
        where = EntryPoint(TEXT, f"{ValueFormatter.__module__}:{ValueFormatter.__name__}", "")
        plugins.extensions.append(Extension(TEXT, where, ValueFormatter, ValueFormatter()))
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
