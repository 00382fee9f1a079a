"""Who sees a month's figures when: the person first.

An operator sees somebody's figures of a month once the person said that they have seen them, or once they have lain on
the person's own page for so many whole days after the month's end. Until then nobody but the person does.
"""

from __future__ import annotations

from datetime import date, timedelta

from gatehouse.domain.pay_facts import Month

DAYS_FIRST = 5
MOST_DAYS_FIRST = 31


def open_from(month: Month, days_first: int) -> date:
    """The date from which others see the month though the person said nothing."""
    return month.until + timedelta(days=days_first)


def others_see(month: Month, today: date, days_first: int, *, seen: bool) -> bool:
    """`today` is the site's local date; `seen` whether the person said that they have seen this month."""
    return seen or today >= open_from(month, days_first)
