"""Statutory figures as data, each with its source. Rules take them as arguments; a site may use others."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from gatehouse.domain.money import Money
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.withholding import Bracket, CumulativeWithholding, YearEndTax

# Labour Law of the People's Republic of China, article 44.
CN_OVERTIME = {
    DayClass.WORKDAY: Fraction(3, 2),
    DayClass.RESTDAY: Fraction(2),
    DayClass.HOLIDAY: Fraction(3),
}
# Ministry of Labour and Social Security (China), notice 2008 No. 3: 21.75 paid days a month, 8 hours a day.
CN_DAYS_PER_MONTH = Fraction(87, 4)
CN_HOURS_PER_DAY = Fraction(8)
# Implementation Measures for Paid Annual Leave, article 10: 300 % a day, 100 % of it being the salary itself.
CN_LEAVE_PAYOUT = Fraction(2)
# Fair Labor Standards Act, 29 U.S.C. 207(a)(1).
US_WEEKLY_OVERTIME = Fraction(3, 2)


def _bracket(up_to: int | None, percent: int, quick: int) -> Bracket:
    """From whole yuan and per cent."""
    edge = None if up_to is None else Money(up_to * 100, "CNY")
    return Bracket(edge, Fraction(percent, 100), Money(quick * 100, "CNY"))


# State Taxation Administration (China), announcement 2018 No. 61, article 6 and its first rate table.
CN_WITHHOLDING = CumulativeWithholding(
    brackets=(
        _bracket(36_000, 3, 0),
        _bracket(144_000, 10, 2_520),
        _bracket(300_000, 20, 16_920),
        _bracket(420_000, 25, 31_920),
        _bracket(660_000, 30, 52_920),
        _bracket(960_000, 35, 85_920),
        _bracket(None, 45, 181_920),
    ),
    exempt_a_month=Money(500_000, "CNY"),
)

# Ministry of Finance and State Taxation Administration (China), notice 2018 No. 164, article 1, and announcement 2023
# No. 30, which carries it on to 31 December 2027: the monthly table, found by a twelfth of the bonus.
CN_YEAR_END = YearEndTax(
    brackets=(
        _bracket(3_000, 3, 0),
        _bracket(12_000, 10, 210),
        _bracket(25_000, 20, 1_410),
        _bracket(35_000, 25, 2_660),
        _bracket(55_000, 30, 4_410),
        _bracket(80_000, 35, 7_160),
        _bracket(None, 45, 15_160),
    ),
    until=date(2028, 1, 1),
)
