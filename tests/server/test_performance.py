"""Goals, reviews, contests and sheets: sealed, in turn, once, and never without the person."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from tests.server.performance_world import away, came, hire, month_before_last, today, write
from tests.server.world import SETUP, ZONE

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Measure
from gatehouse.domain.periods import DAY
from gatehouse.domain.seen_first import DAYS_FIRST
from gatehouse.keeper.protocol import Authority, Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.attendance.models import NoteState, WorkNote
from gatehouse.server.attendance.notes import CorrectionNote
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import Entry
from gatehouse.server.people.actions import add_site
from gatehouse.server.people.models import SiteType
from gatehouse.server.performance import actions, contests, looks, queries, sheets
from gatehouse.server.performance.cells import AboutDay, AboutFigure
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.models import (
    Contest,
    ContestState,
    ContestWord,
    FiguresSheet,
    Goal,
    MonthSeen,
    Review,
)
from gatehouse.server.performance.texts import REVIEW_LIMIT, TEXT_LIMIT


class Shop:
    """Somebody with a day yesterday, their own right, and HR."""

    def __init__(self, world):
        self.world, self.at = world, world.now()
        self.person = hire(world, "S-1")
        self.day = today(world) - DAY
        write(world, self.person, came(self.day, late=12))
        owner = world.operator(Role.OWNER)
        who, site = str(self.person.pk), str(world.site.pk)
        code = world.keeper.invite(who, Role.WORKER, owner.authority, sites=(site,), subject=who)
        self.mine = By(who, Authority(ticket=world.keeper.sign_in(code).token), worker=True)
        self.hr = world.operator(Role.HR)

    def contest(self, text="The reader was dark.", about=None):
        row = contests.open_contest(self.person, about or AboutDay(self.day), text, by=self.mine, at=self.at)
        assert isinstance(row, Contest), row
        return row

    def thread(self, row):
        found = looks.threads(list(queries.words_of([row])), self.hr.authority, "test")
        assert not isinstance(found, Refused)
        return [(one.side, one.words.text, one.words.outcome) for one in found[row.pk]]


@pytest.fixture
def shop(world):
    return Shop(world)


def code(act, *args, **kwargs):
    with pytest.raises(PerformanceError) as fault:
        act(*args, **kwargs)
    return fault.value.code


# --- seen ---


def test_a_month_is_said_seen_once_and_in_the_log(shop):
    month = Month.of(shop.day)
    assert actions.say_seen(shop.person, month, by=shop.mine, at=shop.at)
    assert not actions.say_seen(shop.person, month, by=shop.mine, at=shop.at)
    assert MonthSeen.objects.count() == 1
    entry = Entry.objects.filter(verb="figures.seen").get()
    assert str(shop.person.pk) not in (entry.actor, entry.object_id)


def test_a_month_that_has_not_begun_cannot_have_been_seen(shop):
    later = Month.of(today(shop.world)).after
    assert code(actions.say_seen, shop.person, later, by=shop.mine, at=shop.at) == "no_such_month"


def test_operators_see_months_that_are_seen_or_long_over(shop):
    this, old = Month.of(today(shop.world)), month_before_last(shop.world)
    assert queries.open_months(shop.person, [old, this], today(shop.world)) == [old]
    actions.say_seen(shop.person, this, by=shop.mine, at=shop.at)
    assert queries.open_months(shop.person, [old, this], today(shop.world)) == [old, this]
    other = hire(shop.world, "S-2")
    assert queries.open_months(other, [this], today(shop.world)) == []


def test_the_days_are_the_sites_to_set_within_reason(shop):
    month, end = Month(2026, 3), date(2026, 4, 1)
    assert queries.open_months(shop.person, [month], end + DAYS_FIRST * DAY) == [month]
    actions.set_days_first(shop.world.site, DAYS_FIRST + 2, by=shop.hr, at=shop.at)
    assert queries.open_months(shop.person, [month], end + DAYS_FIRST * DAY) == []
    for days in (-1, 32, 10**9):
        assert code(actions.set_days_first, shop.world.site, days, by=shop.hr, at=shop.at) == "bad_days"


# --- contests ---


def test_person_and_operator_write_in_turn_and_it_all_stays(shop):
    row = shop.contest()
    assert code(contests.say_more, row, "And?", by=shop.mine, at=shop.at) == "not_your_turn"
    contests.answer(row, "Which reader?", "", by=shop.hr, at=shop.at)
    assert code(contests.answer, row, "And?", "", by=shop.hr, at=shop.at) == "not_your_turn"
    contests.say_more(row, "The one at the back.", by=shop.mine, at=shop.at)
    contests.answer(row, "It was on.", "stands", by=shop.hr, at=shop.at)
    assert contests.withdraw(row, by=shop.mine, at=shop.at)
    assert not contests.withdraw(row, by=shop.mine, at=shop.at)
    assert shop.thread(row) == [
        ("person", "The reader was dark.", ""), ("operator", "Which reader?", ""),
        ("person", "The one at the back.", ""), ("operator", "It was on.", "stands"),
    ]  # fmt: skip
    row.refresh_from_db()
    assert row.state == ContestState.WITHDRAWN
    assert code(contests.say_more, row, "No!", by=shop.mine, at=shop.at) == "over"
    assert code(contests.answer, row, "No!", "", by=shop.hr, at=shop.at) == "over"


def test_what_is_contested_and_said_is_sealed_and_of_the_same_size(shop):
    row = shop.contest("dark")
    other = shop.contest("d" * 500, AboutFigure(Month.of(shop.day).first, Measure.LATE_MINUTES))
    assert len(bytes(row.cell)) == len(bytes(other.cell))
    words = list(ContestWord.objects.all())
    assert len({len(bytes(word.cell)) for word in words}) == 1
    for held in (row, other, *words):
        assert b"dark" not in bytes(held.cell)
        assert not {str(shop.day), str(shop.at.year)} & {str(value) for value in vars(held).values()}


def test_a_granted_contest_is_an_approved_correction(shop):
    row = shop.contest()
    note = CorrectionNote(date=shop.day, reason="dark", at=shop.at - DAY, direction="in")
    assert code(contests.grant, row, "You are right.", [], by=shop.hr, at=shop.at) == "no_correction"
    contests.grant(row, "You are right.", [note], by=shop.hr, at=shop.at)
    held = WorkNote.objects.get()
    assert (held.person_id, held.state) == (shop.person.pk, NoteState.APPROVED)
    assert shop.thread(row)[-1] == ("operator", "You are right.", "granted")
    assert code(contests.grant, row, "Again.", [note], by=shop.hr, at=shop.at) == "not_your_turn"
    assert WorkNote.objects.count() == 1


def test_nobody_grants_by_an_answer_without_a_correction(shop):
    row = shop.contest()
    for outcome in ("granted", "paid"):
        assert code(contests.answer, row, "Yes.", outcome, by=shop.hr, at=shop.at) == "bad_state"


def test_only_ones_own_counted_days_and_months_are_contested(shop):
    other = hire(shop.world, "S-2")
    write(shop.world, other, came(shop.day - 5 * DAY))
    this = today(shop.world)
    for day in (this, this + DAY, shop.day - 5 * DAY, this - timedelta(days=401), date.min, date.max):
        assert code(shop.contest, about=AboutDay(day)) == "no_such_day"
    old, later = month_before_last(shop.world), Month.of(this).after
    for month in (old, later, Month(1, 1)):
        assert code(shop.contest, about=AboutFigure(month.first, Measure.PUNCTUALITY)) == "no_such_month"
    assert Contest.objects.count() == 0


def test_the_same_thing_is_contested_once_and_again_after_it_was_withdrawn(shop):
    row = shop.contest()
    assert code(shop.contest) == "there"
    contests.withdraw(row, by=shop.mine, at=shop.at)
    assert shop.contest().pk != row.pk


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "no_text"), (" \n\t\x00\u202e ", "no_text"), ("x" * (TEXT_LIMIT + 1), "too_long"), ("\0" * 9000, "no_text")],
)
def test_words_that_are_none_or_too_many_are_not_taken(shop, text, why):
    assert code(shop.contest, text) == why
    assert Contest.objects.count() == 0


def test_the_longest_words_in_any_letters_fit(shop):
    row = shop.contest("迟" * TEXT_LIMIT)
    assert shop.thread(row)[0][1] == "迟" * TEXT_LIMIT


def test_at_most_so_many_wait(shop, monkeypatch):
    monkeypatch.setattr(contests, "MOST_WAITING", 1)
    shop.contest()
    assert code(shop.contest, about=AboutFigure(Month.of(shop.day).first, Measure.PUNCTUALITY)) == "too_many"


def test_the_database_takes_no_second_message_of_one_place(shop):
    row = shop.contest()
    with pytest.raises(IntegrityError), transaction.atomic():
        ContestWord.objects.create(contest=row, place=1, side="operator", cell=b"")


# --- goals and reviews ---


def test_a_goal_keeps_who_wrote_it_and_every_change(shop):
    until = today(shop.world) + 30 * DAY
    row = actions.add_goal(shop.person, "Learn the new lathe", until, by=shop.hr, at=shop.at)
    assert actions.set_goal_state(row, "met", by=shop.hr, at=shop.at) is None
    row.refresh_from_db()
    assert actions.set_goal_state(row, "met", by=shop.hr, at=shop.at) is None
    ((_row, facts),) = looks.goals([row], shop.mine.authority, "test")
    assert (facts.what, facts.until, facts.state) == ("Learn the new lathe", until, "met")
    assert [(step.state, step.by) for step in facts.steps] == [("open", shop.hr.actor), ("met", shop.hr.actor)]
    assert b"lathe" not in bytes(row.cell)


def test_a_goal_changed_from_an_old_copy_is_not_overwritten(shop):
    row = actions.add_goal(shop.person, "Learn", today(shop.world), by=shop.mine, at=shop.at)
    stale = Goal.objects.select_related("person__site").get(pk=row.pk)
    actions.set_goal_state(row, "dropped", by=shop.hr, at=shop.at)
    assert code(actions.set_goal_state, stale, "met", by=shop.hr, at=shop.at) == "over"
    assert code(actions.set_goal_state, stale, "paid", by=shop.hr, at=shop.at) == "bad_state"


@pytest.mark.parametrize("days", [-1, 365 * 500])
def test_a_goal_ends_on_a_date_that_can_be_meant(shop, days):
    until = today(shop.world) + timedelta(days=days)
    assert code(actions.add_goal, shop.person, "Learn", until, by=shop.hr, at=shop.at) == "bad_date"


def test_a_review_and_its_one_reply_stay(shop):
    since = today(shop.world) - 30 * DAY
    row = actions.add_review(shop.person, "Good work.", since, shop.day, by=shop.hr, at=shop.at)
    actions.reply_to_review(row, "Thank you.", by=shop.mine, at=shop.at)
    assert code(actions.reply_to_review, row, "No.", by=shop.mine, at=shop.at) == "replied"
    (found,) = looks.reviews([Review.objects.get()], shop.mine.authority, "test")
    assert (found.text.text, found.text.by, found.reply.text) == ("Good work.", shop.hr.actor, "Thank you.")
    assert Review.objects.values_list("cell", flat=True).get() == row.cell


def test_a_review_is_about_dates_that_are_over_in_order(shop):
    this = today(shop.world)
    for since, until in ((this, this - DAY), (this, this + DAY), (date.min, this)):
        assert code(actions.add_review, shop.person, "x", since, until, by=shop.hr, at=shop.at) == "bad_date"
    long = "x" * (REVIEW_LIMIT + 1)
    assert code(actions.add_review, shop.person, long, this, this, by=shop.hr, at=shop.at) == "too_long"


def test_a_guard_reads_none_of_it(shop):
    shop.contest()
    guard = shop.world.operator(Role.SECURITY)
    refused = looks.abouts(list(Contest.objects.all()), guard.authority, "test")
    assert isinstance(refused, Refused)
    assert refused.code == "not_allowed"


def test_a_worker_reads_nobody_elses(shop):
    other = hire(shop.world, "S-2")
    actions.add_goal(other, "Theirs", today(shop.world), by=shop.hr, at=shop.at)
    assert isinstance(looks.goals(list(Goal.objects.all()), shop.mine.authority, "test"), Refused)


# --- sheets ---


def _team(world, size, department, month, late=0):
    for n in range(size):
        write(world, hire(world, f"{department}-{n}", department), came(month.first + DAY, late=late + n))


def _sheet(world, hr, month):
    ((_row, sheet),) = looks.sheets([queries.sheet(world.site, month)], hr.authority, "test")
    return sheet


def test_a_sheet_holds_teams_that_are_large_enough_and_leave_no_few_over(shop):
    month = month_before_last(shop.world)
    for size, department in ((7, "Mill"), (6, "Yard"), (3, "Office")):
        _team(shop.world, size, department, month)
    assert sheets.write_due_sheets(shop.world.site, at=shop.at) == 1
    sheet = _sheet(shop.world, shop.hr, month)
    shown = {name: {f.measure: f.value for f in figures} for name, figures in sheet.teams}
    assert list(shown) == ["Mill", "Office", "Yard"]
    assert shown["Mill"][Measure.LATE_MINUTES] == Fraction(21, 7)
    assert set(shown["Yard"].values()) == {None}
    assert set(shown["Office"].values()) == {None}
    assert b"Mill" not in bytes(FiguresSheet.objects.get().cell)


def test_a_month_is_written_once_and_no_later_correction_shows_in_it(shop):
    month = month_before_last(shop.world)
    _team(shop.world, 6, "Mill", month)
    assert sheets.write_sheet(shop.world.site, month, at=shop.at)
    before = _sheet(shop.world, shop.hr, month)
    write(shop.world, hire(shop.world, "S-9", "Mill"), away(month.first + DAY))
    assert not sheets.write_sheet(shop.world.site, month, at=shop.at)
    assert sheets.write_due_sheets(shop.world.site, at=shop.at) == 0
    assert _sheet(shop.world, shop.hr, month) == before


def test_no_sheet_of_a_month_that_is_the_persons_alone(shop):
    _team(shop.world, 6, "Mill", Month.of(today(shop.world)))
    assert sheets.write_due_sheets(shop.world.site, at=shop.at) == 0
    assert FiguresSheet.objects.count() == 0


def test_people_of_another_site_count_in_no_sheet(shop):
    month, at = month_before_last(shop.world), shop.at
    there = add_site("else", "Elsewhere", SiteType.WORKPLACE, zone=ZONE, currency="CNY", by=SETUP, at=at)
    for n in range(6):
        write(shop.world, hire(shop.world, f"E-{n}", "Mill", there), came(month.first + DAY))
    assert not sheets.write_sheet(shop.world.site, month, at=at)
    assert sheets.write_sheet(there, month, at=at)


def test_a_person_whose_key_is_gone_is_not_counted(shop):
    month = month_before_last(shop.world)
    _team(shop.world, 5, "Mill", month)
    gone = hire(shop.world, "S-9", "Mill")
    write(shop.world, gone, came(month.first + DAY, late=400))
    keeping.forget(gone.pk, ["work"], shop.hr.authority)
    sheets.write_sheet(shop.world.site, month, at=shop.at)
    (late,) = (f.value for f in _sheet(shop.world, shop.hr, month).whole if f.measure is Measure.LATE_MINUTES)
    assert late == 2


def test_the_job_is_in_the_timetable(shop):
    assert "performance" in {job.name for job in jobs.SITE_JOBS}
