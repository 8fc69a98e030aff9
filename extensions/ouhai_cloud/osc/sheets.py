"""``openstack bureau import`` and ``export``: registers as the spreadsheets that bureaus send."""

from __future__ import annotations

import argparse
from pathlib import Path

from ouhai_cloud.errors import OuhaiError
from ouhai_cloud.osc.base import ArgumentParser, BureauCommand
from ouhai_cloud.tenancy.register import sheet
from ouhai_cloud.tenancy.register.dump import dump

XLSX = ".xlsx"


class FileExists(OuhaiError):
    """A file is there already and would be lost."""


class ImportBureaus(BureauCommand):
    """Turn a spreadsheet into a register: an .xlsx file, or a folder with a CSV file per sheet.

    Asks no cloud. Faults name sheet and cell; nothing is written then.

    Examples:
      openstack bureau import bureaus.xlsx > register.yaml
      openstack bureau import bureaus.xlsx --output register.yaml
    """

    auth_required = False

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("source", metavar="<file-or-folder>", type=Path)
        parser.add_argument(
            "--output", metavar="<file>", type=Path, help="Write here instead of to stdout"
        )
        parser.add_argument("--force", action="store_true", help="Replace the output file")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Convert."""
        source: Path = parsed_args.source
        read = sheet.from_csv if source.is_dir() else sheet.from_xlsx
        text = dump(read(source))
        if parsed_args.output is None:
            self.app.stdout.write(text)
            return
        _refuse_to_replace(parsed_args.output, force=parsed_args.force)
        parsed_args.output.write_text(text, encoding="utf-8")


class ExportBureaus(BureauCommand):
    """Turn the register into a spreadsheet: an .xlsx file, or a folder with a CSV file per sheet.

    Asks no cloud.

    Examples:
      openstack bureau export bureaus.xlsx
      openstack bureau export --register deploy/register/ouhai.yaml sheets/
    """

    auth_required = False

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options."""
        parser = self.tenancy_options(super().get_parser(prog_name))
        parser.add_argument("target", metavar="<file-or-folder>", type=Path)
        parser.add_argument("--force", action="store_true", help="Replace the file")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Convert."""
        register = self.tenancy(parsed_args).register()
        target: Path = parsed_args.target
        _refuse_to_replace(target, force=parsed_args.force)
        write = sheet.to_xlsx if target.suffix.lower() == XLSX else sheet.to_csv
        write(register, target)


def _refuse_to_replace(path: Path, *, force: bool) -> None:
    if path.is_file() and not force:
        raise FileExists(f"{path} exists; give --force to replace it")
