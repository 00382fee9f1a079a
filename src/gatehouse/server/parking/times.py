"""Payments lose their time of day when their date is over."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import DAY, Period, local_date, start_of_day
from gatehouse.server.parking.models import Payment
from gatehouse.server.people.models import Site

STILL_QUOTED = DAY / 24  # a payment that was started so shortly before midnight may still be judged by its time


def cut_payment_times(site: Site, since: date, now: datetime) -> None:
    """Payments of the dates before the site's own of `now`, from the date before `since` on, keep their date alone.

    The amount says how long a car stood. With the minute of payment it would say when it came in, perhaps on another
    date, and so tie that date's token to the one under which it left. Must run inside a transaction.
    """
    zone = ZoneInfo(site.zone)
    day, today = since - DAY, local_date(now, zone)
    while day < today:
        span = Period.local_day(day, zone)
        over = Payment.objects.filter(garage__site=site, at__gt=span.start, at__lt=min(span.end, now - STILL_QUOTED))
        over.update(at=start_of_day(day, zone))
        day += DAY
