"""Leave in a pay run: what is left is paid to a leaver, unpaid leave is a line, and what is cancelled comes back."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from tests.server.pay_world import APRIL, MARCH, PayWorld, lines, worked

from gatehouse.domain.pay_facts import Month, PayKind
from gatehouse.domain.shifts import LeaveTime
from gatehouse.server.attendance import leave_actions
from gatehouse.server.attendance.actions import add_note
from gatehouse.server.attendance.leave_kinds import KindRules
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.console.words_pay import slip_line
from gatehouse.server.payroll import inputs
from gatehouse.server.payroll.models import PayRun, RunKind, RunSlip
from gatehouse.server.payroll.run_cells import Extras


@pytest.fixture
def office(world):
    return PayWorld(world)


def _kinds(office, **rules: object) -> None:
    usual = {"days": "10", "step": "1", "paid_out": True, "begins": 2026}
    made = KindRules(**(usual | rules))
    leave_actions.add_kind(office.site, "annual", "Annual leave", made, by=office.clerk, at=office.at)
    other = KindRules(days="5", begins=2026)
    leave_actions.add_kind(office.site, "study", "Study leave", other, by=office.clerk, at=office.at)


def _take(office, person, first: date, last: date, state: NoteState = NoteState.APPROVED) -> None:
    note = LeaveNote(date=first, until=last, part="whole", reason="x", kind="annual", name="Annual leave")
    add_note(person, note, state=state, by=office.clerk, at=office.at)


def test_a_leaver_is_paid_what_is_left_by_the_balance_and_a_typed_number_holds_in_its_place(office):
    """Worked case P12 from the balance: 10 days a year, 135 days of it, one taken, one asked for and not answered."""
    may = Month(2026, 5)
    ann = office.hire("S-1", "13050.00", since=date(2026, 1, 1), until=date(2026, 5, 16))
    _kinds(office)
    _take(office, ann, date(2026, 3, 2), date(2026, 3, 2))
    _take(office, ann, date(2026, 3, 9), date(2026, 3, 9), NoteState.ASKED)
    office.full(ann, may)
    run = office.reckon(office.open(may, RunKind.FINAL))
    assert ("leave_payout", 240_000) in lines(office.slip(run, ann))
    inputs.set_extras(ann, Extras("CNY", leave_days_a_year=20), by=office.clerk, at=office.at)
    run = office.reckon(_again(run))
    assert ("leave_payout", 840_000) in lines(office.slip(run, ann))  # 7 earned of 20, none said to be taken


def _again(run: PayRun) -> PayRun:
    RunSlip.objects.filter(run=run).update(cell=None)
    PayRun.objects.filter(pk=run.pk).update(summary_cell=None)
    run.refresh_from_db()
    return run


def test_leave_that_is_not_paid_out_and_a_debt_pay_nothing(office):
    may = Month(2026, 5)
    ann = office.hire("S-1", "13050.00", since=date(2026, 1, 1), until=date(2026, 5, 16))
    _kinds(office)
    _take(office, ann, date(2026, 3, 2), date(2026, 3, 13))  # ten days of three
    office.full(ann, may)
    run = office.reckon(office.open(may, RunKind.FINAL))
    assert "leave_payout" not in dict(lines(office.slip(run, ann)))


def test_unpaid_leave_is_a_line_of_its_own_and_comes_back_as_arrears_when_it_is_cancelled(office):
    ann = office.hire("S-1")  # 10440.00 a month, 60.00 an hour
    away = replace(worked(date(2026, 3, 4), 0), owed_min=0, leave_min=480,
                   leaves=(LeaveTime("personal", 480, Fraction(0)),))  # fmt: skip
    office.full(ann, MARCH, but=(away,))
    slip = office.slip(office.pay(MARCH), ann)
    assert lines(slip)[:2] == [("basic", 1_044_000), ("leave.personal", -48_000)]
    said = [slip_line(line) for line in slip.lines][1]
    assert (said.what, "8 hours" in said.why, "of it not paid" in said.why) == ("Personal leave", True, True)
    office.full(ann, MARCH)
    office.full(ann, APRIL)
    assert ("leave.personal 2026-03", 48_000) in lines(office.slip(office.pay(APRIL), ann))


def test_a_workday_written_before_there_were_types_pays_as_it_did(office):
    ann = office.hire("S-1", "400.00", kind=PayKind.DAILY)
    old = replace(worked(date(2026, 3, 4), 0), owed_min=0, leave_min=480)
    office.days(ann, worked(date(2026, 3, 3)), old)
    assert lines(office.slip(office.reckon(office.open(MARCH)), ann))[0] == ("basic", 40_000)
    typed = replace(old, leaves=(LeaveTime("annual", 480),))
    office.days(ann, typed)
    run = office.reckon(_again(PayRun.objects.get()))
    assert lines(office.slip(run, ann))[:2] == [("basic", 40_000), ("leave.annual", 40_000)]
