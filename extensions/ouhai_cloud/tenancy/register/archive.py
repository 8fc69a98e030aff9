"""What an XLSX file must be before openpyxl may open it: small, plain XML, nothing merged.

openpyxl unpacks whatever it is given and makes a cell for every one of a range that is merged, or
has a link or a comment, and may name 17 billion; so both are looked at first, and everything that
could hide from the look (a DTD, another encoding than UTF-8) is refused.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from posixpath import join, normpath
from typing import NoReturn
from xml.etree import ElementTree

from ouhai_cloud.errors import Fault, RegisterInvalid

LIMIT_PACKED_BYTES = 4 * 1024 * 1024
LIMIT_UNPACKED_BYTES = 32 * 1024 * 1024
LIMIT_PARTS = 200

_BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""What may stand before the first tag in one encoding or another: marks of byte order, blanks."""
_ENCODING = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([^\"']*)")
_SPREAD = {
    "mergeCell": "the cells are merged; unmerge them and fill every one",
    "hyperlink": "the cells have one link together; remove it",
    "comment": "the cells have one comment together; remove it",
}
"""Elements that may be of many cells, and what is said of them then."""
_SPREADING = re.compile(rf"[<:]({'|'.join(_SPREAD)})[\s/>]".encode())
_CELL = re.compile(r"[A-Z]{1,3}[0-9]{1,7}\Z")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def checked(raw: bytes, name: str) -> io.BytesIO:
    """Look at a workbook's file and return it packed anew, as harmless as it was found.

    A bomb may understate its size: reading stops there, but openpyxl would unpack all of it first.

    :param raw: its content.
    :param name: the file as the user named it.
    :raises RegisterInvalid: openpyxl must not open it.
    """
    if len(raw) > LIMIT_PACKED_BYTES:
        _refuse(
            name,
            f"the workbook has more than {LIMIT_PACKED_BYTES} bytes; remove what is no register",
        )
    try:
        parts = dict(_parts(raw, name))
        packed = _packed(parts)
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError),
        # Encrypted, or an unusual compression.
        *(RuntimeError, NotImplementedError),
        # The directory has a place beyond the file, or a name that is none.
        *(IndexError, OverflowError, ValueError, struct.error),
    ) as error:
        message = f"this is no XLSX workbook ({error}); save it as .xlsx, without a password"
        raise RegisterInvalid((Fault(name, 0, "", message),)) from error
    for part, content in parts.items():
        _check_part(part, content, name)
    if faults := tuple(_spread(parts, name)):
        raise RegisterInvalid(faults)
    return packed


def _parts(raw: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        listed = archive.infolist()
        if len(listed) > LIMIT_PARTS:
            _refuse(name, f"the workbook has {len(listed)} parts, at most {LIMIT_PARTS} are read")
        if (size := sum(one.file_size for one in listed)) > LIMIT_UNPACKED_BYTES:
            message = f"unpacked, the workbook would have {size} bytes, at most "
            _refuse(name, f"{message}{LIMIT_UNPACKED_BYTES} are read; is this a register?")
        for one in listed:
            if one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                _refuse(name, f"{one.filename} is packed unusually; save it anew with Excel or WPS")
            with archive.open(one) as part:
                # Only with a size does zipfile unpack no more than that.
                yield one.filename, part.read(one.file_size + 1)


def _packed(parts: dict[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    packed.seek(0)
    return packed


def _check_part(part: str, content: bytes, name: str) -> None:
    if "vbaproject" in part.lower() or b"macroEnabled" in content:
        _refuse(name, "the workbook has macros; save it as .xlsx, without macros")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        _refuse(
            name, f"{part} of the workbook defines XML entities; save it anew with Excel or WPS"
        )
    if _is_xml(content) and not _is_utf8(content):
        _refuse(name, f"{part} of the workbook is not UTF-8; save it anew with Excel or WPS")


def _is_xml(content: bytes) -> bool:
    """Whether a parser of XML would take more of it than the beginning, as not of a picture."""
    return content.lstrip(_BEFORE_XML).startswith(b"<")


def _is_utf8(content: bytes) -> bool:
    declared = _ENCODING.match(content.lstrip(_BEFORE_XML))
    # In UTF-16 and UTF-32 there is a NUL beside the first "<" already.
    return b"\0" not in content and (
        declared is None or declared[1].lower() in {b"utf-8", b"us-ascii"}
    )


def _spread(parts: dict[str, bytes], name: str) -> Iterator[Fault]:
    titles = _titles(parts)
    for part, content in parts.items():
        if not (_is_xml(content) and _SPREADING.search(content)):
            continue
        for element in _xml(part, content, name).iter():
            message = _SPREAD.get(element.tag.rpartition("}")[2])
            cells = element.get("ref", "")
            if message and not _CELL.match(cells):
                yield Fault(name, _row(cells), f"{titles.get(part, part)}!{cells}", message)


def _titles(parts: dict[str, bytes]) -> dict[str, str]:
    """Return the sheets' titles by part, so far as they are where they usually are."""
    book, links = parts.get("xl/workbook.xml"), parts.get("xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        return {}
    try:
        targets = {
            one.get("Id"): normpath(join("/xl", one.get("Target", ""))).lstrip("/")
            for one in ElementTree.fromstring(links)  # noqa: S314 - no DTD is in it, see above
        }
        sheets = [
            one
            for one in ElementTree.fromstring(book).iter()  # noqa: S314 - no DTD is in it
            if one.tag.rpartition("}")[2] == "sheet"
        ]
    except ElementTree.ParseError:
        return {}
    return {targets.get(one.get(_RELATION), ""): one.get("name", "") for one in sheets}


def _xml(part: str, content: bytes, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(content)  # noqa: S314 - no DTD is in it, see above
    except ElementTree.ParseError as error:
        message = f"{part} of the workbook is damaged ({error}); save it anew with Excel or WPS"
        raise RegisterInvalid((Fault(name, 0, "", message),)) from error


def _row(cells: str) -> int:
    found = re.search(r"[0-9]{1,7}", cells)
    return int(found[0]) if found else 0


def _refuse(name: str, message: str) -> NoReturn:
    raise RegisterInvalid((Fault(name, 0, "", message),))
