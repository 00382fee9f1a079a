"""Files for a spreadsheet: CSV in UTF-8 with the mark that Excel wants, in which no word is taken for a formula."""

import csv
import io
from collections.abc import Iterable

from django.http import HttpResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """Words that somebody wrote, as words: a spreadsheet runs what begins like a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_file(name: str, rows: Iterable[Iterable[object]]) -> HttpResponse:
    """`rows` with their head, to be saved as `name`. What somebody wrote goes through `plain` first; numbers do not."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
