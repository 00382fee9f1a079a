"""Workbooks of other people, opened with openpyxl after a look at the archive: nothing in it is run, and it unpacks
to no more than we can hold. What is left is the first sheet's texts."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zipfile import BadZipFile

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from gatehouse.domain.tables import MOST_COLUMNS, NoTable, Table, TableFault, decoded, from_rows, from_text

MOST_UNPACKED = 64_000_000
MOST_PARTS = 500
MOST_LINES = 200_000  # of the sheet, empty ones included: a format down to the last line is no row
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_CHUNK = 1 << 16


def read(data: bytes) -> Table:
    """The table in a CSV text or an XLSX workbook, told apart by its first bytes. Raises NoTable."""
    if data.startswith(_OLE):
        raise NoTable(TableFault.LOCKED)
    return _sheet(data) if data.startswith(_ZIP) else from_text(decoded(data))


def _sheet(data: bytes) -> Table:
    _look_over(data)
    with warnings.catch_warnings():  # of parts that the library passes over, such as a chart's
        warnings.simplefilter("ignore")
        return _first_sheet(data)


def _first_sheet(data: bytes) -> Table:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except Exception as fault:
        raise NoTable(TableFault.NOT_A_TABLE) from fault
    try:
        sheet = next((one for one in book.worksheets if isinstance(one, ReadOnlyWorksheet)), None)
        if sheet is None:
            raise NoTable(TableFault.EMPTY)
        return from_rows(_lines(sheet))
    except NoTable:
        raise
    except Exception as fault:
        raise NoTable(TableFault.NOT_A_TABLE) from fault
    finally:
        book.close()


def _look_over(data: bytes) -> None:
    """Every part is unpacked once and counted, as archives lie about sizes. Raises NoTable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename.lower() for part in parts}
            if any(name.endswith("vbaproject.bin") for name in names):
                raise NoTable(TableFault.MACROS)
            if "xl/workbook.xml" not in names or len(parts) > MOST_PARTS or len(names) != len(parts):
                raise NoTable(TableFault.NOT_A_TABLE)
            left = MOST_UNPACKED
            for part in parts:
                left -= _unpacked(archive, part, left)
    except (
        BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        zipfile.LargeZipFile,
        ValueError,
    ) as fault:
        if isinstance(fault, NoTable):
            raise
        raise NoTable(TableFault.NOT_A_TABLE) from fault
    except Exception as fault:  # zlib.error and its like
        raise NoTable(TableFault.NOT_A_TABLE) from fault


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> int:
    """Raises NoTable for more than `most` bytes, and for a part that declares entities."""
    size, before = 0, b""
    with archive.open(part) as source:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise NoTable(TableFault.TOO_BIG)
            if (
                b"<!DOCTYPE" in before + chunk
                or b"<!ENTITY" in before + chunk
                or chunk.startswith((b"\xff\xfe", b"\xfe\xff"))
            ):
                raise NoTable(TableFault.NOT_A_TABLE)
            before = chunk[-16:]
    return size


def _lines(sheet: ReadOnlyWorksheet) -> Iterator[tuple[int, Iterator[str]]]:
    sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), 1):
        if number > MOST_LINES:
            return
        yield number, (_text(value) for value in cells)


def _text(value: object) -> str:
    """As somebody would have typed it: dates and times in the way that `table_rows` reads."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return (value + timedelta(milliseconds=500)).replace(microsecond=0, tzinfo=None).isoformat(sep=" ")
        case date():
            return value.isoformat()
        case time():
            return value.replace(microsecond=0, tzinfo=None).isoformat()
        case timedelta():
            seconds = round(value.total_seconds())
            return (
                f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
                if 0 <= seconds < 86_400
                else str(value)
            )
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
    return str(value)
