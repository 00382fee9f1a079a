"""A pay run from draft to lock: by two people, resumable, and what changes afterwards is paid as arrears."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from tests.server.pay_world import APRIL, MARCH, PayWorld, absent, lines, worked
from tests.server.world import SETUP, overtake

from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Contract as PayContract
from gatehouse.domain.pay_facts import Month, PayKind, Term
from gatehouse.domain.shifts import DayClass
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.audit import queries as audit
from gatehouse.server.payroll import actions, computing, inputs, run_queries, runs
from gatehouse.server.payroll.models import Contract, PayAgain, PayInput, PayRun, Payslip, RunKind, RunSlip, RunState
from gatehouse.server.payroll.run_cells import (
    ComponentFacts,
    Extras,
    Input,
    Opening,
    RecoveryFacts,
    RecurringFacts,
    SpecialFacts,
    summary_from,
)
from gatehouse.server.payroll.runs import No, NotDone

TUESDAY = date(2026, 3, 3)


@pytest.fixture
def office(world):
    return PayWorld(world)


def bonus(minor: int, **more) -> Input:
    return Input("CNY", [ComponentFacts("fixed", "bonus", minor)], **more)


# --- what it pays ---


def test_a_month_is_paid_as_by_hand(office):
    """Worked case P11, first month: 120 minutes of overtime, a day of absence."""
    ann = office.hire("S-1")
    office.full(ann, MARCH, but=(worked(date(2026, 3, 2), ot=120), absent(TUESDAY)))
    run = office.pay(MARCH)
    # Nothing was withheld in January and February, for nobody was paid here; the contract was in force, so three months
    # are exempt.
    assert lines(office.slip(run, ann)) == [
        ("basic", 1_044_000), ("overtime.workday", 18_000), ("absence", -48_000), ("income_tax", 0),
    ]  # fmt: skip


def test_the_year_so_far_can_be_brought_along(office):
    ann = office.hire("S-1")
    office.full(ann, MARCH, but=(worked(date(2026, 3, 2), ot=120), absent(TUESDAY)))
    given = Input("CNY", opening=Opening(2_088_000, 0, 32_640))
    assert inputs.set_input(ann, MARCH, RunKind.REGULAR, given, by=office.clerk, at=office.at)
    slip = office.slip(office.pay(MARCH), ann)
    assert (slip.tax.minor, slip.net.minor) == (15_420, 998_580)


def test_a_correction_after_the_lock_is_paid_as_arrears_and_the_locked_month_stays(office):
    """Worked case P11, both months."""
    ann = office.hire("S-1")
    office.full(ann, MARCH, but=(worked(date(2026, 3, 2), ot=120), absent(TUESDAY)))
    given = Input("CNY", opening=Opening(2_088_000, 0, 32_640))
    inputs.set_input(ann, MARCH, RunKind.REGULAR, given, by=office.clerk, at=office.at)
    march = office.pay(MARCH)
    before = office.slip(march, ann)
    office.days(ann, worked(TUESDAY), worked(date(2026, 3, 2), ot=200))
    assert actions.redraft_payslips(ann, MARCH, by=office.clerk, at=office.at) is None
    office.full(ann, APRIL)
    april = office.pay(APRIL)
    slip = office.slip(april, ann)
    assert lines(slip) == [
        ("basic", 1_044_000), ("overtime.workday 2026-03", 12_000), ("absence 2026-03", 48_000),
        ("income_tax", -18_120),
    ]  # fmt: skip
    assert slip.net.minor == 1_085_880
    assert office.slip(march, ann) == before
    assert not PayAgain.objects.exists()
    may = office.pay(APRIL.after)
    assert not [line for line in office.slip(may, ann).lines if line.of_month]


def test_a_month_further_back_is_reckoned_again_when_it_is_marked(office):
    ann = office.hire("S-1")
    for month in (Month(2026, 1), Month(2026, 2), MARCH):
        office.full(ann, month)
        office.pay(month)
    office.days(ann, worked(date(2026, 1, 5), ot=60))
    with transaction.atomic():
        assert inputs.mark_again(ann, date(2026, 1, 5), until=date(2026, 2, 1)) == 1
    office.full(ann, APRIL)
    april = office.slip(office.pay(APRIL), ann)
    assert ("overtime.workday 2026-01", 9_000) in lines(april)


def test_a_raise_of_an_earlier_month_is_paid_back_to_its_date(office):
    ann = office.hire("S-1")
    office.full(ann, MARCH)
    office.pay(MARCH)
    office.contract(ann, "11440.00")
    office.full(ann, APRIL)
    slip = office.slip(office.pay(APRIL), ann)
    assert lines(slip)[:2] == [("basic", 1_144_000), ("basic 2026-03", 100_000)]


def test_arrears_bring_what_was_paid_to_what_a_fresh_run_pays(office):
    """Corrected twice, in two later months: the gross of all runs is that of one reckoning with all facts."""
    ann, bob = office.hire("S-1"), office.hire("S-2")
    last = (worked(date(2026, 3, 2), ot=200), worked(date(2026, 3, 7), 0, ot=333, day_class=DayClass.RESTDAY))
    office.full(ann, MARCH, but=(worked(date(2026, 3, 2), ot=77), absent(TUESDAY)))
    office.full(bob, MARCH, but=last)
    paid = [office.pay(MARCH)]
    for month, days in ((APRIL, (worked(TUESDAY, 400),)), (APRIL.after, (*last, worked(TUESDAY)))):
        office.days(ann, *days)
        actions.redraft_payslips(ann, MARCH, by=office.clerk, at=office.at)
        for person in (ann, bob):
            office.full(person, month)
        paid.append(office.pay(month))
    gross = [total((office.slip(run, person).gross for run in paid), "CNY") for person in (ann, bob)]
    assert gross[0] == gross[1]


def test_allowances_special_deductions_and_recoveries_go_in(office):
    ann = office.hire("S-1", "18000.00")
    office.full(ann, MARCH)
    extras = Extras(
        "CNY",
        [
            RecurringFacts(ComponentFacts("fixed", "post", 100_000), date(2026, 1, 1)),
            RecurringFacts(ComponentFacts("day", "meals", 1_000), date(2026, 1, 1)),
            RecurringFacts(ComponentFacts("share", "heat", over=1, under=10), date(2026, 4, 1)),
        ],
        [SpecialFacts(300_000, date(2026, 1, 1))],
    )
    assert inputs.set_extras(ann, extras, by=office.clerk, at=office.at)
    given = bonus(50_000, recoveries=[RecoveryFacts("advance", 20_000)])
    inputs.set_input(ann, MARCH, RunKind.REGULAR, given, by=office.clerk, at=office.at)
    slip = office.slip(office.pay(MARCH), ann)
    assert lines(slip) == [
        ("basic", 1_800_000), ("meals", 22_000), ("post", 100_000), ("bonus", 50_000), ("income_tax", 0),
        ("advance", -20_000),
    ]  # fmt: skip


def test_a_net_below_nought_is_refused_with_its_reason_and_books_nothing(office):
    ann = office.hire("S-1", "6000.00")
    office.full(ann, MARCH)
    owes = Input("CNY", recoveries=[RecoveryFacts("advance", 999_999)])
    inputs.set_input(ann, MARCH, RunKind.REGULAR, owes, by=office.clerk, at=office.at)
    run = office.reckon(office.open(MARCH))
    (result,) = office.results(run).values()
    assert result.slip is None
    assert (result.refused.reason, result.refused.would_be_minor) == ("net_below_zero", -399_999)
    assert len({len(bytes(row.cell)) for row in RunSlip.objects.all()}) == 1


def test_hours_are_paid_by_the_week_where_the_book_says_so(office):
    """Worked case P9's weeks: 2,645 and 2,300 minutes at 25.50."""
    ann = office.hire("S-1", "25.50", kind=PayKind.HOURLY, currency="USD")
    first, second = date(2026, 3, 2), date(2026, 3, 9)
    office.days(ann, *(worked(first + timedelta(days=n), 529) for n in range(5)))
    office.days(ann, *(worked(second + timedelta(days=n), 460) for n in range(5)))
    slip = office.slip(office.pay(MARCH), ann)
    assert lines(slip) == [("regular", 102_000), ("overtime.week", 15_619), ("regular", 97_750)]


def test_a_week_belongs_to_the_month_in_which_it_ends(office):
    ann = office.hire("S-1", "30.00", kind=PayKind.HOURLY, currency="USD")
    office.days(ann, worked(date(2026, 2, 23), 600), worked(date(2026, 3, 30), 600), worked(date(2026, 3, 23), 600))
    office.days(ann, worked(date(2026, 4, 4), 2_000))
    march, april = (office.slip(office.pay(month), ann) for month in (MARCH, APRIL))
    assert lines(march) == [("regular", 30_000), ("regular", 30_000)]
    assert lines(april) == [("regular", 120_000), ("overtime.week", 15_000)]


def test_a_way_of_paying_that_changes_within_the_month_is_paid_part_by_part(office):
    """By the day at 400.00 until the 15th, then 10,440.00 a month: 10 days worked, then 12 of 22 workdays."""
    ann = office.hire("S-1")
    half = date(2026, 3, 16)
    terms = (
        Term(PayKind.DAILY, Money(40_000, "CNY"), date(2026, 1, 1), half),
        Term(PayKind.MONTHLY, Money(1_044_000, "CNY"), half),
    )
    actions.set_contract(ann, PayContract(terms), by=office.clerk, at=office.at)
    office.full(
        ann, MARCH, but=(worked(date(2026, 3, 2), ot=60), worked(date(2026, 3, 17), ot=60), absent(date(2026, 3, 18)))
    )
    slip = office.slip(office.pay(MARCH), ann)
    assert lines(slip)[:-1] == [
        ("basic", 400_000), ("overtime.workday", 7_500), ("basic", 569_455), ("overtime.workday", 9_000),
        ("absence", -48_000),
    ]  # fmt: skip
    office.days(ann, worked(date(2026, 3, 18)), worked(date(2026, 3, 2), ot=120))
    office.full(ann, APRIL)
    april = office.slip(office.pay(APRIL), ann)
    assert lines(april)[1:3] == [("overtime.workday 2026-03", 7_500), ("absence 2026-03", 48_000)]


def test_an_hourly_rate_that_rises_within_the_month_pays_each_for_its_hours(office):
    ann = office.hire("S-1")
    rise = date(2026, 3, 16)
    rates = (
        Term(PayKind.HOURLY, Money(3_000, "EUR"), date(2026, 1, 1), rise),
        Term(PayKind.HOURLY, Money(3_300, "EUR"), rise),
    )
    actions.set_contract(ann, PayContract(rates), by=office.clerk, at=office.at)
    office.full(ann, MARCH)
    slip = office.slip(office.pay(MARCH), ann)
    assert lines(slip) == [("basic", 10 * 8 * 3_000), ("basic", 12 * 8 * 3_300)]


def test_contributions_follow_the_sites_book(office):
    """Worked case P5 a."""
    inputs.set_setup(office.site, rulebook="cn-city", accounts={}, payer=None, by=office.chief, at=office.at)
    ann = office.hire("S-1", "40000.00", since=date(2026, 1, 1))
    office.full(ann, Month(2026, 1))
    slip = office.slip(office.pay(Month(2026, 1)), ann)
    assert (slip.contributions.minor, slip.tax.minor, slip.net.minor) == (646_118, 85_616, 3_268_266)


# --- beside the month ---


def test_a_run_off_the_cycle_goes_on_from_the_years_totals_and_spends_its_input(office):
    ann, bob = office.hire("S-1", "15000.00", since=date(2026, 1, 1)), office.hire("S-2")
    january = Month(2026, 1)
    for person in (ann, bob):
        office.full(person, january)
    office.pay(january)
    inputs.set_input(ann, january, RunKind.OFF_CYCLE, bonus(6_000_000), by=office.clerk, at=office.at)
    run = office.pay(january, RunKind.OFF_CYCLE)
    slip = office.slip(run, ann)
    assert [row.person_id for row in run_queries.slips(run)] == [ann.pk]
    assert lines(slip) == [("bonus", 6_000_000), ("income_tax", -418_000)]
    assert slip.to_date.withheld.minor == 448_000
    assert not PayInput.objects.exists()
    again = runs.open_run(office.site, january, RunKind.OFF_CYCLE, by=office.clerk, at=office.at)
    assert again == NotDone(No.NOBODY)


def test_a_leaver_gets_the_last_pay_with_leave_and_is_in_no_ordinary_run_of_the_month(office):
    """Worked case P12: 9 of 19 workdays, 2 days of leave at twice the daily wage."""
    may = Month(2026, 5)
    ann = office.hire("S-1", "13050.00", since=date(2026, 1, 1), until=date(2026, 5, 16))
    bob = office.hire("S-2")
    inputs.set_extras(ann, Extras("CNY", leave_days_a_year=10), by=office.clerk, at=office.at)
    given = Input("CNY", leave_taken_halves=2, opening=Opening(5_220_000, 0, 96_600))
    inputs.set_input(ann, may, RunKind.REGULAR, given, by=office.clerk, at=office.at)
    from gatehouse.server.attendance.models import CalendarDay

    for day in (1, 4, 5):  # Labour Day and the days off with it
        CalendarDay.objects.create(site=office.site, date=date(2026, 5, day), day_class="holiday")
    CalendarDay.objects.create(site=office.site, date=date(2026, 5, 9), day_class="workday")
    for person in (ann, bob):
        office.full(person, may)
    final = office.pay(may, RunKind.FINAL)
    assert [row.person_id for row in run_queries.slips(final)] == [ann.pk]
    slip = office.slip(final, ann)
    assert ("leave_payout", 240_000) in lines(slip)
    assert slip.lines[0].because[1].value == Fraction(9, 19)
    regular = office.pay(may)
    assert [row.person_id for row in run_queries.slips(regular)] == [bob.pk]


# --- steps ---


def test_nobody_approves_what_they_had_a_hand_in(office):
    ann = office.hire("S-1")
    office.full(ann, MARCH)
    run = office.reckon(office.open(MARCH))
    assert runs.approve(run, by=office.chief, at=office.at) == NotDone(No.NOT_NOW)
    second = office.world.operator(Role.HR)
    assert runs.send_to_review(run, by=second, at=office.at) is None
    inputs.set_input(ann, MARCH, RunKind.REGULAR, bonus(1), by=office.chief, at=office.at)
    for hand in (office.clerk, second, office.chief):
        assert runs.approve(run, by=hand, at=office.at) == NotDone(No.OWN_WORK)
    assert runs.approve(run, by=office.world.operator(Role.OWNER), at=office.at) is None


def test_of_two_who_approve_at_once_one_does(office, monkeypatch):
    ann = office.hire("S-1")
    office.full(ann, MARCH)
    run = office.reckon(office.open(MARCH))
    runs.send_to_review(run, by=office.clerk, at=office.at)
    assert runs.approve(run, by=office.chief, at=office.at) is None
    assert runs.approve(run, by=office.world.operator(Role.OWNER), at=office.at) == NotDone(No.NOT_NOW)
    assert runs.lock(run, by=office.clerk, at=office.at) is None
    assert runs.lock(run, by=office.clerk, at=office.at) == NotDone(No.NOT_NOW)
    for step in (runs.approve, runs.reckon_anew, runs.discard, runs.send_to_review):
        assert step(run, by=office.chief, at=office.at) == NotDone(No.NOT_NOW)


def test_the_database_itself_locks_nothing_without_an_approver(office):
    office.hire("S-1")
    run = office.open(MARCH)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayRun.objects.filter(pk=run.pk).update(state=RunState.LOCKED)


def test_a_draft_is_not_sent_before_everybody_is_reckoned(office):
    for number in ("S-1", "S-2"):
        office.hire(number)
    run = office.open(MARCH)
    computing.reckon_some(run, at=office.at, batch=1)
    assert runs.send_to_review(run, by=office.clerk, at=office.at) == NotDone(No.NOT_RECKONED)
    assert run_queries.progress(run) == (1, 2)


def test_a_site_has_one_open_run_and_none_before_a_closed_month(office):
    office.hire("S-1")
    office.open(MARCH)
    assert runs.open_run(office.site, APRIL, RunKind.REGULAR, by=office.clerk, at=office.at) == NotDone(No.OPEN_RUN)
    runs.discard(PayRun.objects.get(), by=office.clerk, at=office.at)
    office.pay(APRIL)
    assert runs.open_run(office.site, MARCH, RunKind.REGULAR, by=office.clerk, at=office.at) == NotDone(No.LATER_RUN)
    assert runs.open_run(office.site, APRIL, RunKind.REGULAR, by=office.clerk, at=office.at) == NotDone(No.NOBODY)


def test_locking_ends_the_previews_and_no_new_one_is_drafted(office):
    ann = office.hire("S-1")
    office.full(ann, MARCH)
    actions.draft_payslips(office.site, MARCH, at=office.at)
    assert Payslip.objects.count() == 1
    office.pay(MARCH)
    assert not Payslip.objects.exists()
    assert actions.draft_payslip(ann, MARCH, by=office.clerk, at=office.at) == actions.NotDrafted("locked")
    assert inputs.set_input(ann, MARCH, RunKind.REGULAR, bonus(1), by=office.clerk, at=office.at) is None
    drafted = actions.draft_payslip(ann, APRIL, by=office.clerk, at=office.at)
    assert isinstance(drafted, actions.Drafted)
    assert drafted.slip.to_date.gross.minor == 2 * 1_044_000


# --- going on ---


def test_a_run_that_was_stopped_goes_on_and_comes_to_the_same(office, monkeypatch):
    people = [office.hire(f"S-{n}", f"{9000 + n}.00") for n in range(7)]
    for person in people:
        office.full(person, MARCH, but=(worked(date(2026, 3, 2), ot=30),))
    run = office.open(MARCH)
    whole = office.results(office.reckon(run, batch=100))
    assert runs.reckon_anew(run, by=office.clerk, at=office.at) is None
    run.refresh_from_db()
    assert run_queries.progress(run) == (0, 7)
    assert computing.reckon_some(run, at=office.at, batch=2) == 2
    with monkeypatch.context() as broken:

        def dies(*_args, **_kwargs):
            raise KeyboardInterrupt  # as after the keeper's answer and before the commit

        broken.setattr(computing, "_still", dies)
        with pytest.raises(KeyboardInterrupt):
            computing.reckon_some(run, at=office.at, batch=2)
    assert run_queries.progress(run) == (2, 7)
    assert office.results(office.reckon(run, batch=3)) == whole


def test_the_job_reckons_open_drafts_by_itself(office):
    ann = office.hire("S-1")
    office.full(ann, MARCH)
    run = office.open(MARCH)
    jobs.run_due(office.at)
    run.refresh_from_db()
    assert run.summary_cell is not None
    assert run_queries.progress(run) == (1, 1)


def test_a_batch_of_an_older_turn_writes_nothing(office, monkeypatch):
    ann = office.hire("S-1")
    office.full(ann, MARCH)
    run = office.open(MARCH)
    overtake(monkeypatch, keeping, "seal_many", lambda: runs.reckon_anew(run, by=office.clerk, at=office.at))
    assert computing.reckon_some(run, at=office.at) == 0
    assert run_queries.progress(run) == (0, 1)


def test_a_correction_that_comes_while_a_run_is_open_is_not_lost(office):
    ann = office.hire("S-1")
    for month in (Month(2026, 2), MARCH, APRIL):
        office.full(ann, month)
    office.pay(Month(2026, 2))
    office.pay(MARCH)

    def corrected(minutes):
        office.days(ann, worked(date(2026, 2, 2), ot=minutes))
        with transaction.atomic():
            assert inputs.mark_again(ann, date(2026, 2, 2), until=date(2026, 3, 1)) == 1

    corrected(30)  # which the run takes
    run = office.reckon(office.open(APRIL))
    assert ("overtime.workday 2026-02", 4_500) in lines(office.slip(run, ann))
    corrected(60)  # which it has not seen
    runs.send_to_review(run, by=office.clerk, at=office.at)
    runs.approve(run, by=office.chief, at=office.at)
    runs.lock(run, by=office.clerk, at=office.at)
    may = APRIL.after
    office.full(ann, may)
    assert ("overtime.workday 2026-02", 4_500) in lines(office.slip(office.pay(may), ann))


def test_one_persons_damaged_cell_refuses_only_theirs(office):
    ann, bob = office.hire("S-1"), office.hire("S-2")
    for person in (ann, bob):
        office.full(person, MARCH)
    Contract.objects.filter(person=ann).update(cell=bytes(Contract.objects.get(person=bob).cell))
    run = office.reckon(office.open(MARCH))
    found = office.results(run)
    assert found[ann.pk].refused.reason == "unreadable"
    assert found[bob.pk].slip is not None


def test_the_summary_says_the_sums_and_whom_to_look_at(office):
    ann, bob, eve = office.hire("S-1"), office.hire("S-2"), office.hire("S-3", "6000.00")
    for month in (MARCH, APRIL):
        for person in (ann, bob, eve):
            office.full(person, month)
    office.pay(MARCH)
    office.full(ann, APRIL, but=tuple(absent(date(2026, 4, n)) for n in (1, 2, 3, 7, 8)))
    owes = Input("CNY", recoveries=[RecoveryFacts("advance", 999_999)])
    inputs.set_input(eve, APRIL, RunKind.REGULAR, owes, by=office.clerk, at=office.at)
    run = office.reckon(office.open(APRIL))
    data = keeping.reveal(
        [keeping.cell("payrun.summary/1", run.pk, run.summary_cell)], office.clerk.authority, "payrun"
    )
    assert not isinstance(data, Refused)
    summary = summary_from(data[0])
    (sums,) = summary.sums
    slips = [office.slip(run, person) for person in (ann, bob)]
    assert (sums.people, sums.net_minor) == (2, sum(slip.net.minor for slip in slips))
    assert summary.marks == {"refused": 1, "large": 1}
    rows = {str(row.pk): row.person_id for row in run_queries.slips(run)}
    assert [rows[one] for one in summary.look_at] == [eve.pk, ann.pk]


def test_no_figure_stands_in_a_clear_column(office):
    ann = office.hire("S-1", "12345.67")
    office.full(ann, MARCH)
    inputs.set_input(ann, MARCH, RunKind.REGULAR, bonus(7_654_321), by=office.clerk, at=office.at)
    run = office.pay(MARCH)
    for model in (Contract, PayInput, PayRun, RunSlip, Payslip, PayAgain):
        text = str(list(model.objects.values()))
        assert "1234567" not in text
        assert "7654321" not in text
    verbs = [entry.verb for entry in audit.latest_entries(50)]
    assert {"payrun.opened", "payrun.reckoned", "payrun.sent", "payrun.approved", "payrun.locked"} <= set(verbs)
    assert str(ann.pk) not in str([entry.object_id for entry in audit.latest_entries(50)])
    assert run.approved_by == office.chief.actor


def test_a_setup_with_a_book_that_is_not_there_is_refused(office):
    from gatehouse.domain.rulebooks import RulebookError

    with pytest.raises(RulebookError):
        inputs.set_setup(office.site, rulebook="../../etc/passwd", accounts={}, payer=None, by=SETUP, at=office.at)
