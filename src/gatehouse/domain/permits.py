"""Permits through time: renewals, and the stay that outlasts its permit."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime

MONTHS = {"month": 1, "season": 3, "year": 12}
Span = tuple[datetime, datetime | None]


def next_end(starts: date, ends: date, period: str) -> date:
    """The end after one more period, on the day of the month on which the permit starts, or on the month's last where
    it has none: 31 January, 28 February, 31 March. Raises KeyError for no period, ValueError beyond the calendar."""
    months = ends.year * 12 + ends.month - 1 + MONTHS[period]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(starts.day, monthrange(year, month + 1)[1]))


def free_until(entered: datetime, spans: Iterable[Span]) -> datetime | None:
    """Until when a vehicle that came in under a permit stays free, None for without end; the time after it is charged
    as if it had entered then.

    Spans that meet or overlap are one, so that a renewal leaves no gap. A permit that was taken back altogether while
    the vehicle was inside is no trap: what no span holds was free at the entry and stays so.
    """
    covered: datetime | None = None
    for start, end in sorted(spans, key=lambda span: span[0]):
        if start > (entered if covered is None else covered):
            continue
        if end is None:
            return None
        if end > entered and (covered is None or end > covered):
            covered = end
    return covered
