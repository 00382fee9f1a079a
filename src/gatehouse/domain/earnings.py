"""Pay lines: every amount of a payslip with the factors that make it, rounded once per line, half up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from math import prod

from gatehouse.domain.money import Money, round_half_up, total
from gatehouse.domain.pay_facts import (
    Arrear,
    FixedPay,
    LeaveTaken,
    Month,
    MonthFacts,
    MonthlyPay,
    PayError,
    PayKind,
    PayPerDay,
    ShareOfBasic,
    Term,
)
from gatehouse.domain.shifts import DayClass

BASIC, ABSENCE, LEAVE_PAYOUT, REGULAR, WEEKLY_OVERTIME, YEAR_END_BONUS = (
    "basic",
    "absence",
    "leave_payout",
    "regular",
    "overtime.week",
    "year_end_bonus",
)
_LINES = {BASIC, ABSENCE, LEAVE_PAYOUT, REGULAR, WEEKLY_OVERTIME, YEAR_END_BONUS}
_OWN_CODES = _LINES | {f"overtime.{c}" for c in DayClass}
LEAVE = "leave."  # and the type's code


class Section(StrEnum):
    EARNING = "earning"
    CONTRIBUTION = "contribution"
    TAX = "tax"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Factor:
    """A named number of a line; amounts are in minor units, "per" factors are reciprocals."""

    name: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class PayLine:
    """One signed line: what the person gets is positive, what is kept back negative.

    Earnings and contributions are the product of their factors, rounded half up once; a tax line lists the
    figures of the tax rule instead. `of_month` names the locked month of an arrears line, `week` the Monday
    of a weekly one.
    """

    code: str
    section: Section
    amount: Money
    because: tuple[Factor, ...]
    of_month: Month | None = None
    week: date | None = None


@dataclass(frozen=True, slots=True)
class EarningRules:
    """How time becomes money, as data. `overtime` and `weekly_overtime` are multipliers of the hourly rate,
    `leave_payout` of the daily one."""

    days_per_month: Fraction
    hours_per_day: Fraction
    overtime: Mapping[DayClass, Fraction]
    weekly_overtime: Fraction = Fraction(1)
    leave_payout: Fraction = Fraction(1)


def multiply(code: str, section: Section, currency: str, *factors: Factor, week: date | None = None) -> PayLine:
    """A line that is the product of its factors, in minor units, rounded half up once."""
    exact = prod((factor.value for factor in factors), start=Fraction(1))
    return PayLine(code, section, Money(round_half_up(exact), currency), factors, week=week)


def earnings(terms: tuple[Term, ...], facts: MonthFacts, rules: EarningRules) -> tuple[PayLine, ...]:
    """The earning lines of a month, in the order of a payslip, lines of nothing left out (but for basic pay).

    `terms` are those in force within the month. Overtime, absence and leave go by the last term of a kind; where the
    way of paying changes, each way is paid for its own part of the facts. An hourly rate is a factor, never rounded.
    Raises PayError.
    """
    ways = ways_of_paying(terms)
    parts = facts.parts if len(ways) > 1 else (facts,)
    work = [line for way, part in zip(ways, parts, strict=True) for line in _work(way, part, rules)]
    basic = [line for line in work if line.code == BASIC]
    return (*work, *_components(basic, terms, facts), *extras(facts))


def ways_of_paying(terms: tuple[Term, ...]) -> tuple[tuple[Term, ...], ...]:
    """Terms one after the other that are reckoned together: monthly salaries, and others of the same rate."""

    def way(term: Term) -> tuple[PayKind, Money | None]:
        return term.kind, None if term.kind is PayKind.MONTHLY else term.rate

    return tuple(tuple(same) for _, same in groupby(terms, key=way))


def _work(terms: tuple[Term, ...], facts: MonthFacts, rules: EarningRules) -> Iterator[PayLine]:
    """What time and pieces earn by terms of one kind."""
    term = terms[-1]
    basic, absence = tuple(_basic(terms, facts)), tuple(_absence(term, facts, rules))
    yield from basic
    yield from _weeks(term, facts, rules)
    yield from _overtime(term, facts, rules)
    yield from absence
    if term.kind is PayKind.MONTHLY:
        salary = total((line.amount for line in (*basic, *absence)), term.rate.currency)
        yield from _leave_off_salary(terms, facts, rules, salary)
    else:
        yield from _leave_paid(term, facts)
    yield from _leave_payout(term, facts, rules)


def extras(facts: MonthFacts) -> tuple[PayLine, ...]:
    """What is paid whether or not it is the month's ordinary run: arrears, and a year-end bonus."""
    bonus = facts.year_end_bonus
    lines = [_arrear(arrear) for arrear in facts.arrears]
    if bonus:
        lines.append(multiply(YEAR_END_BONUS, Section.EARNING, bonus.currency, _money("amount", bonus)))
    return tuple(lines)


def one_off(facts: MonthFacts) -> tuple[PayLine, ...]:
    """The earning lines of a run outside the month's ordinary one: fixed amounts and extras. Raises PayError."""
    for component in facts.components:
        if not isinstance(component, FixedPay):
            raise PayError("not_off_cycle", f"{component.code} goes by the month's work", line=component.code)
    return (*_components([], (), facts), *extras(facts))


def _basic(terms: tuple[Term, ...], facts: MonthFacts) -> Iterator[PayLine]:
    for same in _of_one_rate(terms):
        term, rate = same[-1], _rate(same[-1])
        match term.kind:
            case PayKind.MONTHLY:
                if not facts.workdays:
                    raise PayError("no_workdays", f"{facts.month} has no workdays to share a salary by")
                employed = sum(any(one.holds(day) for one in same) for day in facts.workdays)
                share = Factor("workdays", Fraction(employed, len(facts.workdays)))
                yield _earning(BASIC, term, rate, share)
            case PayKind.DAILY:
                yield _earning(BASIC, term, rate, Factor("days", Fraction(facts.days_worked)))
            case PayKind.HOURLY:
                if facts.worked_min or not facts.weeks:
                    yield _earning(BASIC, term, rate, _hours(facts.worked_min))
            case PayKind.PIECE:
                yield _earning(BASIC, term, rate, Factor("pieces", Fraction(facts.pieces)))


def _of_one_rate(terms: tuple[Term, ...]) -> Iterator[tuple[Term, ...]]:
    """Terms one after the other with the same rate are one line: cut in two a salary would be rounded twice, and a
    month could gain or lose a cent by it."""
    for _, same in groupby(terms, key=lambda term: (term.kind, term.rate)):
        yield tuple(same)


def _weeks(term: Term, facts: MonthFacts, rules: EarningRules) -> Iterator[PayLine]:
    """Hourly pay by weeks, each for itself: an hour short in one never offsets overtime in another."""
    if term.kind is not PayKind.HOURLY:
        return
    for week in facts.weeks:
        hourly, more = _hourly(term, rules), Factor("multiplier", rules.weekly_overtime)
        if week.regular_min:
            yield _earning(REGULAR, term, *hourly, _hours(week.regular_min), week=week.monday)
        if week.overtime_min:
            yield _earning(WEEKLY_OVERTIME, term, *hourly, _hours(week.overtime_min), more, week=week.monday)


def _overtime(term: Term, facts: MonthFacts, rules: EarningRules) -> Iterator[PayLine]:
    """One line per class and month, from the sum of its minutes (or, paid by the piece, of its pieces)."""
    by_piece = term.kind is PayKind.PIECE
    amounts = facts.overtime_pieces if by_piece else facts.overtime_min
    for day_class in DayClass:
        amount = amounts.get(day_class, 0)
        if amount:
            done = (_rate(term), Factor("pieces", Fraction(amount))) if by_piece else None
            factors = done or (*_hourly(term, rules), _hours(amount))
            multiplier = Factor("multiplier", rules.overtime[day_class])
            yield _earning(f"overtime.{day_class}", term, *factors, multiplier)


def _absence(term: Term, facts: MonthFacts, rules: EarningRules) -> Iterator[PayLine]:
    """Only a monthly salary has absence in it to take off; the others pay what was done."""
    if term.kind is PayKind.MONTHLY and facts.absence_min:
        minus = Factor("deduction", Fraction(-1))
        yield _earning(ABSENCE, term, *_hourly(term, rules), _hours(facts.absence_min), minus)


def _leave_off_salary(
    terms: tuple[Term, ...], facts: MonthFacts, rules: EarningRules, salary: Money
) -> Iterator[PayLine]:
    """A salary goes on through leave, so the part that is not paid is taken off it, by the hour. Never more than the
    salary; and of a month of nothing but leave the very part, however many workdays the month has."""
    minus, term = Factor("deduction", Fraction(-1)), terms[-1]
    employed = sum(any(one.holds(day) for one in terms) for day in facts.workdays)
    for leave in facts.leaves:
        unpaid = Factor("unpaid", 1 - leave.pay_share)
        if not unpaid.value:
            continue
        line = _earning(_leave_code(leave), term, *_hourly(term, rules), _hours(leave.minutes), unpaid, minus)
        if len(facts.leaves) == 1 and leave.days >= employed:
            line = _earning(line.code, term, _money("basic", salary), unpaid, minus)
        elif (salary + line.amount).minor < 0:
            line = _earning(line.code, term, _money("basic", salary), minus)
        salary += line.amount
        if line.amount:
            yield line


def _leave_paid(term: Term, facts: MonthFacts) -> Iterator[PayLine]:
    """A day or an hour of leave is paid as one at work. What leave is worth by the piece no contract says."""
    for leave in facts.leaves:
        share = () if leave.pay_share == 1 else (Factor("paid", leave.pay_share),)
        if not leave.pay_share or term.kind is PayKind.PIECE:
            continue
        length = Factor("days", leave.days) if term.kind is PayKind.DAILY else _hours(leave.minutes)
        yield _earning(_leave_code(leave), term, _rate(term), length, *share)


def _leave_code(leave: LeaveTaken) -> str:
    return f"{LEAVE}{leave.kind}" if leave.kind else "leave"


def _leave_payout(term: Term, facts: MonthFacts, rules: EarningRules) -> Iterator[PayLine]:
    if facts.unused_leave_days and term.kind is not PayKind.PIECE:
        days = Factor("days", Fraction(facts.unused_leave_days))
        multiplier = Factor("multiplier", rules.leave_payout)
        yield _earning(LEAVE_PAYOUT, term, *_daily(term, rules), days, multiplier)


def _components(basic: list[PayLine], terms: tuple[Term, ...], facts: MonthFacts) -> Iterator[PayLine]:
    for component in facts.components:
        if component.code in _OWN_CODES or f"{component.code}.".startswith(LEAVE):
            raise PayError("reserved_code", f"{component.code} is a line of its own", line=component.code)
        match component:
            case FixedPay(code=code, amount=amount):
                yield multiply(code, Section.EARNING, amount.currency, _money("amount", amount))
            case PayPerDay(code=code, amount=amount):
                days = Factor("days", Fraction(facts.days_worked))
                yield multiply(code, Section.EARNING, amount.currency, _money("amount", amount), days)
            case MonthlyPay(code=code, amount=amount):
                if not facts.workdays:
                    raise PayError("no_workdays", f"{facts.month} has no workdays to share an allowance by")
                held = sum(component.holds(day) and any(t.holds(day) for t in terms) for day in facts.workdays)
                held_share = Factor("workdays", Fraction(held, len(facts.workdays)))
                yield multiply(code, Section.EARNING, amount.currency, _money("amount", amount), held_share)
            case ShareOfBasic(code=code, share=share):
                for line in basic:
                    of = _money("basic", line.amount)
                    yield multiply(code, Section.EARNING, line.amount.currency, of, Factor("share", share))


def _arrear(arrear: Arrear) -> PayLine:
    factors = (_money("difference", arrear.amount),)
    return PayLine(arrear.code, Section.EARNING, arrear.amount, factors, arrear.of_month, arrear.week)


def _earning(code: str, term: Term, *factors: Factor, week: date | None = None) -> PayLine:
    return multiply(code, Section.EARNING, term.rate.currency, *factors, week=week)


def _rate(term: Term) -> Factor:
    return _money(f"rate_a_{term.kind}", term.rate)


def _daily(term: Term, rules: EarningRules) -> tuple[Factor, ...]:
    if term.kind is PayKind.MONTHLY:
        return _rate(term), Factor("per_days_a_month", 1 / rules.days_per_month)
    if term.kind is PayKind.HOURLY:
        return _rate(term), Factor("hours_a_day", rules.hours_per_day)
    return (_rate(term),)


def _hourly(term: Term, rules: EarningRules) -> tuple[Factor, ...]:
    if term.kind is PayKind.HOURLY:
        return (_rate(term),)
    return *_daily(term, rules), Factor("per_hours_a_day", 1 / rules.hours_per_day)


def _hours(length_min: int) -> Factor:
    return Factor("hours", Fraction(length_min, 60))


def _money(name: str, amount: Money) -> Factor:
    return Factor(name, Fraction(amount.minor))
