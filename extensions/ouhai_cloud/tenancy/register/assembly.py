"""The four grids put together into a document, and a register taken apart into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register.document import Document, Path, Place
from ouhai_cloud.tenancy.register.grid import Grid, Record, heading_faults, records
from ouhai_cloud.tenancy.register.model import Register
from ouhai_cloud.tenancy.register.plain import plain
from ouhai_cloud.tenancy.register.tables import (
    AGREEMENTS,
    DISTRICT,
    SYSTEMS,
    TABLES,
    UNITS,
    Cell,
    Column,
    Table,
)


def document(grids: Mapping[str, Grid], name: str) -> Document:
    """Return the document that the grids say.

    :param grids: by title; all four.
    :raises RegisterInvalid: headings are wrong, so that nothing can be read.
    """
    if wrong := tuple(fault for grid in grids.values() for fault in heading_faults(grid)):
        raise RegisterInvalid(wrong)
    found = {title: list(records(grid)) for title, grid in grids.items()}
    assembly = _Assembly(found, grids)
    return Document(name, assembly.data, assembly.places, tuple(assembly.faults))


def rows(register: Register) -> dict[str, list[list[Cell]]]:
    """Return the rows of each sheet, the headings first."""
    data = plain(register)
    systems = [
        {"unit": unit["code"], **system}
        for unit in data["bureaus"]
        for system in unit.get("systems", ())
    ]
    filling = {
        DISTRICT.title: [data["district"]],
        UNITS.title: data["bureaus"],
        SYSTEMS.title: systems,
        AGREEMENTS.title: data.get("agreements", []),
    }
    return {table.title: _rows(table, filling[table.title]) for table in TABLES}


class _Assembly:
    """Records become one tree; every value keeps the cell that it came from."""

    def __init__(self, found: Mapping[str, list[Record]], grids: Mapping[str, Grid]) -> None:
        self.places: dict[Path, Place] = {}
        self._systems_file = grids[SYSTEMS.title].file
        self.faults: list[Fault] = [
            fault for listed in found.values() for one in listed for fault in one.faults
        ]
        self.data: dict[str, Any] = {"bureaus": []}
        self._take_district(found[DISTRICT.title], grids[DISTRICT.title])
        self._take_list("bureaus", found[UNITS.title])
        self._take_systems(found[SYSTEMS.title])
        self._take_list("agreements", found[AGREEMENTS.title])

    def _take_district(self, found: list[Record], grid: Grid) -> None:
        if len(found) == 1:
            self.data["district"] = found[0].data
            self._keep(("district",), found[0])
        else:
            message = f"there are {len(found)} districts; write exactly one, below the headings"
            self.faults.append(grid.fault(2, 1, message))

    def _take_list(self, key: str, found: list[Record]) -> None:
        self.data[key] = [record.data for record in found]
        for index, record in enumerate(found):
            self._keep((key, index), record)

    def _take_systems(self, found: Iterable[Record]) -> None:
        units = self.data["bureaus"]
        coded = [(number, unit["code"]) for number, unit in enumerate(units) if "code" in unit]
        index = {code: number for number, code in reversed(coded)}
        for record in found:
            code = record.data.pop("unit", None)
            if code not in index:
                self._miss_unit(code, record)
                continue
            systems = units[index[code]].setdefault("systems", [])
            systems.append(record.data)
            self._keep(("bureaus", index[code], "systems", len(systems) - 1), record)

    def _miss_unit(self, code: str | None, record: Record) -> None:
        place = record.places[("unit",)]
        if any(fault.path == place.label for fault in record.faults):
            # There is a code, but it could not be read.
            return
        message = f"there is no unit {code} on the sheet 单位; name one by its code"
        if code is None:
            message = "is missing; name a unit of the sheet 单位 by its code"
        self.faults.append(Fault(self._systems_file, place.line, place.label, message))

    def _keep(self, path: Path, record: Record) -> None:
        for below, place in record.places.items():
            self.places[(*path, *below)] = place
            if len(below) > 1:
                # What is said of an allotment as a whole is said at its first cell.
                self.places.setdefault((*path, *below[:-1]), place)


def _rows(table: Table, filling: Iterable[Mapping[str, Any]]) -> list[list[Cell]]:
    headings: list[Cell] = [column.heading for column in table.columns]
    return [headings, *([_cell(one, column) for column in table.columns] for one in filling)]


def _cell(record: Mapping[str, Any], column: Column) -> Cell:
    value: Any = record
    for key in column.path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return None if value is None else column.form.write(value)
