"""Files as people hand them over become rows, or are refused with a reason; nothing else ever."""

import csv
import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.frappe import ASSIGNMENT, CHECKIN, Assigned, Checkin, assignment_rows, checkin_rows
from gatehouse.domain.photo_rows import read_photo_row
from gatehouse.domain.retries import FIRST_PAUSE, LONGEST_PAUSE, pause_after
from gatehouse.domain.table_columns import Kind, guess, missing
from gatehouse.domain.table_rows import Around, Flaw, Flawed, PunchRow, ShiftRow, read_row
from gatehouse.domain.tables import MOST_COLUMNS, MOST_ROWS, NoTable, TableFault, decoded, from_text
from gatehouse.domain.workbook import workbook

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
TEXT = "工号,姓名\nE-1,王小明\nE-2,Łukasz Müller\n"


def around(zone=SHANGHAI):
    return Around(zone, NOW, date(2026, 3, 7))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_every_usual_encoding_is_read(encoding):
    table = from_text(decoded(TEXT.encode(encoding)))
    assert table.head == ("工号", "姓名")
    assert [row.cells for row in table.rows] == [("E-1", "王小明"), ("E-2", "Łukasz Müller")]
    assert [row.number for row in table.rows] == [2, 3]


def test_gbk_is_read():
    assert decoded("工号,姓名\n7,李雷\n".encode("gbk")) == "工号,姓名\n7,李雷\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", TableFault.EMPTY),
        (b"\n\n , \n", TableFault.EMPTY),
        (b"number,name\n", TableFault.EMPTY),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", TableFault.NOT_A_TABLE),
        (bytes(range(256)) * 40, TableFault.NOT_A_TABLE),
        (b"\xff\xfe\x00\xd8", TableFault.ENCODING),
        (b"number,name\n1,\xff\xff\xff\n", TableFault.ENCODING),
        (b"number,name\n1,\x07bell\n", TableFault.NOT_A_TABLE),
        (b'number,name\n1,"never closed' + b"x" * 200_000, TableFault.LONG_CELL),
        (b"a,b\n1," + b"x" * 1001, TableFault.LONG_CELL),
    ],
)
def test_what_is_no_table_is_refused(data, code):
    with pytest.raises(NoTable) as fault:
        from_text(decoded(data))
    assert fault.value.code is code


def test_a_million_columns_and_too_many_rows_are_refused():
    for text, code in (
        ("a" + ",b" * 1_000_000 + "\n1\n", TableFault.TOO_MANY_COLUMNS),
        ("a\n" + "1\n" * (MOST_ROWS + 1), TableFault.TOO_MANY_ROWS),
    ):
        with pytest.raises(NoTable) as fault:
            from_text(text)
        assert fault.value.code is code
    assert len(from_text("a\n" + "1\n" * MOST_ROWS).rows) == MOST_ROWS
    assert len(from_text("a" + ",b" * (MOST_COLUMNS - 1) + "\n1\n").head) == MOST_COLUMNS


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_refused(data):
    try:
        table = from_text(decoded(data))
    except NoTable:
        return
    assert table.rows


@given(st.lists(st.lists(st.sampled_from(["a", "7", "王", 'q"x', "a,b", "=1+1"]), min_size=2, max_size=4), min_size=2))
def test_what_was_written_is_read(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    table = from_text(out.getvalue())
    assert [table.head, *(row.cells for row in table.rows)] == [tuple(row) for row in rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator):
    assert from_text(f"a{separator}b\n1{separator}2\n").rows[0].cells == ("1", "2")


@pytest.mark.parametrize(
    ("kind", "head", "found"),
    [
        (Kind.PEOPLE, ["Staff No.", "Full Name", "Dept"], {"number": 0, "name": 1, "department": 2}),
        (Kind.PEOPLE, ["姓名 *", "工号(必填)", "入职日期"], {"number": 1, "name": 0, "hired": 2}),
        (
            Kind.PUNCHES,
            list(CHECKIN),
            {"number": 0, "time": 1, "direction": 2, "device": 3},
        ),
        (
            Kind.PUNCHES,
            ["employee", "time", "device_id", "log_type", "skip_auto_attendance"],
            {"number": 0, "time": 1, "device": 2, "direction": 3},
        ),
        (Kind.SHIFTS, list(ASSIGNMENT), {"number": 0, "shift": 1, "date": 3, "until": 4}),
        (Kind.PUNCHES, ["考勤号码", "日期", "时间", "方向"], {"number": 0, "date": 1, "direction": 3}),
        (Kind.PEOPLE, ["x", "y"], {}),
    ],
)
def test_columns_are_guessed_from_their_heads(kind, head, found):
    assert guess(kind, head) == found


def test_first_and_last_name_are_a_name():
    assert missing(Kind.PEOPLE, {"number": 0, "first_name": 1}) == ()
    assert missing(Kind.PEOPLE, {"number": 0}) == ("name",)
    said = {"number": 0, "first_name": 1, "last_name": 2}
    assert read_row(Kind.PEOPLE, said, ["1", "Ada", "Byron"], around()).name == "Ada Byron"
    assert read_row(Kind.PEOPLE, said, ["1", "小明", "王"], around()).name == "王小明"


PUNCH = {"number": 0, "time": 1, "direction": 2}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-04-01 08:55", "00:55:00"),
        ("2026/4/1 8:55:30", "00:55:30"),
        ("2026年4月1日 08:55", "00:55:00"),
        ("20260401 08:55", "00:55:00"),
        ("2026-04-01T08:55:00+08:00", "00:55:00"),
        ("2026-04-01T00:55:00Z", "00:55:00"),
        ("2026-04-01 08:55:00.500", "00:55:00"),
    ],
)
def test_times_as_people_and_clocks_write_them(text, wanted):
    found = read_row(Kind.PUNCHES, PUNCH, ["7", text, "上班"], around())
    assert found == PunchRow("7", datetime.combine(date(2026, 4, 1), time.fromisoformat(wanted), UTC), "in", "")


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.EMPTY),
        ("03/04/2026 08:55", Flaw.DATE_OF_TWO),
        ("2026-02-30 08:55", Flaw.NO_DATE),
        ("2026-04-01", Flaw.NO_TIME),
        ("2026-04-01 24:00", Flaw.NO_TIME),
        ("2026-04-01 8h55", Flaw.NO_TIME),
        ("46085.37", Flaw.NO_TIME),
        ("0000-00-00 00:00", Flaw.NO_DATE),
        ("٢٠٢٦-٠٤-٠١ ٠٨:٥٥", Flaw.NO_DATE),
        ("2026-04-11 08:55", Flaw.IN_FUTURE),
        ("2026-03-06 08:55", Flaw.TOO_OLD),
        ("9999-12-31T23:59:59-23:59", Flaw.NO_TIME),
    ],
)
def test_times_that_cannot_be_meant_are_said(text, flaw):
    assert read_row(Kind.PUNCHES, PUNCH, ["7", text, "in"], around()) == Flawed("time", flaw)


def test_the_hour_that_the_clocks_skip_is_refused_and_the_repeated_one_is_the_first():
    late = Around(BERLIN, datetime(2026, 12, 1, tzinfo=UTC), date(2026, 1, 1))
    assert read_row(Kind.PUNCHES, PUNCH, ["7", "2026-03-29 02:30", "in"], late) == Flawed("time", Flaw.NO_SUCH_TIME)
    found = read_row(Kind.PUNCHES, PUNCH, ["7", "2026-10-25 02:30", "in"], late)
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_date_and_a_time_may_stand_in_two_columns():
    said = {"number": 0, "date": 1, "time": 2, "direction": 3}
    found = read_row(Kind.PUNCHES, said, ["7", "2026-04-01 00:00:00", "08:55:00", "OUT"], around())
    assert (found.at, found.direction) == (datetime(2026, 4, 1, 0, 55, tzinfo=UTC), "out")
    assert read_row(Kind.PUNCHES, said, ["7", "1/4/26", "08:55", "in"], around()) == Flawed("date", Flaw.DATE_OF_TWO)


def test_a_stretch_of_shifts_is_its_dates_and_no_longer_than_a_year():
    said = {"number": 0, "date": 1, "until": 2, "shift": 3}
    found = read_row(Kind.SHIFTS, said, ["7", "2026-02-27", "2026-03-01", "day"], around())
    assert found == ShiftRow("7", (date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)), "day")
    assert read_row(Kind.SHIFTS, said, ["7", "2026-03-02", "2026-03-01", "day"], around()).flaw is Flaw.ENDS_BEFORE
    assert read_row(Kind.SHIFTS, said, ["7", "2026-03-02", "2199-03-01", "day"], around()).flaw is Flaw.TOO_MANY_DAYS


@given(st.sampled_from(list(Kind)), st.lists(st.text(max_size=40), max_size=8))
def test_any_row_is_read_or_flawed(kind, cells):
    for mapping in ({"number": 0, "name": 1, "time": 1, "date": 2, "direction": 3, "shift": 3}, {}, {"number": 99}):
        read = read_photo_row if kind is Kind.PHOTOS else partial(read_row, kind)
        assert read(mapping, cells, around()) is not None


# --- writing ---


def test_a_workbook_holds_words_as_words_and_numbers_as_numbers():
    import openpyxl

    rows = [["head", "n"], ["=1+1", Decimal("-12.50")], ["+86 10", 7], ["a\x00b\x1f<&>\ud800", None], ["王小明", 0]]
    data = workbook(rows, name="a/b[c]")
    assert data == workbook(rows, name="a/b[c]")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value == "=1+1"
    assert (sheet["B2"].value, sheet["B3"].value, sheet["B4"].value, sheet["B5"].value) == (-12.5, 7, None, 0)
    assert sheet["A4"].value == "a\ufffdb\ufffd<&>\ufffd"
    assert sheet["A5"].value == "王小明"


def test_frappe_gets_checkins_and_assignments_as_it_names_them():
    rows = checkin_rows([Checkin("7", datetime(2026, 4, 1, 0, 55, tzinfo=UTC), "in", "door")], SHANGHAI)
    assert rows == [("7", "2026-04-01 08:55:00", "IN", "door", 0)]
    days = [date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 6)]
    found = assignment_rows([Assigned("7", "Day", day) for day in (*days, days[0])], "Works")
    assert found == [
        ("7", "Day", "Works", "2026-04-01", "2026-04-02", "Active"),
        ("7", "Day", "Works", "2026-04-06", "2026-04-06", "Active"),
    ]


def test_pauses_grow_to_their_longest():
    pauses = [pause_after(n) for n in range(1, 20)]
    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert pause_after(0) == FIRST_PAUSE
    assert FIRST_PAUSE < pause_after(1, 0.5) < FIRST_PAUSE * 1.1
