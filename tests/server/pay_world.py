"""A site's months of pay: people with contracts and days, and the steps of a run."""

from datetime import date, datetime

from tests.server.world import SETUP, World

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, Month, PayKind, Term
from gatehouse.domain.reckoning import Flag, Workday
from gatehouse.domain.shifts import DayCalendar, DayClass
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.attendance.workdays import write_days
from gatehouse.server.payroll import actions, computing, run_queries, runs
from gatehouse.server.payroll.models import PayRun, RunKind
from gatehouse.server.payroll.run_cells import result_from, slip_in

DAY_SHIFT = pattern_fact("D", {"start": "09:00:00", "end": "18:00:00"})
MARCH, APRIL = Month(2026, 3), Month(2026, 4)


def worked(on: date, minutes: int = 480, *, ot: int = 0, day_class: DayClass = DayClass.WORKDAY) -> Workday:
    return Workday(on, DAY_SHIFT, day_class, 0, 0, minutes, ot, ot, 0, 0, 480, None, None, (), ())


def absent(on: date) -> Workday:
    return Workday(on, DAY_SHIFT, DayClass.WORKDAY, 0, 0, 0, 0, 0, 0, 0, 480, None, None, (Flag.ABSENT,), ())


class PayWorld:
    def __init__(self, world: World) -> None:
        self.world, self.site = world, world.site
        self.clerk, self.chief = world.operator(Role.HR), world.operator(Role.OWNER)

    @property
    def at(self) -> datetime:
        return self.world.now()

    def hire(self, number: str, salary: str = "10440.00", *, since: date = date(2020, 1, 1), until: date | None = None,
             kind: PayKind = PayKind.MONTHLY, currency: str = "CNY"):  # fmt: skip
        person = self.world.hire(number, f"Person {number}")
        self.contract(person, salary, since=since, until=until, kind=kind, currency=currency)
        return person

    def contract(self, person, salary, *, since=date(2020, 1, 1), until=None, kind=PayKind.MONTHLY, currency="CNY"):
        minor = round(float(salary) * 100)
        term = Term(kind, Money(minor, currency), since, until)
        actions.set_contract(person, Contract((term,)), by=SETUP, at=self.at)

    def days(self, person, *days: Workday) -> None:
        """These dates of one person, written anew."""
        for day in days:
            write_days(day.date, {person.pk: [day]})

    def full(self, person, month: Month, *, but: tuple[Workday, ...] = ()) -> None:
        """Every workday worked, but for these."""
        other = {day.date: day for day in but}
        dates = {*month.workdays(DayCalendar()), *other}
        self.days(person, *(other.get(day, worked(day)) for day in sorted(dates)))

    def open(self, month: Month, kind: RunKind = RunKind.REGULAR) -> PayRun:
        run = runs.open_run(self.site, month, kind, by=self.clerk, at=self.at)
        assert isinstance(run, PayRun), run
        return run

    def reckon(self, run: PayRun, *, batch: int = 100) -> PayRun:
        while computing.reckon_some(run, at=self.at, batch=batch):
            pass
        run.refresh_from_db()
        assert run.summary_cell is not None
        return run

    def pay(self, month: Month, kind: RunKind = RunKind.REGULAR) -> PayRun:
        """A run from draft to lock."""
        run = self.reckon(self.open(month, kind))
        assert runs.send_to_review(run, by=self.clerk, at=self.at) is None
        run.refresh_from_db()
        assert runs.approve(run, by=self.chief, at=self.at) is None
        assert runs.lock(run, by=self.clerk, at=self.at) is None
        run.refresh_from_db()
        return run

    def results(self, run: PayRun):
        rows = [row for row in run_queries.slips(run) if row.cell is not None]
        cells = [keeping.cell("payslip.run/1", row.pk, row.cell) for row in rows]
        data = keeping.reveal(cells, self.clerk.authority, "payrun")
        assert not isinstance(data, Refused), data
        return {row.person_id: result_from(text) for row, text in zip(rows, data, strict=True)}

    def slip(self, run: PayRun, person):
        result = self.results(run)[person.pk]
        slip = slip_in(result)
        assert slip is not None, result.refused
        return slip


def lines(slip) -> list[tuple[str, int]]:
    """Codes and amounts in minor units; arrears with their month."""
    return [(f"{line.code} {line.of_month}" if line.of_month else line.code, line.amount.minor) for line in slip.lines]
