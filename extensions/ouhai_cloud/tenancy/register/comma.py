"""A register as a folder of CSV files, one for each sheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register import assembly, yaml_text
from ouhai_cloud.tenancy.register.grid import LIMIT_COLUMNS, LIMIT_ROWS, Grid, too_large
from ouhai_cloud.tenancy.register.load import accept, read_limited
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.register.tables import TABLES, Cell, Table

_RISKY = tuple("=+-@＝＋－＠\t\r'")
"""Excel may take a cell that begins so for a formula and run it; the apostrophe escapes."""


def to_csv(register: Register, folder: Path) -> None:
    """Write a register as 区.csv, 单位.csv, 系统.csv and 协议.csv, in UTF-8 as Excel expects it.

    :param folder: made when it is not there.
    :raises OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for title, rows in assembly.rows(register).items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows([map(_escaped, row) for row in rows])
        (folder / f"{title}.csv").write_bytes(text.getvalue().encode("utf-8-sig"))


def from_csv(folder: Path) -> Register:
    """Read a register from a folder of the four files.

    :raises RegisterInvalid: with every fault that was found, each with its sheet and cell.
    """
    grids = {}
    faults: list[Fault] = []
    for table in TABLES:
        try:
            grids[table.title] = _grid(folder / f"{table.title}.csv", table)
        except RegisterInvalid as error:
            faults += error.faults
    if faults:
        raise RegisterInvalid(tuple(faults))
    return accept(assembly.document(grids, str(folder)))


def _grid(path: Path, table: Table) -> Grid:
    text = yaml_text.decode(read_limited(path, yaml_text.LIMIT_BYTES), str(path))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [[_unescaped(cell) for cell in row] for row in reader]
    except csv.Error as error:
        message = f"this is no CSV ({error}); look at the quotes of this line"
        raise RegisterInvalid((Fault(str(path), reader.line_num, "", message),)) from error
    if message := too_large(len(rows), max(map(len, rows), default=0)):
        wide = (number for number, row in enumerate(rows, 1) if len(row) > LIMIT_COLUMNS)
        first = next(wide, LIMIT_ROWS + 1)
        raise RegisterInvalid((Fault(str(path), first, table.title, message),))
    return Grid(str(path), table, rows)


def _escaped(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RISKY) else cell


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell
