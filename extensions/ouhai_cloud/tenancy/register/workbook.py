"""A register as an XLSX workbook."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import TranslatorError
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register import archive, assembly
from ouhai_cloud.tenancy.register.grid import Grid, too_large
from ouhai_cloud.tenancy.register.load import accept, read_limited
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.register.tables import TABLES, Cell, Table

WIDTH = 20

AnyCell = SheetCell | MergedCell
Cells = list[list[AnyCell]]


def to_xlsx(register: Register, path: Path) -> None:
    """Write a register as a workbook of the four sheets 区, 单位, 系统, 协议.

    :raises OSError: the file cannot be written.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    rows = assembly.rows(register)
    for table in TABLES:
        _fill(book.create_sheet(table.title), table, rows[table.title])
    book.save(path)


def from_xlsx(path: Path) -> Register:
    """Read a register from a workbook.

    :raises RegisterInvalid: with every fault that was found, each with its sheet and cell.
    """
    name = str(path)
    book = _open(archive.checked(read_limited(path, archive.LIMIT_PACKED_BYTES), name), name)
    _refuse_if(_sheet_faults(book, name))
    cells = {table.title: [list(row) for row in book[table.title].iter_rows()] for table in TABLES}
    grids = {table.title: _grid(cells[table.title], table, name) for table in TABLES}
    _refuse_if(fault for title, grid in grids.items() for fault in _objections(cells[title], grid))
    return accept(assembly.document(grids, name))


def _refuse_if(faults: Iterable[Fault]) -> None:
    if found := tuple(faults):
        raise RegisterInvalid(found)


def _fill(sheet: Worksheet, table: Table, rows: Iterable[Iterable[Cell]]) -> None:
    for number, row in enumerate(rows, 1):
        for position, value in enumerate(row, 1):
            cell = sheet.cell(number, position)
            cell.value = value
            if isinstance(value, str):
                # openpyxl takes text that begins with "=" for a formula.
                cell.data_type = "s"
                cell.number_format = "@"
    for position in range(1, len(table.columns) + 1):
        sheet.cell(1, position).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(position)].width = WIDTH
    sheet.freeze_panes = "A2"


def _open(file: io.BytesIO, name: str) -> Workbook:
    try:
        return openpyxl.load_workbook(file)
    except (
        # What openpyxl lets through when XML is well formed but not what it expects.
        # (OSError: it finds no part that says it is the workbook.)
        *(AttributeError, IndexError, KeyError, OSError, OverflowError, TypeError, ValueError),
        *(InvalidFileException, ParseError, zipfile.BadZipFile),
        # A formula that cells share is written anew for each of them.
        *(TokenizerError, TranslatorError),
    ) as error:
        message = f"the workbook is damaged ({error}); save it anew with Excel or WPS"
        raise RegisterInvalid((Fault(name, 0, "", message),)) from error


def _sheet_faults(book: Workbook, name: str) -> Iterator[Fault]:
    yield from _title_faults(book, name)
    for sheet in book.worksheets:
        yield from _hidden(sheet, name)
        if message := too_large(sheet.max_row, sheet.max_column):
            yield Fault(name, 0, sheet.title, message)


def _title_faults(book: Workbook, name: str) -> Iterator[Fault]:
    wanted = [table.title for table in TABLES]
    for title in wanted:
        if title not in book.sheetnames:
            yield Fault(name, 0, title, "the sheet is missing; the sheets are " + "、".join(wanted))
    for title in book.sheetnames:
        if title not in wanted:
            message = "there is no such sheet in a register; allowed are " + "、".join(wanted)
            yield Fault(name, 0, title, message)
    for chart in book.chartsheets:
        if chart.title in wanted:
            message = "the sheet has a chart instead of cells; put a sheet with the table there"
            yield Fault(name, 0, chart.title, message)


def _hidden(sheet: Worksheet, name: str) -> Iterator[Fault]:
    message = "is hidden, so nobody has checked it; show it or delete it"
    if sheet.sheet_state != "visible":
        yield Fault(name, 0, sheet.title, f"the sheet {message}")
    for letter, column in sheet.column_dimensions.items():
        if column.hidden:
            yield Fault(name, 0, f"{sheet.title}!{letter}", f"the column {message}")
    for number, row in sheet.row_dimensions.items():
        if row.hidden:
            yield Fault(name, number, f"{sheet.title}!{number}", f"the row {message}")


def _grid(cells: Cells, table: Table, name: str) -> Grid:
    return Grid(name, table, [[_value(cell) for cell in row] for row in cells])


def _objections(cells: Cells, grid: Grid) -> Iterator[Fault]:
    for number, row in enumerate(cells, 1):
        for position, cell in enumerate(row, 1):
            if message := _objection(cell):
                yield grid.fault(number, position, message)


def _value(cell: AnyCell) -> Cell:
    return cell.value if isinstance(cell.value, str | int | float) else None


def _objection(cell: AnyCell) -> str:
    if cell.data_type == "f":
        return "the cell has a formula; put its value there instead"
    if cell.data_type == "e":
        return f"the cell has the error {cell.value}; write the value"
    if isinstance(cell.value, bool) or not isinstance(cell.value, str | int | float | None):
        return f"the cell has {type(cell.value).__name__} {cell.value}; write text or a number"
    if cell.hyperlink and cell.value in {cell.hyperlink.target, cell.hyperlink.location}:
        # openpyxl gives an empty cell the text of its link, which Excel does not show.
        return f"the cell may be empty but for its link {cell.value}; remove the link"
    return ""
