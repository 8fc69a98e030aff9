"""A sheet as a grid of cells, the same from a workbook and from CSV, and records out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from openpyxl.utils import get_column_letter

from ouhai_cloud.errors import Fault
from ouhai_cloud.tenancy.register.document import Place
from ouhai_cloud.tenancy.register.tables import Cell, Column, Table

LIMIT_ROWS = 20_000
LIMIT_COLUMNS = 100


@dataclass(frozen=True)
class Grid:
    """Rows of cells; the first has the headings.

    :param file: the file as the user named it.
    """

    file: str
    table: Table
    rows: Sequence[Sequence[Cell]]

    def label(self, row: int, column: int) -> str:
        """Return what people call a cell, given both numbers from 1."""
        return f"{self.table.title}!{get_column_letter(column)}{row}"

    def fault(self, row: int, column: int, message: str) -> Fault:
        """Return a fault of a cell."""
        return Fault(self.file, row, self.label(row, column), message)


@dataclass(frozen=True)
class Record:
    """What a row says.

    :param places: of the row (the empty path) and of each of its values.
    :param faults: cells that could not be read.
    """

    data: dict[str, Any]
    places: dict[tuple[str, ...], Place]
    faults: tuple[Fault, ...]


def too_large(rows: int, columns: int) -> str:
    """Return what is said of a sheet that has more rows or columns than are read, or nothing."""
    if rows <= LIMIT_ROWS and columns <= LIMIT_COLUMNS:
        return ""
    message = f"{rows} rows and {columns} columns are in use, at most "
    return f"{message}{LIMIT_ROWS} and {LIMIT_COLUMNS} are read; delete the empty ones"


def heading_faults(grid: Grid) -> Iterator[Fault]:
    """Yield a fault for every heading that is missing, unknown or there twice."""
    headings = [_text(cell) for cell in (grid.rows[0] if grid.rows else ())]
    known = [column.heading for column in grid.table.columns]
    for number, heading in enumerate(headings, 1):
        if heading and heading not in known:
            message = f"there is no column {heading}; allowed are {'、'.join(known)}"
            yield grid.fault(1, number, message)
        elif heading and heading in headings[: number - 1]:
            yield grid.fault(1, number, f"the column {heading} is there twice; keep one")
    for heading in known:
        if heading not in headings:
            yield grid.fault(1, 1, f"the column {heading} is missing; write it into the first row")


def records(grid: Grid) -> Iterator[Record]:
    """Yield what each row says that is not blank; the headings must be right."""
    columns = {column.heading: column for column in grid.table.columns}
    order = [columns.get(_text(heading)) for heading in grid.rows[0]]
    for number, row in enumerate(grid.rows[1:], 2):
        if any(not _blank(cell) for cell in row):
            yield _record(grid, number, row, order)


def _record(grid: Grid, number: int, row: Sequence[Cell], order: list[Column | None]) -> Record:
    record = Record({}, {(): Place(number, grid.label(number, 1))}, ())
    faults: list[Fault] = []
    # In CSV a row may be shorter than the headings; what it lacks has its place nevertheless.
    for position, (cell, column) in enumerate(zip_longest(row, order), 1):
        if column is not None:
            record.places[column.path] = Place(number, grid.label(number, position))
        if _blank(cell):
            continue
        if column is None:
            faults.append(grid.fault(number, position, "the cell is below no heading; empty it"))
            continue
        try:
            _put(record.data, column.path, column.form.read(cell))
        except ValueError as error:
            faults.append(grid.fault(number, position, str(error)))
    return Record(record.data, record.places, tuple(faults))


def _put(data: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        data = data.setdefault(key, {})
    data[path[-1]] = value


def _blank(cell: Cell) -> bool:
    return cell is None or cell == ""


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)
