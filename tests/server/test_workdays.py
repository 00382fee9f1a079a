"""Punches become workdays, performance and draft payslips, and nobody can tell from the rows who came."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from tests.server.world import SETUP, ZONE

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, Month, PayKind, Term
from gatehouse.domain.performance import Measure, person_figures
from gatehouse.domain.periods import DAY, at_local, local_date
from gatehouse.domain.reckoning import Flag
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.attendance import looks, queries
from gatehouse.server.attendance.actions import add_note, add_pattern, answer_note, plan
from gatehouse.server.attendance.models import NoteState, Punch, Workday
from gatehouse.server.attendance.notes import CorrectionNote, LeaveNote
from gatehouse.server.attendance.patterns import workdays_to_bytes
from gatehouse.server.attendance.workdays import compute_workdays
from gatehouse.server.audit import queries as audit
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.payroll import actions as pay
from gatehouse.server.payroll import looks as pay_looks
from gatehouse.server.payroll.models import Payslip
from gatehouse.server.people.actions import add_site
from gatehouse.server.people.models import SiteType

SHIFT = {
    "start": "09:00:00",
    "end": "18:00:00",
    "break_min": 60,
    "break_over_min": 360,
    "grace_in_min": 5,
    "one_missing": "to_schedule",
}


class Office:
    """Two people with the same shift yesterday."""

    def __init__(self, world):
        self.world = world
        self.day = local_date(world.now(), ZoneInfo(ZONE)) - DAY
        self.came, self.away = world.hire("S-1", "Lin Moss"), world.hire("S-2", "Ada Byron")
        self.pattern = add_pattern(world.site, "day", "Day", SHIFT, by=SETUP, at=world.now())
        for person in (self.came, self.away):
            plan(person, self.pattern, [self.day], by=SETUP, at=world.now())
        self.hr = world.operator(Role.HR)

    def at(self, hour: int, minute: int = 0, day: date | None = None) -> datetime:
        return at_local(day or self.day, time(hour, minute), ZoneInfo(ZONE))

    def works(self, person, start: datetime, end: datetime):
        subject = str(person.pk)
        self.world.tell(
            self.world.passage(subject=subject, at=start, direction="in"),
            self.world.passage(subject=subject, at=end, direction="out"),
        )

    def compute(self):
        return compute_workdays(self.world.site, self.day, at=self.world.now())

    def read(self):
        """Workdays by person, as HR reads them."""
        rows = list(queries.workdays([self.came, self.away], self.day, self.day + DAY))
        found = looks.workdays(rows, self.hr.authority, "month")
        assert not isinstance(found, Refused)
        return {person: days for (person, _), days in found.items()}


@pytest.fixture
def office(world):
    return Office(world)


def test_passages_become_hours_and_everybody_with_a_shift_gets_a_row(office):
    office.works(office.came, office.at(8, 55), office.at(18))
    assert office.compute() == 2
    found = office.read()
    (worked,) = found[office.came.pk]
    (absent,) = found[office.away.pk]
    assert (worked.worked_min, worked.late_min, worked.flags) == (480, 0, ())
    assert absent.flags == (Flag.ABSENT,)


def test_who_came_cannot_be_told_from_the_rows(office):
    for hour in range(9, 18):
        office.works(office.came, office.at(hour, 20), office.at(hour, 50))
    office.compute()
    (day,) = office.read()[office.came.pk]
    assert len(workdays_to_bytes([day])) == len(workdays_to_bytes([]))
    lengths = {len(bytes(row.cell)) for row in Workday.objects.all()}
    assert len(lengths) == 1
    person_ids = {office.came.pk.bytes, office.away.pk.bytes}
    for punch in Punch.objects.all():
        assert bytes(punch.token) not in person_ids
        assert not {str(office.came.pk), str(office.away.pk)} & {str(value) for value in vars(punch).values()}


def test_the_same_person_has_another_token_on_another_day(office):
    before = office.day - DAY
    office.works(office.came, office.at(9, day=before), office.at(18, day=before))
    office.works(office.came, office.at(9), office.at(18))
    tokens = [bytes(token) for token in Punch.objects.order_by("at").values_list("token", flat=True)]
    assert (tokens[0], tokens[2]) == (tokens[1], tokens[3])
    assert tokens[0] != tokens[2]


def test_reckoning_twice_gives_the_same_rows(office):
    office.works(office.came, office.at(9), office.at(18))
    office.compute()
    first = office.read()
    office.compute()
    assert office.read() == first
    assert Workday.objects.count() == 2


def test_an_approved_correction_counts_and_one_that_is_only_asked_for_does_not(office):
    office.works(office.came, office.at(9), office.at(18))
    note = CorrectionNote(date=office.day, reason="reader was off", at=office.at(8, 58), direction="in")
    asked = add_note(office.away, note, state=NoteState.ASKED, by=SETUP, at=office.world.now())
    office.compute()
    assert office.read()[office.away.pk][0].worked_min == 0
    assert answer_note(asked, NoteState.APPROVED, by=office.hr, at=office.world.now())
    assert not answer_note(asked, NoteState.DECLINED, by=office.hr, at=office.world.now())
    office.compute()
    assert office.read()[office.away.pk][0].worked_min == 480


def test_leave_takes_the_day_off_the_shift(office):
    leave = LeaveNote(date=office.day, part="whole", reason="family")
    add_note(office.away, leave, state=NoteState.APPROVED, by=office.hr, at=office.world.now())
    office.compute()
    (day,) = office.read()[office.away.pk]
    assert (day.owed_min, day.leave_min, day.flags) == (0, 480, ())


def test_performance_says_late_in_minutes(office):
    office.works(office.came, office.at(9, 20), office.at(18))
    office.compute()
    figures = {figure.measure: figure.value for figure in person_figures(office.read()[office.came.pk])}
    assert figures[Measure.LATE_MINUTES] == 20
    assert figures[Measure.PUNCTUALITY] == 0


def test_a_draft_payslip_explains_its_lines_and_is_drafted_anew(office):
    office.works(office.came, office.at(9), office.at(18))
    office.compute()
    month = Month.of(office.day)
    term = Term(PayKind.MONTHLY, Money(1_200_000, "CNY"), month.first)
    pay.set_contract(office.came, Contract((term,)), by=office.hr, at=office.world.now())
    for _ in range(2):
        drafted = pay.draft_payslip(office.came, month, by=office.hr, at=office.world.now())
        assert isinstance(drafted, pay.Drafted)
    row = Payslip.objects.get()
    slip = pay_looks.payslip(row, office.hr.authority, "month")
    assert slip == drafted.slip
    assert [line.code for line in slip.lines] == ["basic", "income_tax"]
    assert slip.net.minor == sum(line.amount.minor for line in slip.lines)
    assert "1200000" not in str(Payslip.objects.values())


def test_without_a_contract_there_is_no_draft(office):
    answer = pay.draft_payslip(office.away, Month.of(office.day), by=office.hr, at=office.world.now())
    assert answer == pay.NotDrafted("no_contract")


def _pays(office, person, *terms):
    pay.set_contract(person, Contract(terms), by=office.hr, at=office.world.now())


def test_one_persons_trouble_keeps_nobody_elses_payslip_back(office):
    """A currency that changes within the month, a cell that was moved, and one that says nothing known."""
    month = Month.of(office.day)
    middle = month.first + 14 * DAY
    good = Term(PayKind.MONTHLY, Money(1_200_000, "CNY"), month.first)
    yuan, euro = (
        Term(PayKind.MONTHLY, Money(1_000_000, "CNY"), month.first, middle),
        Term(PayKind.MONTHLY, Money(200_000, "EUR"), middle),
    )
    changed, unreadable = office.world.hire("S-3", "Jo Ray"), office.world.hire("S-4", "Di Fox")
    _pays(office, office.came, yuan, euro)
    for person in (office.away, changed, unreadable):
        _pays(office, person, good)
    Contract_ = changed.contracts.model
    Contract_.objects.filter(person=changed).update(cell=bytes(office.away.contracts.get().cell))
    row = unreadable.contracts.get()
    cell = keeping.seal_one("contract.terms/1", unreadable.pk, row.pk, b'[{"kind": "alms"}]')
    Contract_.objects.filter(person=unreadable).update(cell=cell)
    drafts = pay.draft_payslips(office.world.site, month, at=office.world.now())
    assert drafts.made == 1
    assert {(person.pk, why.code) for person, why in drafts.without} == {
        (office.came.pk, "mixed_currencies"), (changed.pk, "unreadable"), (unreadable.pk, "unreadable"),
    }  # fmt: skip
    assert [row.person_id for row in Payslip.objects.all()] == [office.away.pk]


def test_a_person_has_one_contract_whatever_two_writers_do(office):
    term = Term(PayKind.MONTHLY, Money(1_200_000, "CNY"), office.day)
    _pays(office, office.came, term)
    held = office.came.contracts.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(held).objects.create(person=office.came, cell=b"sealed")
    _pays(office, office.came, term)
    assert office.came.contracts.get().pk == held.pk


def test_another_person_reads_nobodys_workdays(office):
    office.works(office.came, office.at(9), office.at(18))
    office.compute()
    rows = list(queries.workdays([office.came], office.day, office.day + DAY))
    parking = office.world.operator(Role.PARKING)
    answer = looks.workdays(rows, parking.authority, "month")
    assert isinstance(answer, Refused)


# --- the ticker ---


def test_jobs_run_once_for_every_due_time_that_has_passed(office, moved):
    office.works(office.came, office.at(9), office.at(18))
    jobs.run_due(office.world.now())
    assert not Workday.objects.exists()
    moved(timedelta(days=1))
    at = office.world.now()
    jobs.run_due(at)
    assert Workday.objects.filter(date=office.day).count() == 2
    runs = jobs.run_due(at)  # of the same moment: on a slow machine the frequent ones would be due again
    assert runs == 0
    due = audit.due_at("workdays", str(office.world.site.pk))
    assert timedelta() < due - office.world.now() <= timedelta(days=1)


@pytest.mark.parametrize("fault", [keeping.KeeperAway("gone"), OverflowError("nobody expected this")])
def test_a_job_that_fails_stops_no_other_and_is_tried_again(office, moved, monkeypatch, fault):
    jobs.run_due(office.world.now())
    moved(timedelta(days=1))

    def away(*args, **kwargs):
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(jobs, "retoken_stays", away)
        jobs.run_due(office.world.now())
    assert Workday.objects.exists()
    office.world.site.refresh_from_db()
    stale = office.world.site.stay_day
    jobs.run_due(office.world.now())
    office.world.site.refresh_from_db()
    assert office.world.site.stay_day > stale


def test_a_job_that_goes_on_failing_is_tried_less_and_less_often(db):
    start, tries, broken = datetime(2026, 3, 2, tzinfo=UTC), [], {"oddjob"}

    def work():
        tries.append(at)
        if broken:
            raise OverflowError

    for second in range(1800):
        at = start + timedelta(seconds=second)
        jobs._tried("oddjob", "", work, at)
    waits = [(later - earlier).seconds for earlier, later in pairwise(tries)]
    assert waits == [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]
    at = start + timedelta(hours=1)
    broken.clear()
    assert jobs._tried("oddjob", "", work, at)
    broken.add("oddjob")
    assert not jobs._tried("oddjob", "", work, at)
    assert jobs._failing.pop(("oddjob", "")).times == 1


def test_a_job_that_goes_on_failing_raises_one_alarm_where_it_matters(office, monkeypatch):
    site, at = office.world.site, office.world.now()
    other = add_site("b", "B", SiteType.SCHOOL, zone=site.zone, currency="CNY", by=SETUP, at=at)
    monkeypatch.setattr(jobs, "_failing", {})

    def fails():
        raise OverflowError

    def fail(name, scope, times):
        for number in range(times):
            jobs._tried(name, scope, fails, at + number * jobs.LONGEST_PAUSE)

    fail("workdays", str(site.pk), jobs.ALARM_AT - 1)
    assert not GateAlarm.objects.exists()
    fail("workdays", str(site.pk), 20)
    assert [(alarm.site_id, alarm.kind) for alarm in GateAlarm.objects.all()] == [(site.pk, "workdays_fail")]
    jobs._tried("workdays", str(site.pk), lambda: None, at + timedelta(days=1))
    fail("workdays", str(site.pk), jobs.ALARM_AT)
    assert GateAlarm.objects.count() == 2
    fail("reindex", "", jobs.ALARM_AT)
    assert set(GateAlarm.objects.filter(kind="server_fails").values_list("site", flat=True)) == {site.pk, other.pk}


def test_a_clock_that_is_put_back_holds_no_job_up(db):
    at, tries = datetime(2026, 3, 2, tzinfo=UTC), []

    def fails():
        tries.append(at)
        raise OverflowError

    for hours in (0, 0, -24):
        jobs._tried("oddjob", "", fails, at + timedelta(hours=hours))
    del jobs._failing["oddjob", ""]
    assert len(tries) == 3


def test_the_keeper_is_told_the_hashes_of_all_entries(office):
    jobs.run_due(office.world.now())
    assert audit.latest_entries(1)[0].pk == audit.noted_through()


def test_names_are_found_again_after_the_keeper_was_started_anew(office, monkeypatch):
    """With the keeper's memory empty, the next round tells it every name."""
    told = []
    monkeypatch.setattr(keeping, "index", lambda cells: told.extend(cells))
    jobs.run_due(office.world.now())
    assert {cell.row for cell in told} == {str(office.came.pk), str(office.away.pk)}
    assert {cell.label for cell in told} == {"person.brief/1", "person.name/1"}
