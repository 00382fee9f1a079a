"""Everything that a batch of people's pay is reckoned from, asked of the keeper in a few words: contracts, days, what
was said by hand, and what earlier runs paid."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec

from gatehouse.domain import pay_facts
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payroll import Payslip
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Authority, Cell
from gatehouse.keeper.protocol import Refused as KeeperSays
from gatehouse.server import keeping
from gatehouse.server.attendance import leave_looks
from gatehouse.server.attendance.leave_looks import Standing
from gatehouse.server.attendance.models import Workday as WorkdayRow
from gatehouse.server.attendance.patterns import workdays_from_bytes
from gatehouse.server.payroll import run_queries
from gatehouse.server.payroll.cells import contract_from_bytes
from gatehouse.server.payroll.models import MONTHLY, Contract, PayRun, RunKind
from gatehouse.server.payroll.run_cells import Extras, Input, extras_from, input_from, result_from, slip_in
from gatehouse.server.people.models import Person, Site

T = TypeVar("T")
PURPOSE = "payrun"
JOB = Authority(job="payslips")
CELLS_AT_ONCE = 5000


class Unreadable:
    """A cell of this person that does not open as it should."""


UNREADABLE = Unreadable()


@dataclass(frozen=True, slots=True)
class Paid:
    """A payslip of a closed run."""

    month: Month
    kind: RunKind
    slip: Payslip


@dataclass(slots=True)
class Given:
    """One person's facts. `days` are by date, also of the weeks around the month and of months to be reckoned again;
    `inputs` by the first date of the month; `paid` in order; `again` the marked months; `leave` is gathered of those
    who leave."""

    contract: pay_facts.Contract | Unreadable | None = None
    extras: Extras | Unreadable | None = None
    days: dict[date, list[Workday]] = field(default_factory=dict)
    inputs: dict[date, Input] = field(default_factory=dict)
    paid: list[Paid] = field(default_factory=list)
    again: list[date] = field(default_factory=list)
    leave: Standing | None = None
    unreadable: bool = False

    def within(self, since: date, until: date) -> list[Workday]:
        return [w for day, shifts in sorted(self.days.items()) if since <= day < until for w in shifts]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is reckoned: a run, or the preview of an ordinary month before there is one; and by whose authority."""

    site: Site
    month: Month
    kind: RunKind
    run: PayRun | None = None
    by: Authority = JOB

    @classmethod
    def of(cls, run: PayRun) -> "Scope":
        return cls(run.site, Month.of(run.month), RunKind(run.kind), run)


def opened(cells: Sequence[Cell], by: Authority = JOB) -> list[bytes | Unreadable | None]:
    """Plaintexts in order, in portions that fit a frame. A cell that was moved or changed makes only itself unreadable.
    Raises KeeperAway, KeeperRefused."""
    found: list[bytes | Unreadable | None] = []
    for start in range(0, len(cells), CELLS_AT_ONCE):
        found += _portion(list(cells[start : start + CELLS_AT_ONCE]), by)
    return found


def _portion(cells: list[Cell], by: Authority) -> list[bytes | Unreadable | None]:
    answer = keeping.reveal(cells, by, PURPOSE)
    if not isinstance(answer, KeeperSays):
        return list(answer)
    place = answer.facts.get("cell")
    if answer.code != "bad_request" or not isinstance(place, int) or not 0 <= place < len(cells):
        raise keeping.KeeperRefused(answer.code, answer.facts)
    return [*_portion(cells[:place], by), UNREADABLE, *_portion(cells[place + 1 :], by)]


def read(data: bytes | Unreadable | None, into: Callable[[bytes], T]) -> T | Unreadable | None:
    if data is None or isinstance(data, Unreadable):
        return data
    try:
        return into(data)
    except (msgspec.MsgspecError, ValueError):  # DomainError is a ValueError
        return UNREADABLE


def contracts(people: Iterable[UUID]) -> dict[UUID, pay_facts.Contract | Unreadable]:
    """By person; those whose key is gone are left out."""
    rows = list(Contract.objects.filter(person_id__in=list(people)))
    texts = opened([keeping.cell("contract.terms/1", row.pk, row.cell) for row in rows])
    found = {}
    for row, text in zip(rows, texts, strict=True):
        contract = read(text, contract_from_bytes)
        if contract is not None:
            found[row.person_id] = contract
    return found


def gather(scope: Scope, people: Sequence[UUID]) -> dict[UUID, Given]:
    """By person. Raises KeeperAway, KeeperRefused."""
    found = {person: Given() for person in people}
    _contracts(scope, found)
    if scope.kind in MONTHLY:
        _marked(scope, found)
    _paid(scope, found)
    _inputs(scope, found)
    if scope.kind in MONTHLY:
        _days(scope, found)
        _leave(scope, found)
    return found


def _leave(scope: Scope, found: dict[UUID, Given]) -> None:
    """Of those whose last day lies in a month that is reckoned: what of their leave is left."""
    people = {row.pk: row for row in Person.objects.filter(pk__in=list(found)).select_related("site")}
    for person_id, given in found.items():
        if not isinstance(given.contract, pay_facts.Contract) or not given.contract.terms:
            continue
        ends = given.contract.terms[-1].until
        months = {scope.month, *(paid.month for paid in due(given, scope.month))}
        if ends is None or Month.of(ends - timedelta(days=1)) not in months:
            continue
        try:
            of = leave_looks.standing(people[person_id], scope.by, PURPOSE)
        except (msgspec.MsgspecError, ValueError):
            given.unreadable = True
            continue
        if isinstance(of, KeeperSays):
            raise keeping.KeeperRefused(of.code, of.facts)
        given.leave = of


def _contracts(scope: Scope, found: dict[UUID, Given]) -> None:
    rows = list(Contract.objects.filter(person_id__in=list(found)))
    cells = [keeping.cell("contract.terms/1", row.pk, row.cell) for row in rows]
    more = [row for row in rows if row.extras_cell is not None]
    cells += [keeping.cell("contract.extras/1", row.pk, row.extras_cell or b"") for row in more]
    texts = opened(cells, scope.by)
    for row, text in zip(rows, texts, strict=False):
        found[row.person_id].contract = read(text, contract_from_bytes)
    for row, text in zip(more, texts[len(rows) :], strict=True):
        found[row.person_id].extras = read(text, extras_from)


def _marked(scope: Scope, found: dict[UUID, Given]) -> None:
    """Months to be reckoned again. A run takes them before it reads anything, so that a correction which comes
    meanwhile marks them anew for the next one; a preview only looks."""
    rows = run_queries.again(found)
    if scope.run is not None:
        rows.filter(taken_by__isnull=True).update(taken_by=scope.run)
    for person, month in rows.filter(taken_by=scope.run).values_list("person_id", "month"):
        found[person].again.append(month)


def _paid(scope: Scope, found: dict[UUID, Given]) -> None:
    """Closed runs of this year, and of whatever lies further back and is to be reckoned again; the month before always,
    for what changed since."""
    month = scope.month
    earliest = min((m for given in found.values() for m in given.again), default=month.first)
    since = min(date(month.year, 1, 1), earliest, Month.of(month.first - timedelta(days=1)).first)
    rows = [row for row in run_queries.paid_slips(found, since, scope.run) if row.run.month <= month.first]
    texts = opened([keeping.cell("payslip.run/1", row.pk, row.cell or b"") for row in rows], scope.by)
    for row, text in zip(rows, texts, strict=True):
        result = read(text, result_from)
        if isinstance(result, Unreadable):
            found[row.person_id].unreadable = True
        elif result is not None and (slip := slip_in(result)) is not None:
            found[row.person_id].paid.append(Paid(Month.of(row.run.month), RunKind(row.run.kind), slip))


def due(given: Given, month: Month) -> list[Paid]:
    """Ordinary payslips to be held against a reckoning of today: of the month before, and of those marked."""
    wanted = {*given.again, Month.of(month.first - timedelta(days=1)).first} - {month.first}
    return [paid for paid in given.paid if paid.kind in MONTHLY and paid.month.first in wanted]


def _inputs(scope: Scope, found: dict[UUID, Given]) -> None:
    month = scope.month
    months = {month.first} | {paid.month.first for given in found.values() for paid in due(given, month)}
    kinds = [RunKind.OFF_CYCLE] if scope.kind is RunKind.OFF_CYCLE else [RunKind.REGULAR]
    rows = run_queries.inputs(found, months, kinds)
    texts = opened([keeping.cell("pay.input/1", row.pk, row.cell) for row in rows], scope.by)
    for row, text in zip(rows, texts, strict=True):
        given = read(text, input_from)
        if isinstance(given, Unreadable):
            found[row.person_id].unreadable = True
        elif given is not None:
            found[row.person_id].inputs[row.month] = given


def _days(scope: Scope, found: dict[UUID, Given]) -> None:
    wanted: dict[Month, list[UUID]] = defaultdict(list)
    for person, given in found.items():
        for of in {scope.month, *(paid.month for paid in due(given, scope.month))}:
            wanted[of].append(person)
    for of, people in wanted.items():
        near = WorkdayRow.objects.filter(person_id__in=people, date__gte=monday(of.first), date__lt=of.until)
        rows = list(near.values_list("id", "person_id", "date", "cell"))
        texts = opened([keeping.cell("workday.facts/1", row, cell) for row, _, _, cell in rows], scope.by)
        for (_row, person, day, _cell), text in zip(rows, texts, strict=True):
            if text is None:
                continue
            try:
                if not isinstance(text, Unreadable):
                    found[person].days[day] = workdays_from_bytes(day, text)
                    continue
            except (msgspec.MsgspecError, KeyError, ValueError):
                pass
            found[person].unreadable = True
