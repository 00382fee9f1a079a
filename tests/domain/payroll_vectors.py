"""Reads tests/vectors/payroll.toml and runs a case month by month."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from gatehouse.domain.contributions import Base, ContributionRate, ContributionTable
from gatehouse.domain.earnings import EarningRules, PayLine, Section, earnings
from gatehouse.domain.leaver import unused_leave_days
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Arrear, Contract, FixedPay, Month, MonthFacts, PayKind, Recovery, Term
from gatehouse.domain.pay_law import CN_WITHHOLDING
from gatehouse.domain.payroll import PayRules, Payslip, Refusal, arrears, payslip
from gatehouse.domain.shifts import DayCalendar, DayClass
from gatehouse.domain.withholding import FlatTax, Withholding, YearToDate
from gatehouse.domain.working_time import US_WEEK_MIN, SplitWeek

FILE = Path(__file__).parents[1] / "vectors" / "payroll.toml"
BOOK: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = BOOK["case"]


def money(text: str, currency: str = "CNY") -> Money:
    """From major units, exactly; every currency of the file has two places."""
    minor = Fraction(text) * 100
    assert minor.denominator == 1
    return Money(minor.numerator, currency)


def table(name: str, currency: str) -> ContributionTable:
    raw = BOOK["table"][name]
    rates = tuple(
        ContributionRate(
            code=rate["code"],
            rate=Fraction(rate["rate"]),
            base=Base[rate.get("base", "SALARY")],
            floor=money(rate["floor"], currency) if "floor" in rate else None,
            ceiling=money(rate["ceiling"], currency) if "ceiling" in rate else None,
        )
        for rate in raw["rates"]
    )
    return ContributionTable(raw["since"], raw.get("until"), rates)


def pay_rules(name: str, tables: tuple[str, ...] = ()) -> PayRules:
    raw = BOOK["rules"][name]
    currency = raw["currency"]
    tax: Withholding | None = None
    if raw.get("tax") == "china":
        tax = CN_WITHHOLDING
    elif "tax" in raw:
        tax = FlatTax(Fraction(raw["tax"]["rate"]), money(raw["tax"]["allowance"], currency))
    earning = EarningRules(
        days_per_month=Fraction(raw["days_per_month"]),
        hours_per_day=Fraction(raw["hours_per_day"]),
        overtime={DayClass(name): Fraction(times) for name, times in raw["overtime"].items()},
        weekly_overtime=Fraction(raw.get("weekly_overtime", 1)),
        leave_payout=Fraction(raw.get("leave_payout", 1)),
    )
    return PayRules(earning, tuple(table(t, currency) for t in (*raw.get("contributions", ()), *tables)), tax)


def month(text: str) -> Month:
    return Month(*(int(part) for part in text.split("-")))


def months(span: str) -> Iterator[Month]:
    first, last = (month(text) for text in span.split())
    while first <= last:
        yield first
        first = first.after


@dataclass
class Run:
    """A case reckoned: the accepted payslips, the refusals, the totals after each month."""

    slips: dict[str, Payslip] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    withheld: dict[str, Money] = field(default_factory=dict)


def run(raw: dict[str, Any]) -> Run:
    currency = BOOK["rules"][raw["rules"]]["currency"]
    rules = pay_rules(raw["rules"], tuple(raw.get("contributions", ())))
    kind = PayKind[raw.get("kind", "MONTHLY")]
    since = raw.get("since", date(2020, 1, 1))
    contract = Contract((Term(kind, money(raw["rate"], currency), since, raw.get("until")),))
    calendar = DayCalendar({date.fromisoformat(d): DayClass(name) for d, name in raw.get("calendar", {}).items()})
    answer = Run()
    to_date = YearToDate.start(2026, currency)
    for of in months(raw["months"]):
        facts = month_facts(of, raw, calendar, currency)
        owed = _arrears_due(of, raw, calendar, contract, rules, answer, currency)
        slip = payslip(contract, replace(facts, arrears=owed), to_date, rules)
        if isinstance(slip, Refusal):
            answer.refusals[str(of)] = slip
        else:
            answer.slips[str(of)] = slip
            to_date = slip.to_date
        answer.withheld[str(of)] = to_date.withheld
    return answer


def _arrears_due(
    of: Month,
    raw: dict[str, Any],
    calendar: DayCalendar,
    contract: Contract,
    rules: PayRules,
    so_far: Run,
    currency: str,
) -> tuple[Arrear, ...]:
    due: tuple[Arrear, ...] = ()
    for locked, corrected in raw.get("corrected", {}).items():
        if month(corrected["paid_in"]) == of:
            facts = month_facts(month(locked), {"facts": {locked: corrected}}, calendar, currency)
            anew = earnings(contract.within(facts.month), facts, rules.earning)
            due += arrears(so_far.slips[locked], anew)
    return due


def month_facts(of: Month, raw: dict[str, Any], calendar: DayCalendar, currency: str) -> MonthFacts:
    given = raw.get("each", {}) | raw.get("facts", {}).get(str(of), {})
    special = given.get("special_to_date", "0")
    if "special_a_month" in given:
        special = str(Fraction(given["special_a_month"]) * of.number)
    leave = given.get("leave")
    return MonthFacts(
        month=of,
        workdays=of.workdays(calendar),
        overtime_min={DayClass(name): length for name, length in given.get("overtime", {}).items()},
        absence_min=given.get("absence", 0),
        weeks=tuple(_week(date.fromisoformat(d), total) for d, total in given.get("weeks", {}).items()),
        components=(FixedPay("bonus", money(given["bonus"], currency)),) if "bonus" in given else (),
        unused_leave_days=(
            unused_leave_days(leave["entitlement"], Fraction(leave["taken"]), leave["last_day"])
            if leave
            else Fraction(0)
        ),
        special_deductions_to_date=money(special, currency),
        recoveries=((Recovery("advance", money(given["recovery"], currency)),) if "recovery" in given else ()),
    )


def _week(monday: date, total_min: int) -> SplitWeek:
    regular = min(total_min, US_WEEK_MIN)
    return SplitWeek(monday, total_min, regular, total_min - regular)


def figure(name: str, of: str, found: Run) -> Money:
    """A named amount of one month: a total, a line by its code, or a figure of the tax line."""
    slip = found.slips[of]
    if name in ("gross", "contributions", "tax", "net"):
        amount = getattr(slip, name)
        assert isinstance(amount, Money)
        return amount
    if name == "withheld":
        return found.withheld[of]
    if name == "insurance":
        codes = ("pension", "medical", "unemployment")
        return total((line_amount(slip.lines, code) for code in codes), slip.currency)
    if name in ("cumulative", "leave_days"):
        return _named_figure(name, slip)
    return line_amount(slip.lines, name)


def _named_figure(name: str, slip: Payslip) -> Money:
    code, factor = {"cumulative": ("income_tax", "cumulative"), "leave_days": ("leave_payout", "days")}[name]
    line = next(line for line in slip.lines if line.code == code)
    value = next(f.value for f in line.because if f.name == factor)
    return Money(int(value * (100 if name == "leave_days" else 1)), slip.currency)


def line_amount(lines: tuple[PayLine, ...], title: str) -> Money:
    """The sum of the lines with this title; what is kept back is shown as a positive amount."""
    currency = lines[0].amount.currency
    found = [line for line in lines if _title(line) == title]
    sign = -1 if found and found[0].section is not Section.EARNING else 1
    return total((line.amount for line in found), currency) * sign


def _title(line: PayLine) -> str:
    arrears_of = f"arrears {line.of_month} " if line.of_month else ""
    return f"{arrears_of}{line.code}" + (f" {line.week}" if line.week else "")
