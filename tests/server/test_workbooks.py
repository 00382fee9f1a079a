"""Workbooks of other people: what is in them is read, and nothing in them is run or fills the memory."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from gatehouse.domain.tables import NoTable, TableFault
from gatehouse.domain.workbook import workbook
from gatehouse.server.interchange import workbooks

HEAD = ("number", "name")


def made(*rows, change=None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data: bytes, more: dict[str, bytes] | None = None, without: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != without and part.filename not in (more or {}):
                new.writestr(part.filename, old.read(part))
        for name, text in (more or {}).items():
            new.writestr(name, text)
    return out.getvalue()


def refused(data: bytes) -> TableFault:
    with pytest.raises(NoTable) as fault:
        workbooks.read(data)
    return fault.value.code


def test_numbers_dates_and_times_are_read_as_one_would_type_them():
    row = (
        1001.0,
        datetime(2026, 3, 4, 8, 55, 0, 400),  # noqa: DTZ001  a sheet knows no zone
        date(2026, 3, 4),
        time(8, 55),
        timedelta(hours=9),
        True,
        1.5,
        "x ",
    )
    found = workbooks.read(made(tuple("abcdefgh"), row)).rows[0].cells
    assert found == ("1001", "2026-03-04 08:55:00", "2026-03-04 00:00:00", "08:55:00", "09:00:00", "true", "1.5", "x")


def test_dates_as_text_stay_texts():
    assert workbooks.read(made(HEAD, ("7", "2026/3/4"))).rows[0].cells == ("7", "2026/3/4")


def test_a_merged_cell_holds_its_value_in_the_first_row_only():
    def merge(book):
        book.active.merge_cells("A2:A3")

    table = workbooks.read(made(HEAD, ("7", "Ada"), (None, "Carl"), change=merge))
    assert [row.cells for row in table.rows] == [("7", "Ada"), ("", "Carl")]


def test_formulas_are_not_run_and_give_what_the_file_last_held():
    table = workbooks.read(made(HEAD, ("=1+1", "Ada"), ("8", "Carl")))
    assert [row.cells for row in table.rows] == [("", "Ada"), ("8", "Carl")]


def test_empty_rows_are_passed_over_and_numbers_stay_those_of_the_sheet():
    def gap(book):
        book.active["A900"] = "9"
        book.active["B900"] = "Last"

    assert [row.number for row in workbooks.read(made(HEAD, ("7", "Ada"), change=gap)).rows] == [2, 900]


def test_our_own_workbooks_are_read_back():
    assert workbooks.read(workbook([["number", "name"], ["=7", "+a"]])).rows[0].cells == ("=7", "+a")


def test_macros_passwords_and_broken_archives_are_refused():
    data = made(HEAD, ("7", "Ada"))
    assert refused(repacked(data, {"xl/vbaProject.bin": b"x"})) is TableFault.MACROS
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) is TableFault.LOCKED
    assert refused(data[: len(data) // 2]) is TableFault.NOT_A_TABLE
    assert refused(b"PK\x03\x04" + bytes(range(256))) is TableFault.NOT_A_TABLE
    assert refused(repacked(data, without="xl/workbook.xml")) is TableFault.NOT_A_TABLE
    assert refused(repacked(data, {"xl/worksheets/sheet1.xml": b"<worksheet"})) is TableFault.NOT_A_TABLE
    broken = bytearray(data)
    for at in range(200, len(data) - 400, 97):
        broken[at] ^= 0xFF
    assert refused(bytes(broken)) is TableFault.NOT_A_TABLE


def test_a_bomb_is_refused_before_it_is_held(monkeypatch):
    data = made(HEAD, ("7", "Ada"))
    assert refused(repacked(data, {"xl/media/a.bin": bytes(workbooks.MOST_UNPACKED)})) is TableFault.TOO_BIG
    lines = b"".join(b"<row/>" for _ in range(300_000))
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    huge = repacked(data, {"xl/worksheets/sheet1.xml": sheet + lines + b"</sheetData></worksheet>"})
    assert refused(huge) is TableFault.EMPTY
    many = repacked(data, {f"xl/media/{n}.bin": b"x" for n in range(workbooks.MOST_PARTS)})
    assert refused(many) is TableFault.NOT_A_TABLE


def test_entities_are_refused():
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    )
    data = made(HEAD, ("7", "Ada"))
    assert refused(repacked(data, {"xl/worksheets/sheet1.xml": bomb})) is TableFault.NOT_A_TABLE
    assert (
        refused(repacked(data, {"xl/worksheets/sheet1.xml": bomb.decode().encode("utf-16")})) is TableFault.NOT_A_TABLE
    )


def test_a_sheet_that_lies_about_its_size_and_a_cell_far_out_are_harmless():
    data = made(HEAD, ("7", "Ada"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    lying = sheet.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert lying != sheet
    assert len(workbooks.read(repacked(data, {"xl/worksheets/sheet1.xml": lying})).rows) == 1

    def far(book):
        book.active["XFD2"] = "x"

    table = workbooks.read(made(HEAD, ("7", "Ada"), change=far))
    assert len(table.rows[0].cells) <= 101
