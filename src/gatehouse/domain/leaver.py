"""Annual leave that a leaver has earned and not taken."""

from __future__ import annotations

from datetime import date
from fractions import Fraction


def earned_leave_days(entitlement_days: int, last_day: date, days_in_year: int = 365) -> int:
    """Whole days earned from 1 January to `last_day` (inclusive), the fraction of a day dropped.

    Source: Implementation Measures for Paid Annual Leave for Employees of Enterprises (China, 2008),
    article 12, which divides by 365 in every year.
    """
    calendar_days = last_day.timetuple().tm_yday
    return entitlement_days * calendar_days // days_in_year


def unused_leave_days(entitlement_days: int, taken_days: Fraction, last_day: date) -> Fraction:
    """Earned less taken, never below 0; leave taken in advance is not claimed back."""
    return max(Fraction(0), earned_leave_days(entitlement_days, last_day) - taken_days)
