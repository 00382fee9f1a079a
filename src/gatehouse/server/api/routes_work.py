"""Shift patterns, plans, contracts; and what follows from them: workdays, figures, draft payslips.

A worker reads their own and nobody else's. Figures are numbers with the key of the text that defines them.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field, StrictInt

from gatehouse.domain import payroll, performance, reckoning
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, MoneyError
from gatehouse.domain.pay_facts import Contract, Month, PayError, PayKind, Term
from gatehouse.domain.periods import local_date
from gatehouse.domain.shifts import DayClass
from gatehouse.server import moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, Problem, must, no_draft, not_found
from gatehouse.server.api.shapes import Answer, Code, Currency, Day, Made, Minutes, Name, Shape, Text, WallTime
from gatehouse.server.attendance import actions, looks, queries
from gatehouse.server.attendance.models import ShiftPattern
from gatehouse.server.payroll import actions as pay
from gatehouse.server.payroll import looks as pay_looks
from gatehouse.server.payroll import queries as slips
from gatehouse.server.people.models import Person, Site
from gatehouse.server.performance import looks as figure_looks
from gatehouse.server.performance import queries as figure_rows
from gatehouse.server.performance.cells import About, AboutDay, AboutFigure
from gatehouse.server.performance.models import ContestState

router = Router(tags=["work"])

LONGEST_SPAN = timedelta(days=100)
DATES = 400
Since = Annotated[Day, Query(alias="from")]
Until = Annotated[Day, Query(alias="to")]


class HalfDay(Shape):
    leave: Literal["morning", "afternoon"]
    start: WallTime
    end: WallTime
    leave_min: Minutes


class FlexHours(Shape):
    """Core time, and what the day owes, of flexible hours; the band is the shift's start and end."""

    core_start: WallTime
    core_end: WallTime
    owed_min: Minutes


class PatternRules(Shape):
    """A shift as wall times and minutes; an `end` not later than `start` lies on the next date."""

    start: WallTime
    end: WallTime
    opens_before_min: Minutes = 120
    closes_after_min: Minutes = 240
    pairing: Annotated[Text, Field(max_length=24)] = "first_last"
    one_missing: Annotated[Text, Field(max_length=24)] = "zero"
    counting: Annotated[Text, Field(max_length=24)] = "within_shift"
    break_min: Minutes = 0
    break_over_min: Minutes = 0
    grace_in_min: Minutes = 0
    grace_out_min: Minutes = 0
    round_to_min: Minutes = 1
    overtime_from_min: Minutes = 0
    halves: Annotated[list[HalfDay], Field(max_length=2)] = []
    flex: FlexHours | None = None


class NewPattern(Shape):
    """The code "open" is the pattern of dates without a shift."""

    code: Code
    name: Name
    rules: PatternRules


class PatternRow(Made):
    code: str
    name: str


@route(router, "GET", "/sites/{uuid:site_id}/patterns", response=list[PatternRow])
def list_patterns(request: HttpRequest, site_id: UUID) -> list[PatternRow]:
    found = queries.patterns(reach.site(request, site_id))
    return [PatternRow(id=pattern.pk, code=pattern.code, name=pattern.name) for pattern in found]


@route(router, "POST", "/sites/{uuid:site_id}/patterns", response={201: Made})
def add_pattern(request: HttpRequest, site_id: UUID, body: NewPattern) -> Made:
    site = reach.site(request, site_id)
    rules = body.rules.model_dump()
    try:
        pattern = actions.add_pattern(site, body.code, body.name, rules, by=caller(request).by, at=moment.now())
    except DomainError as fault:
        raise Invalid("rules", fault.code) from fault
    except (KeyError, msgspec.ValidationError) as fault:
        raise Invalid("rules", "unknown_name") from fault
    return Made(id=pattern.pk)


class NewShifts(Shape):
    """`pattern` is a pattern's code at the person's site."""

    pattern: Code
    dates: Annotated[list[Day], Field(min_length=1, max_length=DATES)]


class Planned(Answer):
    planned: int


@route(router, "POST", "/people/{uuid:person_id}/shifts", response={201: Planned})
def plan_shifts(request: HttpRequest, person_id: UUID, body: NewShifts) -> Planned:
    """The person is to work this shift on these dates; what is planned already stays."""
    person = reach.person(request, person_id)
    days = sorted(set(body.dates))
    actions.plan(person, _pattern(person.site, body.pattern), days, by=caller(request).by, at=moment.now())
    return Planned(planned=len(days))


def _pattern(site: Site, code: str) -> ShiftPattern:
    found = queries.patterns(site).filter(code=code).first()
    if found is None:
        raise Invalid("pattern", "unknown")
    return found


class CalendarDay(Shape):
    """A date that is not what its weekday says."""

    date: Day
    day_class: DayClass


@route(router, "POST", "/sites/{uuid:site_id}/calendar", response={204: None})
def set_calendar_day(request: HttpRequest, site_id: UUID, body: CalendarDay) -> None:
    site = reach.site(request, site_id)
    actions.set_calendar_day(site, body.date, body.day_class, by=caller(request).by, at=moment.now())


Amount = Annotated[StrictInt, Field(ge=0, le=10**12)]


class NewTerm(Shape):
    """Pay on the dates [starts, ends), open-ended without `ends`; amounts in whole minor units a month, day, hour or
    piece. `insured_minor` is the declared base of contributions where it is not the monthly wage."""

    kind: Literal["monthly", "daily", "hourly", "piece"]
    wage_minor: Amount
    currency: Currency
    starts: Day
    ends: Day | None = None
    insured_minor: Amount | None = None


@route(router, "POST", "/people/{uuid:person_id}/contracts", response={201: Made})
def add_contract(request: HttpRequest, person_id: UUID, body: NewTerm) -> Made:
    """Terms of pay from a date on. An open-ended term before it ends there; others may not overlap: then 409 with the
    first date that two terms would hold on."""
    person, by = reach.person(request, person_id), caller(request).by
    held = must(pay_looks.contract(slips.contract_of(person), by.authority, "contract.edit"))
    try:
        contract = Contract((*_ended(held, body.starts), _term(body)))
    except PayError as fault:
        title = "Another term of this contract holds on that date; terms may not overlap."
        raise Problem(409, fault.code, title, day=f"{fault.facts['day']}") from fault
    except MoneyError as fault:
        raise Invalid("currency", fault.code) from fault
    return Made(id=pay.set_contract(person, contract, by=by, at=moment.now()).pk)


def _term(body: NewTerm) -> Term:
    if body.ends is not None and body.ends <= body.starts:
        raise Invalid("ends", "order")
    insured = None if body.insured_minor is None else Money(body.insured_minor, body.currency)
    kind = PayKind[body.kind.upper()]
    return Term(kind, Money(body.wage_minor, body.currency), body.starts, body.ends, insured)


def _ended(held: Contract | None, on: date) -> list[Term]:
    def until(term: Term) -> date | None:
        return on if term.until is None and term.since < on else term.until

    terms = held.terms if held else ()
    return [Term(term.kind, term.rate, term.since, until(term), term.insured_salary) for term in terms]


class StepRow(Answer):
    """One step of the explanation: which rule, and the minutes that it gave or took."""

    rule: str
    minutes: int


class WorkdayRow(Answer):
    date: date
    shift: str
    day_class: DayClass
    first_in: datetime | None
    last_out: datetime | None
    owed_min: int
    worked_min: int
    late_min: int
    early_min: int
    leave_min: int
    overtime_worked_min: int
    overtime_paid_min: int
    overtime_banked_min: int
    flags: list[str]
    steps: list[StepRow]


@route(router, "GET", "/people/{uuid:person_id}/workdays", response=list[WorkdayRow])
def workdays(request: HttpRequest, person_id: UUID, since: Since, until: Until) -> list[WorkdayRow]:
    """Workdays of the dates [from, to), reckoned nightly, each with its explanation."""
    return [_workday_row(day) for day in _days(request, reach.person(request, person_id), since, until)]


def _days(request: HttpRequest, person: Person, since: date, until: date) -> list[reckoning.Workday]:
    if not since < until <= since + LONGEST_SPAN:
        raise Invalid("to", "order")
    rows = list(queries.workdays([person], since, until))
    found = must(looks.workdays(rows, caller(request).by.authority, "api.workdays"))
    return [day for row in rows for day in found.get((row.person_id, row.date), [])]


def _workday_row(day: reckoning.Workday) -> WorkdayRow:
    return WorkdayRow(
        date=day.date,
        shift=day.pattern.code,
        day_class=day.day_class,
        first_in=day.first_in,
        last_out=day.last_out,
        owed_min=day.owed_min,
        worked_min=day.worked_min,
        late_min=day.late_min,
        early_min=day.early_min,
        leave_min=day.leave_min,
        overtime_worked_min=day.ot_worked_min,
        overtime_paid_min=day.ot_paid_min,
        overtime_banked_min=day.ot_banked_min,
        flags=[flag.value for flag in day.flags],
        steps=[StepRow(rule=step.rule.value, minutes=step.minutes) for step in day.explanation],
    )


class FigureRow(Answer):
    """A ratio as `over`/`under`, minutes, or days; None with the reason where there is none. `definition` is the key of
    the text that says how it is made; `contested` that the person says it is wrong, or a day in it."""

    measure: performance.Measure
    contested: bool
    over: int | None
    under: int | None
    withheld: str | None
    definition: str


@route(router, "GET", "/people/{uuid:person_id}/performance", response=list[FigureRow])
def figures(request: HttpRequest, person_id: UUID, since: Since, until: Until) -> list[FigureRow]:
    """Figures from the workdays of [from, to) and from nothing else, with what of them is contested. For an operator,
    of months that are no longer the person's alone: else 409."""
    person = reach.person(request, person_id)
    days = _days(request, person, since, until)
    if caller(request).operator is not None:
        _others_see(person, since, until)
    rows = list(figure_rows.contests_of(person).exclude(state=ContestState.WITHDRAWN))
    contested = must(figure_looks.abouts(rows, caller(request).by.authority, "performance.page")).values()
    found = performance.person_figures(days)
    return [_figure_row(figure, any(_stands_beside(a, figure, since, until) for a in contested)) for figure in found]


def _others_see(person: Person, since: date, until: date) -> None:
    """Raises Problem."""
    months = [Month.of(since)]
    while months[-1].until < until:
        months.append(months[-1].after)
    seen = figure_rows.open_months(person, months, local_date(moment.now(), ZoneInfo(person.site.zone)))
    if len(seen) < len(months):
        raise Problem(
            409, "not_seen_yet", "The person sees the figures of a month first; some of these are theirs alone."
        )


def _stands_beside(about: About, figure: performance.Figure, since: date, until: date) -> bool:
    match about:
        case AboutDay(date=day):
            return since <= day < until
        case AboutFigure(first=first, measure=measure):
            return measure is figure.measure and since < Month.of(first).until and first < until


def _figure_row(figure: performance.Figure, contested: bool) -> FigureRow:
    return FigureRow(
        contested=contested,
        measure=figure.measure,
        over=None if figure.value is None else figure.value.numerator,
        under=None if figure.value is None else figure.value.denominator,
        withheld=figure.withheld.name.lower() if figure.withheld else None,
        definition=figure.definition,
    )


class FactorRow(Answer):
    name: str
    over: int
    under: int


class LineRow(Answer):
    """One line of a payslip with the factors that make it; what is kept back is negative."""

    code: str
    section: str
    minor: int
    because: list[FactorRow]


class Slip(Answer):
    month: str
    currency: str
    state: Literal["draft"] = "draft"
    lines: list[LineRow]
    net_minor: int


MonthText = Annotated[Text, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class OneMonth(Shape):
    month: MonthText


def _month(text: str) -> Month:
    return Month(int(text[:4]), int(text[5:]))


@route(router, "GET", "/people/{uuid:person_id}/payslip", response=Slip)
def payslip(request: HttpRequest, person_id: UUID, month: MonthText) -> Slip:
    """The draft of a month as it was drawn up last; 404 when it never was."""
    person = reach.person(request, person_id)
    row = slips.payslip_of(person, _month(month))
    found = must(pay_looks.payslip(row, caller(request).by.authority, "api.payslip"))
    if found is None:
        raise not_found("payslip")
    return _slip(found)


@route(router, "POST", "/people/{uuid:person_id}/payslip", response={201: Slip})
def draw_up_payslip(request: HttpRequest, person_id: UUID, body: OneMonth) -> Slip:
    """Draw the month's draft up anew from contract and workdays as they are now."""
    person = reach.person(request, person_id)
    drafted = must(pay.draft_payslip(person, _month(body.month), by=caller(request).by, at=moment.now()))
    if isinstance(drafted, pay.NotDrafted):
        raise Problem(409, drafted.code, no_draft(drafted.code))
    return _slip(drafted.slip)


def _slip(slip: payroll.Payslip) -> Slip:
    lines: Sequence[LineRow] = [
        LineRow(
            code=line.code,
            section=line.section.value,
            minor=line.amount.minor,
            because=[FactorRow(name=f.name, over=f.value.numerator, under=f.value.denominator) for f in line.because],
        )
        for line in slip.lines
    ]
    return Slip(
        month=str(slip.month), currency=slip.currency, lines=list(lines), net_minor=sum(line.minor for line in lines)
    )
