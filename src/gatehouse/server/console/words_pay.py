"""A payslip's lines in words: what each is, and the factors that make its amount."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.earnings import LEAVE, Factor, PayLine
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.server.console import saying, words_leave
from gatehouse.server.console.saying import money, number, percent
from gatehouse.server.console.words import Text

CODES: dict[str, Text] = {
    "basic": gettext_lazy("Basic pay"),
    "regular": gettext_lazy("Pay for hours worked"),
    "absence": gettext_lazy("Absence"),
    "leave_payout": gettext_lazy("Leave paid out"),
    "leave": gettext_lazy("Leave"),
    "overtime.week": gettext_lazy("Overtime of a week"),
    "overtime.workday": gettext_lazy("Overtime on workdays"),
    "overtime.restday": gettext_lazy("Overtime on rest days"),
    "overtime.holiday": gettext_lazy("Overtime on holidays"),
    "income_tax": gettext_lazy("Income tax"),
    "year_end_bonus": gettext_lazy("Year-end bonus"),
    "year_end_bonus_tax": gettext_lazy("Tax on the year-end bonus"),
    "bonus": gettext_lazy("Bonus"),
    "advance": gettext_lazy("Advance taken back"),
    "meals": gettext_lazy("Meal allowance"),
    "heat": gettext_lazy("Heat allowance"),
    "post": gettext_lazy("Post allowance"),
    "contribution": gettext_lazy("Social contribution"),
    "pension": gettext_lazy("Pension insurance"),
    "medical": gettext_lazy("Medical insurance"),
    "unemployment": gettext_lazy("Unemployment insurance"),
    "housing": gettext_lazy("Housing fund"),
    "housing_fund": gettext_lazy("Housing fund"),
}

FACTORS: dict[str, Text] = {
    "workdays": gettext_lazy("of the month's workdays"),
    "days": gettext_lazy("days"),
    "hours": gettext_lazy("hours"),
    "pieces": gettext_lazy("pieces"),
    "multiplier": gettext_lazy("times"),
    "rate": gettext_lazy("rate"),
    "share": gettext_lazy("share"),
    "base": gettext_lazy("base"),
    "base_to_date": gettext_lazy("base of the year so far"),
    "quick_deduction": gettext_lazy("quick deduction"),
    "cumulative": gettext_lazy("tax of the year so far"),
    "withheld_before": gettext_lazy("withheld before"),
    "a_twelfth": gettext_lazy("a twelfth of it"),
    "rate_a_month": gettext_lazy("a month"),
    "rate_a_day": gettext_lazy("a day"),
    "rate_a_hour": gettext_lazy("an hour"),
    "rate_a_piece": gettext_lazy("a piece"),
    "per_days_a_month": gettext_lazy("days a month"),
    "per_hours_a_day": gettext_lazy("hours a day"),
    "hours_a_day": gettext_lazy("hours a day"),
    "paid": gettext_lazy("of it paid"),
    "unpaid": gettext_lazy("of it not paid"),
}

_AMOUNTS = {
    "a_twelfth", "amount", "basic", "difference", "base", "base_to_date", "quick_deduction", "cumulative",
    "withheld_before", "rate_a_month", "rate_a_day", "rate_a_hour", "rate_a_piece",
}  # fmt: skip
_RATIOS = {"rate", "share", "workdays", "paid", "unpaid"}
_SILENT = {"deduction", "amount", "difference"}


@dataclass(frozen=True, slots=True)
class SlipLine:
    """What the line is, why it comes to that, and the signed amount."""

    what: str
    why: str
    amount: Money


def line_name(code: str, of_month: Month | None = None) -> str:
    """What a line is called; an arrears line with the month that it is about."""
    name = str(CODES.get(code) or _leave_name(code) or code.replace("_", " ").capitalize())
    if of_month is None:
        return name
    return _("%(line)s, for %(month)s") % {"line": name, "month": saying.month(of_month.first)}


def _leave_name(code: str) -> str:
    """Of a line about leave of a type; "" of another one."""
    if not code.startswith(LEAVE):
        return ""
    kind = code.removeprefix(LEAVE)
    return str(words_leave.NAMES.get(kind, kind.replace("-", " ").capitalize()))


def factor_value(name: str, value: Fraction, currency: str) -> str:
    return _factor(Factor(name, value), currency)


def slip_line(line: PayLine) -> SlipLine:
    what = line_name(line.code, line.of_month)
    why = " · ".join(_factor(f, line.amount.currency) for f in line.because if _says_something(f))
    return SlipLine(what=what, why=why, amount=line.amount)


def _says_something(factor: Factor) -> bool:
    return factor.name not in _SILENT and not (factor.name in _AMOUNTS and not factor.value)


def _factor(factor: Factor, currency: str) -> str:
    name = str(FACTORS.get(factor.name, factor.name.replace("_", " ")))
    if factor.name.startswith("per_"):
        return _("÷ %(value)s %(name)s") % {"value": number(1 / factor.value), "name": name}
    if factor.name in _AMOUNTS:
        return f"{money(Money(round(factor.value), currency))} {name}"
    if factor.name in _RATIOS:
        return f"{percent(abs(factor.value))} {name}"
    return f"{number(Fraction(abs(factor.value)))} {name}"
