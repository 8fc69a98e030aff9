"""Workbooks and CSV files that hide something or mean something else than they show are refused."""

from __future__ import annotations

import csv
import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.workbook import Workbook
from ouhai_cloud.errors import Fault, RegisterInvalid
from ouhai_cloud.tenancy.register import archive, sheet
from ouhai_cloud.tenancy.register.grid import LIMIT_COLUMNS, LIMIT_ROWS
from ouhai_cloud.tenancy.register.load import load

SMALL = Path(__file__).parents[2] / "fixtures" / "registers" / "small.yaml"

Change = Callable[[Workbook], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "登记册.xlsx"
    sheet.to_xlsx(load(SMALL), path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sheet.to_csv(load(SMALL), tmp_path)
    return tmp_path


def changed(path: Path, change: Change) -> None:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)


def put(title: str, cell: str, value: object) -> Change:
    def change(book: Workbook) -> None:
        book[title][cell].value = value

    return change


def refused(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(RegisterInvalid) as caught:
        sheet.from_xlsx(path) if path.is_file() else sheet.from_csv(path)
    return caught.value.faults


def chart(title: str) -> Change:
    def change(book: Workbook) -> None:
        if title in book.sheetnames:
            book.remove(book[title])
        book.create_chartsheet(title).add_chart(BarChart())

    return change


CHANGES: list[tuple[str, Change, str, str]] = [
    ("a formula", put("单位", "G3", "=2+6"), "单位!G3", "formula"),
    ("a date", put("协议", "D2", date(2026, 1, 1)), "协议!D2", "write text or a number"),
    ("a truth value", put("系统", "E2", True), "系统!E2", "write text or a number"),
    ("an error", put("系统", "G2", "#REF!"), "系统!G2", "error #REF!"),
    ("a number for a code", put("区", "A2", 330304), "区!A2", "format the cell as text"),
    ("text for a number", put("单位", "G3", "八"), "单位!G3", "whole number"),
    ("a huge number", put("单位", "G3", 1e20), "单位!G3", "at most 9 digits"),
    ("a fraction", put("单位", "G3", 7.5), "单位!G3", "whole number"),
    (
        "an unknown kind",
        put("单位", "D4", "学院"),
        "单位!D4",
        "中心、委办局、街道、镇、学校、事业单位",
    ),
    ("an unknown environment", put("系统", "F2", "production"), "系统!F2", "生产、测试"),
    ("an unknown unit", put("系统", "A2", "E999"), "系统!A2", "no unit E999"),
    ("no unit", put("系统", "A2", None), "系统!A2", "is missing; name a unit"),
    ("a broken rule", put("系统", "G3", 30), "单位!G3", "beyond the 8"),
    ("a missing value", put("单位", "F2", None), "单位!F2", "missing"),
    ("a bad list item", put("区", "E2", "10.1.0.53、dns"), "区!E2", "no IPv4 address"),
    ("a cell below no heading", put("协议", "F2", "x"), "协议!F2", "below no heading"),
    ("an unknown heading", put("协议", "E1", "备注"), "协议!E1", "no column 备注"),
    ("a heading twice", put("协议", "E1", "用途"), "协议!E1", "twice"),
    ("no heading", put("协议", "D1", None), "协议!A1", "用途 is missing"),
    ("two districts", put("区", "A3", "330305"), "区!A2", "2 districts"),
    ("merged cells", lambda book: book["单位"].merge_cells("C3:D5"), "单位!C3:D5", "merged"),
    ("a surplus sheet", lambda book: book.create_sheet("备注"), "备注", "no such sheet"),
    ("a surplus chart", chart("图表"), "图表", "no such sheet"),
    ("a chart for a sheet", chart("协议"), "协议", "a chart instead of cells"),
    ("a missing sheet", lambda book: book.remove(book["协议"]), "协议", "missing"),
    ("a far cell", put("区", "A30000", "x"), "区", f"at most {LIMIT_ROWS}"),
    ("a wide sheet", put("区", "XFD1", "x"), "区", "16384 columns"),
    (
        "a hidden column",
        lambda book: setattr(book["单位"].column_dimensions["Q"], "hidden", True),
        "单位!Q",
        "hidden",
    ),
    (
        "a hidden row",
        lambda book: setattr(book["单位"].row_dimensions[4], "hidden", True),
        "单位!4",
        "hidden",
    ),
    (
        "a hidden sheet",
        lambda book: setattr(book["协议"], "sheet_state", "veryHidden"),
        "协议",
        "hidden",
    ),
]


def test_the_workbook_that_is_broken_below_is_whole(path: Path) -> None:
    assert sheet.from_xlsx(path) == load(SMALL)


@pytest.mark.parametrize(
    ("change", "label", "message"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_a_bad_workbook_is_refused_at_its_cell(
    path: Path, change: Change, label: str, message: str
) -> None:
    changed(path, change)
    faults = refused(path)
    told = [fault for fault in faults if fault.path == label]
    assert told, "\n".join(map(str, faults))
    assert message in told[0].message
    assert told[0].file == str(path)


@pytest.mark.parametrize(("title", "cell", "value"), [("单位", "D4", "学院"), ("系统", "A4", 21)])
def test_a_cell_that_cannot_be_read_is_not_told_again_as_missing(
    path: Path, title: str, cell: str, value: object
) -> None:
    changed(path, put(title, cell, value))
    assert [fault.path for fault in refused(path) if fault.path == f"{title}!{cell}"] == [
        f"{title}!{cell}"
    ]


def test_numbers_too_long_to_be_written_are_refused(path: Path) -> None:
    def change(book: Workbook) -> None:
        book["系统"]["G2"].value = book["系统"]["G3"].value = 1234567

    changed(path, change)
    repacked(path, in_sheets(b"1234567", b"9" * 4300))
    assert {"系统!G2", "系统!G3"} <= {fault.path for fault in refused(path)}


def test_a_system_without_a_unit_does_not_go_to_a_unit_without_a_code(path: Path) -> None:
    def change(book: Workbook) -> None:
        book["单位"]["A5"].value = book["系统"]["A5"].value = None

    changed(path, change)
    assert {"单位!A5", "系统!A5"} <= {fault.path for fault in refused(path)}


def test_columns_may_change_places(path: Path) -> None:
    def swap(book: Workbook) -> None:
        for row in book["协议"].iter_rows():
            row[1].value, row[2].value = row[2].value, row[1].value

    changed(path, swap)
    assert sheet.from_xlsx(path) == load(SMALL)


def repacked(path: Path, edit: Callable[[str, bytes], bytes], **more: bytes) -> None:
    with zipfile.ZipFile(path) as old:
        parts = {name: edit(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in (parts | more).items():
            new.writestr(name, content)


def in_sheets(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def edit(name: str, content: bytes) -> bytes:
        return content.replace(old, new) if name.startswith("xl/worksheets/") else content

    return edit


def unchanged(_: str, content: bytes) -> bytes:
    return content


def test_a_workbook_with_macros_is_refused(path: Path) -> None:
    repacked(path, unchanged, **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    assert "macros" in refused(path)[0].message


@pytest.mark.parametrize("dtd", [b'<!DOCTYPE x [<!ENTITY a "a">]>', b'<!DOCTYPE x SYSTEM "f">'])
def test_entities_are_refused_before_anything_expands_them(path: Path, dtd: bytes) -> None:
    repacked(path, in_sheets(b"<worksheet", dtd + b"<worksheet"))
    assert "entities" in refused(path)[0].message


ENCODED: list[tuple[str, Callable[[str], bytes]]] = [
    ("UTF-16", lambda text: text.encode("utf-16")),
    ("UTF-16 after a line break", lambda text: f"\n{text}".encode("utf-16-le")),
    ("UTF-16 the other way round", lambda text: f" {text}".encode("utf-16-be")),
    ("GB18030", lambda text: f'<?xml version="1.0" encoding="GB18030"?>{text}'.encode("gb18030")),
    (
        "an encoding far behind",
        lambda text: f'<?xml version="1.0"{" " * 300}encoding="GB18030"?>{text}'.encode(),
    ),
    (
        "an encoding after UTF-8's mark",
        lambda text: f'\ufeff<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode(),
    ),
]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet2.xml", "xl/workbook.xml"])
@pytest.mark.parametrize("encode", [row[1] for row in ENCODED], ids=[row[0] for row in ENCODED])
def test_nothing_hides_in_another_encoding(
    path: Path, encode: Callable[[str], bytes], part: str
) -> None:
    changed(path, lambda book: book["单位"].merge_cells("C3:D5"))
    repacked(path, lambda name, content: encode(content.decode()) if name == part else content)
    assert f"{part} of the workbook is not UTF-8" in refused(path)[0].message


def test_what_excel_puts_beside_the_sheets_is_no_matter(path: Path) -> None:
    printer = "Canon <注释>".encode("utf-16-le")
    declared = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n'
    more = {"xl/media/image1.png": b"\x89PNG\0 <comment ", "xl/printerSettings/1.bin": printer}
    repacked(path, in_sheets(b"<worksheet", declared + b"<worksheet"), **more)
    assert sheet.from_xlsx(path) == load(SMALL)


def test_a_range_of_all_cells_is_refused_before_openpyxl_makes_them(path: Path) -> None:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    repacked(path, in_sheets(b"</sheetData>", merged))
    assert {fault.path for fault in refused(path)} == {
        f"{title}!A1:XFD1048576" for title in ("区", "单位", "系统", "协议")
    }


@pytest.mark.parametrize("cells", ["A1:XFD1048576", "A:XFD", "7"])
def test_a_link_over_many_cells_is_refused_before_openpyxl_makes_them(
    path: Path, cells: str
) -> None:
    link = f'<hyperlinks><hyperlink ref="{cells}" location="A1"/></hyperlinks></worksheet>'
    repacked(path, in_sheets(b"</worksheet>", link.encode()))
    faults = refused(path)
    assert faults[0].path == f"区!{cells}"
    assert "one link together" in faults[0].message


def test_a_comment_over_many_cells_is_refused_before_openpyxl_makes_them(path: Path) -> None:
    changed(path, lambda book: setattr(book["区"]["A2"], "comment", Comment("核对", "中心")))
    assert sheet.from_xlsx(path) == load(SMALL)
    repacked(path, lambda _, content: content.replace(b'ref="A2"', b'ref="A1:XFD1048576"'))
    assert "one comment together" in refused(path)[0].message


def test_a_link_of_one_cell_is_no_matter(path: Path) -> None:
    def change(book: Workbook) -> None:
        mailbox = book["单位"]["F2"].value
        book["单位"]["F2"].hyperlink = f"mailto:{mailbox}"
        book["单位"]["F2"].value = mailbox

    changed(path, change)
    assert sheet.from_xlsx(path) == load(SMALL)


def test_an_empty_cell_does_not_get_its_links_text(path: Path) -> None:
    link = b'<hyperlinks><hyperlink ref="L3" location="8080"/></hyperlinks></worksheet>'
    repacked(path, in_sheets(b"</worksheet>", link))
    assert "系统!L3" in {one.path for one in refused(path) if "remove the link" in one.message}


def test_a_zip_bomb_is_refused_by_the_size_it_states(path: Path) -> None:
    repacked(path, unchanged, **{"xl/media/big.xml": bytes(archive.LIMIT_UNPACKED_BYTES)})
    assert path.stat().st_size < archive.LIMIT_PACKED_BYTES
    assert "unpacked" in refused(path)[0].message


def test_a_zip_bomb_that_states_a_small_size_is_cut_there() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("big.xml", bytes(archive.LIMIT_UNPACKED_BYTES * 2))
    raw = packed.getvalue()
    size, lie = (struct.pack("<L", one) for one in (archive.LIMIT_UNPACKED_BYTES * 2, 100))
    assert raw.count(size) == 2
    bomb = raw.replace(size, lie)
    tracemalloc.start()
    try:
        with pytest.raises(RegisterInvalid, match=r"no XLSX workbook \(Bad CRC-32"):
            archive.checked(bomb, "bomb.xlsx")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < archive.LIMIT_UNPACKED_BYTES / 4


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"code,short\n", b"\xd0\xcf\x11\xe0"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(content)
    assert "save it as .xlsx" in refused(path)[0].message


def directory(*, name: bytes = b"a.xml", flags: int = 0, offset: int = 0, zip64: int = 0) -> bytes:
    """Return an archive with an empty part, as its directory says.

    :param offset: of the part, counted from the archive's beginning.
    :param zip64: the same in the directory's extension.
    """
    extra = struct.pack("<HHQ", 1, 8, zip64) if zip64 else b""
    part = struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    numbers = (20, 20, flags, 0, 0, 0, 0, 0, 0, len(name), len(extra), 0, 0, 0, 0)
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *numbers, offset) + name + extra
    return part + entry + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(part), 0)


@pytest.mark.parametrize(
    "raw",
    [
        directory(name=b"\xd4.xml", flags=0x800),
        directory(offset=0xFFFFFFFF, zip64=2**64 - 1),
        directory()[:-10] + struct.pack("<2LH", 51, 2**32 - 1, 0),
        directory(name=b""),
        directory(name=b"\x82" * 40_000),
    ],
    ids=["a name", "a far offset", "an offset before the file", "no name", "a long name"],
)
def test_a_workbook_with_a_damaged_directory_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "登记册.xlsx"
    path.write_bytes(raw)
    assert "this is no XLSX workbook" in refused(path)[0].message


def test_a_damaged_workbook_is_refused(path: Path) -> None:
    repacked(path, in_sheets(b"</worksheet>", b""))
    assert "damaged" in refused(path)[0].message


@pytest.mark.parametrize(
    ("first", "second"), [(b'A2+"x', b""), (b"A1+1", b'<c r="B1"><f t="shared" si="0"/></c>')]
)
def test_a_shared_formula_that_cannot_be_copied_is_refused(
    path: Path, first: bytes, second: bytes
) -> None:
    formula = b'<c r="B9"><f t="shared" si="0" ref="B9:B10">%b</f></c>%b' % (first, second)
    repacked(path, in_sheets(b"</row></sheetData>", formula + b"</row></sheetData>"))
    assert "damaged" in refused(path)[0].message


def test_a_workbook_without_a_workbook_is_refused(path: Path) -> None:
    repacked(path, lambda name, content: b"<Types/>" if name == "[Content_Types].xml" else content)
    assert "damaged" in refused(path)[0].message


def rewritten(folder: Path, title: str, old: str, new: str) -> None:
    path = folder / f"{title}.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_csv_without_the_mark_is_read_too(folder: Path) -> None:
    rewritten(folder, "单位", "区教育局", "区教育委员会")
    assert sheet.from_csv(folder).bureau("E021").name == "区教育委员会"


@pytest.mark.parametrize(
    ("title", "old", "new", "label", "message"),
    [
        ("单位", "委办局", "局", "单位!D3", "委办局"),
        ("单位", "E021,jyj", "E021,JYJ", "单位!B3", "small letter"),
        ("系统", "E021,oa", "E999,oa", "系统!A2", "no unit E999"),
        ("系统", ",443", ",八十", "系统!L2", "whole number"),
        ("协议", "S001,", "S001,多,", "协议!E2", "below no heading"),
        ("协议", "代码,", "编号,", "协议!A1", "no column 编号"),
        ("协议", "S001,", '"S"001,', "", "no CSV"),
    ],
)
def test_bad_csv_is_refused_at_its_cell(
    folder: Path, title: str, old: str, new: str, label: str, message: str
) -> None:
    rewritten(folder, title, old, new)
    (fault, *_) = (one for one in refused(folder) if one.path == label)
    assert message in fault.message
    assert fault.line


def edited(folder: Path, title: str, edit: Callable[[list[list[str]]], object]) -> Path:
    path = folder / f"{title}.csv"
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    edit(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("line", [1, 2])
def test_csv_with_a_far_cell_is_refused(folder: Path, line: int) -> None:
    path = edited(folder, "系统", lambda rows: rows[line - 1].extend([*[""] * 20_000, "x"]))
    (fault,) = refused(folder)
    assert (fault.file, fault.line, fault.path) == (str(path), line, "系统")
    assert f"20013 columns are in use, at most {LIMIT_ROWS} and {LIMIT_COLUMNS}" in fault.message


def test_csv_with_too_many_rows_is_refused(folder: Path) -> None:
    edited(folder, "协议", lambda rows: rows.extend([[""]] * LIMIT_ROWS))
    (fault,) = refused(folder)
    assert fault.line == LIMIT_ROWS + 1
    assert f"{LIMIT_ROWS + 2} rows" in fault.message


def test_a_value_that_a_short_row_lacks_is_missed_at_its_cell(folder: Path) -> None:
    def unit_last(rows: list[list[str]]) -> None:
        for row in rows:
            row.append(row.pop(0))
        rows[1].pop()

    path = edited(folder, "系统", unit_last)
    (fault, *_) = (one for one in refused(folder) if one.file == str(path))
    assert (fault.line, fault.path) == (2, "系统!L2")
    assert "is missing; name a unit" in fault.message


def test_a_short_row_lacks_nothing_that_may_be_left_out(folder: Path) -> None:
    def ports_cut(rows: list[list[str]]) -> None:
        for row in rows[2:]:
            row.pop()

    edited(folder, "系统", ports_cut)
    assert sheet.from_csv(folder) == load(SMALL)


def test_csv_in_gbk_is_refused(folder: Path) -> None:
    path = folder / "单位.csv"
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("gbk"))
    (fault,) = refused(folder)
    assert fault.file == str(path)
    assert "save it as UTF-8" in fault.message


def test_every_missing_csv_file_is_named(folder: Path) -> None:
    (folder / "区.csv").unlink()
    (folder / "协议.csv").unlink()
    assert [Path(fault.file).name for fault in refused(folder)] == ["区.csv", "协议.csv"]


@pytest.mark.parametrize("start", "=+-@＝'")
def test_no_exported_cell_is_a_formula(tmp_path: Path, start: str) -> None:
    text = SMALL.read_text(encoding="utf-8").replace("核对学生资助", f'"{start}cmd|calc"')
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    register = load(tmp_path / "r.yaml")
    sheet.to_csv(register, tmp_path)
    assert f",'{start}cmd|calc" in (tmp_path / "协议.csv").read_text(encoding="utf-8-sig")
    assert sheet.from_csv(tmp_path) == register
    sheet.to_xlsx(register, tmp_path / "r.xlsx")
    assert openpyxl.load_workbook(tmp_path / "r.xlsx")["协议"]["D2"].data_type == "s"
    assert sheet.from_xlsx(tmp_path / "r.xlsx") == register
