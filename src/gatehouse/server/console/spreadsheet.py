"""Files for a spreadsheet, the one way to write them: CSV in UTF-8 with the mark that Excel wants, or a workbook. In
neither is what somebody wrote taken for a formula."""

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal

from django.http import HttpRequest, HttpResponse

from gatehouse.domain.workbook import MEDIA_TYPE, Value, workbook

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?[0-9]{1,15}([.][0-9]{1,9})?", re.ASCII)


class Words(str):
    """What somebody wrote, as a CSV file holds it; `written` is what they wrote."""

    written: str


def plain(text: str) -> Words:
    """Words that somebody wrote, as words: a spreadsheet runs what begins like a formula."""
    made = Words(f"'{text}" if text.startswith(_FORMULA) else text)
    made.written = text
    return made


def csv_file(name: str, rows: Iterable[Iterable[object]]) -> HttpResponse:
    """`rows` with their head, to be saved as `name`. What somebody wrote goes through `plain` first; numbers do not."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return _file(name, out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def xlsx_file(name: str, rows: Iterable[Iterable[object]]) -> HttpResponse:
    """As `csv_file`, as a workbook: numbers are numbers, words are words without a mark before them."""
    return _file(name, workbook([[_value(cell) for cell in row] for row in rows]), MEDIA_TYPE)


def table_file(request: HttpRequest, name: str, rows: Iterable[Iterable[object]]) -> HttpResponse:
    """A workbook where the address or the form says `as=xlsx`, else CSV; `name` is without an ending."""
    wanted = request.GET.get("as") or request.POST.get("as")
    return xlsx_file(f"{name}.xlsx", rows) if wanted == "xlsx" else csv_file(f"{name}.csv", rows)


def _value(cell: object) -> Value:
    if isinstance(cell, Words):
        return cell.written
    if cell is None or isinstance(cell, int | Decimal):
        return int(cell) if isinstance(cell, bool) else cell
    text = str(cell)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _file(name: str, data: bytes, media_type: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
