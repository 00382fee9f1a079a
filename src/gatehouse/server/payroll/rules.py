"""Pay rules by the currency of the contract, as data.

CNY: the Labour Law's multipliers 1.5, 2 and 3 (article 44), 21.75 paid days a month and 8 hours a day (the ministry's
notice 3/2008), and the cumulative withholding of income tax (tax administration's announcement 61/2018). Social
contributions differ by city and are not in these drafts. Other currencies: 1.5 for overtime, no tax.
"""

from fractions import Fraction

from gatehouse.domain.earnings import EarningRules
from gatehouse.domain.money import Money
from gatehouse.domain.payroll import PayRules
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.withholding import Bracket, CumulativeWithholding

_YUAN = 100
# Income of the year so far up to (yuan), per cent, quick deduction (yuan).
_BRACKETS = (
    (36_000, 3, 0),
    (144_000, 10, 2_520),
    (300_000, 20, 16_920),
    (420_000, 25, 31_920),
    (660_000, 30, 52_920),
    (960_000, 35, 85_920),
    (None, 45, 181_920),
)
_EXEMPT_A_MONTH = 5_000


def _yuan(amount: int) -> Money:
    return Money(amount * _YUAN, "CNY")


def _china() -> PayRules:
    overtime = {
        DayClass.WORKDAY: Fraction(3, 2),
        DayClass.RESTDAY: Fraction(2),
        DayClass.HOLIDAY: Fraction(3),
    }
    brackets = tuple(
        Bracket(None if up_to is None else _yuan(up_to), Fraction(percent, 100), _yuan(quick))
        for up_to, percent, quick in _BRACKETS
    )
    return PayRules(
        EarningRules(days_per_month=Fraction(87, 4), hours_per_day=Fraction(8), overtime=overtime),
        withholding=CumulativeWithholding(brackets, _yuan(_EXEMPT_A_MONTH)),
    )


def _elsewhere() -> PayRules:
    overtime = {day_class: Fraction(3, 2) for day_class in DayClass}
    return PayRules(EarningRules(days_per_month=Fraction(87, 4), hours_per_day=Fraction(8), overtime=overtime))


def rules_for(currency: str) -> PayRules:
    return _china() if currency == "CNY" else _elsewhere()
