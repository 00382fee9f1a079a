"""The reckoning of a run, a batch of people at a time, each batch in one transaction: whatever stops it, the next look
goes on with those who are left, and the result is the same, since it follows from the facts alone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice
from uuid import UUID

from django.db import transaction

from gatehouse.clock import monotonic_s
from gatehouse.domain.earnings import earnings, ways_of_paying
from gatehouse.domain.errors import DomainError
from gatehouse.domain.leave import Employment, balance
from gatehouse.domain.leaver import unused_leave_days
from gatehouse.domain.money import Money
from gatehouse.domain.pay_changes import changes, large, starts_or_ends
from gatehouse.domain.pay_facts import (
    Arrear,
    Contract,
    Month,
    MonthFacts,
    PayKind,
    Term,
    components_of,
    days_worked,
    leave_taken,
    paid_overtime,
    special_to_date,
    unpaid_absence,
)
from gatehouse.domain.payroll import PayRules, Payslip, Reason, Refusal, arrears, off_cycle_payslip, payslip
from gatehouse.domain.shifts import DayCalendar
from gatehouse.domain.withholding import YearToDate
from gatehouse.domain.working_time import SplitWeek, monday, split_weeks
from gatehouse.server import keeping
from gatehouse.server.attendance import queries as work
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.moment import now
from gatehouse.server.payroll import run_queries
from gatehouse.server.payroll.cells import slip_facts
from gatehouse.server.payroll.gathering import (
    UNREADABLE,
    Given,
    Scope,
    Unreadable,
    contracts,
    due,
    gather,
    opened,
    read,
)
from gatehouse.server.payroll.models import MONTHLY, PayRun, RunKind, RunSlip, RunState
from gatehouse.server.payroll.rules import rules_for
from gatehouse.server.payroll.run_cells import (
    Extras,
    Input,
    RefusedFacts,
    Result,
    Summary,
    Sums,
    components,
    recoveries,
    recurring,
    refused_facts,
    result_from,
    slip_in,
    special,
    to_bytes,
)
from gatehouse.server.people.models import Person, Site

PAYRUNS = By.job("payslips")
BATCH = 100
SLICE_S = 2.0  # other jobs go on in between
LOOK_AT_MOST = 500
SUMMED_AT_ONCE = 1000
ASKED_AT_ONCE = 1000  # contracts
DAY = timedelta(days=1)


def employed(people: Sequence[Person], month: Month, *, leaving: bool) -> list[Person]:
    """Those with a term in the month; `leaving`: only whose last one ends in it. Who cannot be read is kept: their
    place in the run says so. Raises KeeperAway."""
    kept = []
    for start in range(0, len(people), ASKED_AT_ONCE):
        some = people[start : start + ASKED_AT_ONCE]
        found = contracts(person.pk for person in some)
        for person in some:
            contract = found.get(person.pk)
            if isinstance(contract, Contract):
                terms = contract.within(month)
                last = contract.terms[-1].until if contract.terms else None
                leaves = last is not None and month.first < last <= month.until
                if terms and (leaves or not leaving):
                    kept.append(person)
            elif contract is not None and not leaving:
                kept.append(person)
    return kept


def reckon_due_runs() -> int:
    """A slice of every open draft; how many people were reckoned. Raises KeeperAway, KeeperRefused."""
    done, at = 0, now()
    for run in run_queries.runs_to_reckon():
        ends = monotonic_s() + SLICE_S
        while monotonic_s() < ends:
            some = reckon_some(run, at=at)
            done += some
            if not some:
                break
    return done


def reckon_some(run: PayRun, *, at: datetime, batch: int = BATCH) -> int:
    """The next people of a draft; 0 when nobody is left, and then its sums are there. Raises KeeperAway,
    KeeperRefused."""
    slips = run_queries.waiting(run, batch)
    if not slips:
        _sum_up(run, at=at)
        return 0
    scope = Scope.of(run)
    given = gather(scope, [slip.person_id for slip in slips])
    books = Books(run.site, scope.month)
    results = [_result(scope, given[slip.person_id], books) for slip in slips]
    plains = [
        keeping.plain("payslip.run/1", slip.person_id, slip.pk, to_bytes(result))
        for slip, result in zip(slips, results, strict=True)
    ]
    cells = keeping.seal_many(plains)
    with transaction.atomic():
        if not _still(run):
            return 0
        for slip, cell in zip(slips, cells, strict=True):
            slip.cell = cell
        RunSlip.objects.bulk_update(slips, ["cell"])
    return len(slips)


def _still(run: PayRun) -> bool:
    """Whether it is the same draft as when the batch began."""
    held = PayRun.objects.select_for_update().filter(pk=run.pk, state=RunState.DRAFT, turn=run.turn)
    return held.exists()


@dataclass
class Books:
    """The site's calendar and rules, read once a batch."""

    site: Site
    month: Month

    def __post_init__(self) -> None:
        self.calendar: DayCalendar = work.calendar(self.site)
        self._workdays: dict[Month, tuple[date, ...]] = {}
        self._rules: dict[str, PayRules] = {}

    def workdays(self, month: Month) -> tuple[date, ...]:
        if month not in self._workdays:
            self._workdays[month] = month.workdays(self.calendar)
        return self._workdays[month]

    def rules(self, currency: str) -> PayRules:
        if currency not in self._rules:
            self._rules[currency] = rules_for(self.site, currency)
        return self._rules[currency]


def _result(scope: Scope, given: Given, books: Books) -> Result:
    try:
        answer = reckon(scope, given, books)
    except DomainError as fault:
        return Result(refused=RefusedFacts(fault.code), marks=["refused"])
    except ValueError:  # such as a share of nothing in a cell: one person's trouble holds nobody else up
        return Result(refused=RefusedFacts("unreadable"), marks=["refused"])
    if isinstance(answer, Refusal):
        return Result(refused=refused_facts(answer), marks=["refused"])
    if isinstance(answer, Unreadable):
        return Result(refused=RefusedFacts("unreadable"), marks=["refused"])
    before = _before(given) if scope.kind in MONTHLY else None
    return Result(
        slip=slip_facts(answer),
        before_minor=before.net.minor if before else None,
        marks=_marks(scope, before, answer),
    )


def _before(given: Given) -> Payslip | None:
    """The ordinary payslip before, which a reviewer compares with."""
    found = [paid.slip for paid in given.paid if paid.kind in MONTHLY]
    return found[-1] if found else None


def _marks(scope: Scope, before: Payslip | None, now: Payslip) -> list[str]:
    found = ["arrears"] if any(line.of_month for line in now.lines) else []
    if scope.kind not in MONTHLY:
        return found
    change = changes(before, now)
    if before is None:
        return [*found, "first"]
    if starts_or_ends(change):
        found.append("terms")
    if large(change):
        found.append("large")
    return found


def reckon(scope: Scope, given: Given, books: Books, preview: Payslip | None = None) -> Payslip | Refusal | Unreadable:
    """One person's payslip. `preview` is that of an earlier month of the year, which a preview may go on from where no
    run has paid since. Raises DomainError."""
    contract, month = given.contract, books.month
    if given.unreadable or isinstance(contract, Unreadable) or isinstance(given.extras, Unreadable):
        return UNREADABLE
    if contract is None or not contract.terms:
        return Refusal(Reason.NOT_EMPLOYED)
    terms = contract.within(month) or contract.terms[-1:]
    currency = terms[-1].rate.currency
    rules = books.rules(currency)
    said = given.inputs.get(month.first)
    so_far = _so_far(given, said, month, currency, preview)
    if scope.kind is RunKind.OFF_CYCLE:
        return off_cycle_payslip(contract, _off_cycle(month, contract, given, said, currency), so_far, rules)
    facts = month_facts(month, contract, given, rules, books)
    return payslip(contract, _with_arrears(facts, _arrears(given, contract, books)), so_far, rules)


def _so_far(given: Given, said: Input | None, month: Month, currency: str, preview: Payslip | None) -> YearToDate:
    last = max((paid.month for paid in given.paid if paid.month.year == month.year), default=None)
    if preview is not None and (last is None or preview.month > last):
        return preview.to_date
    if last is not None:
        return [paid.slip for paid in given.paid if paid.month == last][-1].to_date
    start = YearToDate.start(month.year, currency)
    opening = said.opening if said else None
    if opening is None:
        return start
    gross, contributions, withheld = opening.gross_minor, opening.contributions_minor, opening.withheld_minor
    return start.plus(Money(gross, currency), Money(contributions, currency), Money(withheld, currency))


def month_facts(month: Month, contract: Contract, given: Given, rules: PayRules, books: Books) -> MonthFacts:
    """What an ordinary payslip of the month is reckoned from."""
    terms = contract.within(month)
    currency = (terms or contract.terms)[-1].rate.currency
    extras, said = given.extras, given.inputs.get(month.first) or Input(currency)
    extras = extras if isinstance(extras, Extras) else Extras(currency)
    whole = replace(
        _work_of(terms, month, given, rules, books, said),
        components=(*components_of(recurring(extras), month), *components(said)),
        unused_leave_days=_leave_left(contract, month, extras, said, given),
        special_deductions_to_date=special_to_date(special(extras), contract, month, currency),
        recoveries=recoveries(said),
        year_end_bonus=Money(said.year_end_bonus_minor, currency) if said.year_end_bonus_minor else None,
    )
    ways = ways_of_paying(terms)
    if len(ways) < 2:
        return whole
    parts = [_work_of(way, month, given, rules, books, said) for way in ways]
    parts[-1] = replace(parts[-1], unused_leave_days=whole.unused_leave_days)
    return replace(whole, parts=tuple(parts))


def _work_of(
    terms: tuple[Term, ...], month: Month, given: Given, rules: PayRules, books: Books, said: Input
) -> MonthFacts:
    """Minutes, days and pieces of the dates on which these terms hold."""
    since = max(terms[0].since, month.first) if terms else month.first
    until = min(terms[-1].until or month.until, month.until) if terms else month.until
    days = given.within(since, until)
    weekly = rules.week_limit_min is not None and bool(terms) and terms[-1].kind is PayKind.HOURLY
    return MonthFacts(
        month=month,
        workdays=books.workdays(month),
        overtime_min=paid_overtime(days),
        absence_min=unpaid_absence(days),
        days_worked=days_worked(days),
        worked_min=0 if weekly else sum(day.worked_min for day in days),
        weeks=_weeks(given, month, terms, rules.week_limit_min or 0) if weekly else (),
        pieces=said.pieces,
        leaves=leave_taken(days),
    )


def _off_cycle(month: Month, contract: Contract, given: Given, said: Input | None, currency: str) -> MonthFacts:
    said = said or Input(currency)
    extras = given.extras if isinstance(given.extras, Extras) else Extras(currency)
    return MonthFacts(
        month=month,
        workdays=(),
        components=components(said),
        special_deductions_to_date=special_to_date(special(extras), contract, month, currency),
        recoveries=recoveries(said),
        year_end_bonus=Money(said.year_end_bonus_minor, currency) if said.year_end_bonus_minor else None,
    )


def _weeks(given: Given, month: Month, terms: tuple[Term, ...], limit_min: int) -> tuple[SplitWeek, ...]:
    """Weeks from Monday to Sunday belong to the month in which they end; of them the dates on which the terms hold."""
    days = given.within(monday(month.first), monday(month.until))
    return split_weeks([day for day in days if any(term.holds(day.date) for term in terms)], limit_min)


def _leave_left(contract: Contract, month: Month, extras: Extras, said: Input, given: Given) -> Fraction:
    """Days of leave that somebody who leaves in this month has earned and not taken: of every type that is paid out, or
    by the days a year that somebody typed for this person. By the piece there is no day to pay."""
    last = contract.terms[-1]
    ends = last.until
    if ends is None or not month.first < ends <= month.until:
        return Fraction(0)
    if not extras.leave_days_a_year:
        if given.leave is None or last.kind is PayKind.PIECE:
            return Fraction(0)
        since = given.leave.employment.since if given.leave.hired_known else contract.terms[0].since
        of = replace(given.leave, employment=Employment(since, ends))
        kinds = [kind for kind in of.kinds if kind.rules.paid_out and kind.fact.has_balance]
        left = [balance(kind.fact, of.facts(kind, only_approved=True), ends - DAY).left for kind in kinds]
        return sum((max(Fraction(0), one) for one in left), Fraction(0))
    return unused_leave_days(extras.leave_days_a_year, Fraction(said.leave_taken_halves, 2), ends - DAY)


def _arrears(given: Given, contract: Contract, books: Books) -> tuple[Arrear, ...]:
    """What closed months still owe or are owed by a reckoning of today, less what later runs have paid of it."""
    paid_since = [
        Arrear(line.of_month, line.code, line.amount, line.week)
        for paid in given.paid
        for line in paid.slip.lines
        if line.of_month is not None
    ]
    found: list[Arrear] = []
    for paid in due(given, books.month):
        terms = contract.within(paid.month)
        if not terms or any(term.rate.currency != paid.slip.currency for term in terms):
            continue
        rules = books.rules(paid.slip.currency)
        anew = earnings(terms, month_facts(paid.month, contract, given, rules, books), rules.earning)
        found += arrears(paid.slip, anew, paid_since)
    return tuple(found)


def _with_arrears(facts: MonthFacts, owed: tuple[Arrear, ...]) -> MonthFacts:
    return replace(facts, arrears=owed)


def _sum_up(run: PayRun, *, at: datetime) -> None:
    """Totals and whom to look at, once; the run is then ready for review."""
    sums: dict[str, Counter[str]] = {}
    marks: Counter[str] = Counter()
    look_at: list[tuple[int, str]] = []
    for row, result in _results(run):
        marks.update(result.marks)
        slip = slip_in(result)
        if slip is not None:
            _add(sums.setdefault(slip.currency, Counter()), slip, result)
        if result.marks:
            look_at.append((_first(result), str(row)))
    summary = Summary(
        sums=[Sums(currency=currency, **dict(_NOTHING, **counted)) for currency, counted in sorted(sums.items())],
        marks=dict(marks),
        look_at=[row for _, row in sorted(look_at)[:LOOK_AT_MOST]],
    )
    cell = keeping.seal_one("payrun.summary/1", run.site_id, run.pk, to_bytes(summary))
    with transaction.atomic():
        if not _still(run) or run_queries.waiting(run, 1):
            return
        if PayRun.objects.filter(pk=run.pk, turn=run.turn, summary_cell__isnull=True).update(summary_cell=cell):
            record("payrun.reckoned", "payrun", run.pk, by=PAYRUNS, at=at)


def _results(run: PayRun) -> Iterator[tuple[UUID, Result]]:
    """Everybody's, a portion at a time. Raises KeeperAway, KeeperRefused."""
    rows = RunSlip.objects.filter(run=run).order_by("id").values_list("id", "cell").iterator(SUMMED_AT_ONCE)
    while some := list(islice(rows, SUMMED_AT_ONCE)):
        texts = opened([keeping.cell("payslip.run/1", row, cell or b"") for row, cell in some])
        for (row, _), text in zip(some, texts, strict=True):
            result = read(text, result_from)
            if not isinstance(result, Result):
                result = Result(refused=RefusedFacts("unreadable"), marks=["refused"])
            yield row, result


_NOTHING = dict.fromkeys(
    ("people", "gross_minor", "contributions_minor", "tax_minor", "recoveries_minor", "net_minor", "before_minor"), 0
)
_ORDER = ("refused", "arrears", "large", "terms", "first")


def _first(result: Result) -> int:
    return min(_ORDER.index(mark) for mark in result.marks)


def _add(counted: Counter[str], slip: Payslip, result: Result) -> None:
    counted.update(
        people=1,
        gross_minor=slip.gross.minor,
        contributions_minor=slip.contributions.minor,
        tax_minor=slip.tax.minor,
        recoveries_minor=slip.recoveries.minor,
        net_minor=slip.net.minor,
        before_minor=result.before_minor or 0,
    )
