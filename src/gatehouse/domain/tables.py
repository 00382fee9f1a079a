"""A table as people hand it over: bytes of a text file become rows, whatever encoding and separator it has.

Pure. Workbooks are opened elsewhere (`server.interchange.workbooks`) and end in the same `Table`. What a column means
is guessed in `table_columns`, what a row says in `table_rows`.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_TEXT = 1_000  # characters of one cell
_SEPARATORS = (",", ";", "\t", "|")


class TableFault(StrEnum):
    """Why a file is no table that can be taken."""

    EMPTY = "empty"  # no row below the head
    NOT_A_TABLE = "not_a_table"  # a picture, a program, a broken archive
    ENCODING = "encoding"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    LONG_CELL = "long_cell"
    TOO_BIG = "too_big"  # a workbook that unpacks to more than is taken
    MACROS = "macros"
    LOCKED = "locked"  # with a password, or of the old binary format


class NoTable(ValueError):
    """The file is no table; `code` says why and `row` where, 0 for nowhere in particular."""

    def __init__(self, code: TableFault, row: int = 0) -> None:
        super().__init__(code.value)
        self.code, self.row = code, row


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` is what a spreadsheet shows at its side."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The first row that holds anything is the head; rows without anything are passed over."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or GB 18030 (which GBK and GB 2312 are parts of), with or without a mark.
    Raises NoTable."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _strict(data, name)
    if b"\0" in data:
        return _strict(data, _utf16(data))
    try:
        return _strict(data, "utf-8")
    except NoTable:
        return _strict(data, "gb18030")


def _utf16(data: bytes) -> str:
    """Latin letters in UTF-16 have a zero at every second place, before them or after them. Raises NoTable."""
    start = data[:4000]
    odd, even = start[1::2].count(0), start[::2].count(0)
    if len(data) % 2 or max(odd, even) < len(start) // 8 or min(odd, even) > max(odd, even) // 8:
        raise NoTable(TableFault.NOT_A_TABLE)
    return "utf-16-le" if odd > even else "utf-16-be"


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise NoTable(TableFault.ENCODING) from fault
    if any(ord(sign) < 32 and sign not in "\t\r\n" for sign in text):
        raise NoTable(TableFault.NOT_A_TABLE)
    return text


def from_text(text: str) -> Table:
    """The table of a text with separators. Raises NoTable."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    return from_rows(_numbered(lines))


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            yield number, next(lines)
        except StopIteration:
            return
        except csv.Error as fault:  # a field of more than 128 KiB, which is one unclosed quotation mark
            raise NoTable(TableFault.LONG_CELL, number) from fault


def _separator(text: str) -> str:
    """The one that the first line with anything in it has most of; a comma where it has none."""
    first = next((line for line in text.splitlines() if line.strip()), "")[:20_000]
    outside = "".join(first.split('"')[::2])
    return max(_SEPARATORS, key=outside.count) if outside else ","


def from_rows(rows: Iterable[tuple[int, Iterable[str]]]) -> Table:
    """The table of numbered rows. Raises NoTable."""
    head: tuple[str, ...] | None = None
    found: list[Row] = []
    for number, cells in rows:
        texts = _trimmed(number, cells)
        if not texts:
            continue
        if head is None:
            head = texts
        elif len(found) == MOST_ROWS:
            raise NoTable(TableFault.TOO_MANY_ROWS, number)
        else:
            found.append(Row(number, texts))
    if head is None or not found:
        raise NoTable(TableFault.EMPTY)
    return Table(head, tuple(found))


def _trimmed(number: int, cells: Iterable[str]) -> tuple[str, ...]:
    """Without spaces around the texts and empty cells at the end. Raises NoTable."""
    texts: list[str] = []
    for cell in cells:
        texts.append(" ".join(cell.split()))
        if len(texts[-1]) > MOST_TEXT:
            raise NoTable(TableFault.LONG_CELL, number)
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        raise NoTable(TableFault.TOO_MANY_COLUMNS, number)
    return tuple(texts)
