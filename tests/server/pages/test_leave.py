"""Leave through a browser: types, asking, answering, cancelling, correcting, and who sees what."""

import re
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.urls import reverse
from tests.server.pages.test_garbage import ODD
from tests.server.pages.test_other_sites import browser as browser_of
from tests.server.world import SETUP, ZONE

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping, moment
from gatehouse.server.accounts.actions import sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import leave_actions, leave_looks
from gatehouse.server.attendance.leave_actions import JOB, LeaveRefused
from gatehouse.server.attendance.leave_kinds import USUAL
from gatehouse.server.attendance.models import LeaveBook, LeaveKind, NoteAnswer, NoteState, Workday, WorkNote
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.attendance.workdays import compute_workdays
from gatehouse.server.audit.by import By
from gatehouse.server.console import words_leave
from gatehouse.server.people.models import Department
from gatehouse.server.staffing import leave

DAY = timedelta(days=1)
SHIFT = {"start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360}


def today() -> date:
    return local_date(moment.now(), ZoneInfo(ZONE))


class Works:
    """A site with China's types of leave; Eve asks, Dan manages her, HR has a browser."""

    def __init__(self, house) -> None:
        self.house, self.world, self.site = house, house.world, house.world.site
        self.eve, self.dan = house.person, house.world.hire("S-2", "Dan Farr")
        self.hr = house.browser(Role.HR)
        answer = self.hr.post(reverse("leave-begin", args=[self.site.pk]), {"country": "cn"})
        assert answer.status_code == 302
        self.monday = monday(today()) + 14 * DAY

    def worker(self, person) -> Browser:
        who, site = str(person.pk), str(self.site.pk)
        entered = sign_in(self.world.keeper.invite(who, Role.WORKER, self.house._owner(), sites=(site,), subject=who))
        return browser_of(entered.token)

    def team(self) -> Browser:
        self.hr.post(reverse("departments"), {"site": self.site.pk, "name": "Welding"})
        page = reverse("department", args=[Department.objects.get().pk])
        for do, who in (("member", "S-104"), ("member", "S-2"), ("manager", "S-2")):
            self.hr.post(page, {"do": do, "who": who, "since": today().isoformat()})
        return self.worker(self.dan)

    def asked(self, browser: Browser, first: date, last: date, kind: str = "annual", **more: str):
        form = {
            "kind": kind,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "reason": "My sister marries",
        } | more
        return browser.post(reverse("me-leave-ask"), form, follow=True)

    def left(self, kind: str = "annual", on: date | None = None) -> Fraction:
        of = leave_looks.standing(self.eve, JOB, "test")
        return of.balance(of.kind(kind), on or date(today().year, 12, 31)).left

    def plan(self, first: date, last: date) -> None:
        days = [first + n * DAY for n in range((last - first).days + 1)]
        row = work.add_pattern(self.site, f"d{first:%m%d}", "Day", SHIFT, by=SETUP, at=self.world.now())
        work.plan(self.eve, row, days, by=SETUP, at=self.world.now())


@pytest.fixture
def works(house) -> Works:
    return Works(house)


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", sorted(USUAL))
def test_a_site_begins_with_a_countrys_types_and_twice_adds_nothing(house, country) -> None:
    hr, here = house.browser(Role.HR), reverse("leave-begin", args=[house.world.site.pk])
    assert "nobody can ask for leave" in text(hr.get(reverse("leave-types")))
    hr.post(here, {"country": country})
    count = LeaveKind.objects.count()
    page = text(hr.post(here, {"country": country}, follow=True))
    assert (count, LeaveKind.objects.count()) == (len(USUAL[country]), len(USUAL[country]))
    assert all(str(words_leave.NAMES[usual.code]) in page for usual in USUAL[country])
    assert all(hr.get(reverse("leave-type", args=[row.pk])).status_code == 200 for row in LeaveKind.objects.all())


def test_a_type_is_made_changed_put_away_and_offered_again(works) -> None:
    form = {"code": "study", "name": "Study leave", "pay": "50", "balance": "year", "days": "5,5", "grows": "monthly",
            "counted": "workdays", "step": "1/2", "carried": "2", "carried_until": "03-31", "in_advance": "1",
            "halves": "on", "approval": "on"}  # fmt: skip
    here = reverse("leave-new", args=[works.site.pk])
    assert works.hr.post(here, form).status_code == 302
    taken = works.hr.post(here, form)
    assert (taken.status_code, "has this code" in text(taken)) == (422, True)
    row = LeaveKind.objects.get(code="study")
    assert (row.rules["pay"], row.rules["days"], row.rules["carried_until"]) == ("1/2", "11/2", [3, 31])
    works.hr.post(reverse("leave-type", args=[row.pk]), form | {"balance": "service", "service": "1: 5\n10: 10"})
    row.refresh_from_db()
    assert (row.rules["by_service"], row.rules.get("days")) == ([[1, "5"], [10, "10"]], None)
    works.hr.post(reverse("leave-put-away", args=[row.pk]))
    mine = works.worker(works.eve)
    assert "Study leave" not in text(mine.get(reverse("me-leave")))
    refused = works.asked(mine, works.monday, works.monday, "study")
    assert (refused.status_code, "is not offered" in text(refused)) == (422, True)
    works.hr.post(reverse("leave-put-away", args=[row.pk]), {"do": "offer"})
    assert "Study leave" in text(mine.get(reverse("me-leave")))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ["pay", "days", "service", "carried_until", "balance", "code", "step"])
def test_garbage_in_a_type_is_said_beside_its_field(works, field, odd) -> None:
    balance = "service" if field == "service" else "year"
    usual = {"code": "x", "name": "X", "pay": "100", "balance": balance, "days": "5",
             "service": "1: 5", "grows": "monthly", "counted": "workdays", "step": "1"}  # fmt: skip
    answer = works.hr.post(reverse("leave-new", args=[works.site.pk]), usual | {field: odd})
    assert answer.status_code in (302, 422)
    for row in LeaveKind.objects.filter(site=works.site):
        assert works.hr.get(reverse("leave-type", args=[row.pk])).status_code == 200


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_worker_sees_what_a_request_takes_before_it_is_asked(works) -> None:
    mine, friday = works.worker(works.eve), works.monday + 4 * DAY
    form = {"kind": "annual", "first": works.monday.isoformat(), "last": (works.monday + 7 * DAY).isoformat(),
            "reason": "Home"}  # fmt: skip
    shown = text(mine.post(reverse("me-leave"), form))
    assert "<strong>6 days</strong>" in shown  # Monday to Monday, without the weekend
    assert "15 days → <strong>9 days</strong>" in shown
    assert ("calendar says" in shown, WorkNote.objects.count()) == (True, 0)
    works.plan(works.monday, friday)
    planned = text(mine.post(reverse("me-leave"), form | {"last": friday.isoformat()}))
    assert ("<strong>5 days</strong>" in planned, "calendar says" in planned) == (True, False)
    assert works.asked(mine, works.monday, friday).status_code == 200
    assert works.left() == 10
    assert b"sister" not in bytes(WorkNote.objects.get().cell)


def test_a_day_off_by_the_roster_costs_no_leave(works) -> None:
    works.plan(works.monday, works.monday + DAY)
    works.asked(works.worker(works.eve), works.monday, works.monday + 4 * DAY)
    assert works.left() == 13


def test_overlaps_and_more_than_is_left_are_refused_with_what_to_do(works) -> None:
    mine = works.worker(works.eve)
    works.asked(mine, works.monday, works.monday + DAY)
    twice = works.asked(mine, works.monday + DAY, works.monday + 2 * DAY, "personal")
    assert (twice.status_code, "Other leave stands on" in text(twice)) == (422, True)
    much = works.asked(mine, works.monday + 7 * DAY, works.monday + 60 * DAY)
    assert (much.status_code, "Not enough days are left" in text(much)) == (422, True)
    half = works.asked(mine, works.monday + 7 * DAY, works.monday + 7 * DAY, from_noon="on")
    assert (half.status_code, "whole days" in text(half)) == (422, True)
    weekend = works.asked(mine, works.monday + 5 * DAY, works.monday + 6 * DAY)
    assert (weekend.status_code, "nothing is owed" in text(weekend).lower()) == (422, True)
    assert WorkNote.objects.count() == 1


@pytest.mark.parametrize("odd", [*ODD, "2199-12-31", "2000-01-01", "9999-12-30", "2026-02-30"])
@pytest.mark.parametrize("field", ["first", "last", "kind", "reason"])
def test_garbage_far_dates_and_huge_spans_are_answered_and_ask_for_nothing(works, field, odd) -> None:
    mine = works.worker(works.eve)
    form = {"kind": "personal", "first": works.monday.isoformat(), "last": works.monday.isoformat(), "reason": "x"}
    for page in ("me-leave", "me-leave-ask"):
        answer = mine.post(reverse(page), form | {field: odd})
        assert answer.status_code in (200, 302, 422)
    asked = (field == "reason" and odd.strip("\0 ")) or (field == "last" and not odd)
    assert WorkNote.objects.exists() == bool(asked)


def test_a_request_is_withdrawn_before_and_cancelled_after_the_answer_and_both_stay_written(works) -> None:
    mine = works.worker(works.eve)
    works.asked(mine, works.monday, works.monday)
    note = WorkNote.objects.get()
    back = reverse("me-leave-take-back", args=[note.pk])
    assert "Withdrawn" in text(mine.post(back, follow=True))
    note.refresh_from_db()
    assert (note.state, works.left()) == ("withdrawn", 15)
    works.asked(mine, works.monday, works.monday)
    second = WorkNote.objects.exclude(pk=note.pk).get()
    assert work.answer_note(second, NoteState.APPROVED, by=SETUP, at=works.world.now())
    assert works.left() == 14
    assert "Cancelled" in text(mine.post(reverse("me-leave-take-back", args=[second.pk]), follow=True))
    assert works.left() == 15
    again = mine.post(reverse("me-leave-take-back", args=[second.pk]))
    assert (again.status_code, works.left()) == (409, 15)
    page = text(mine.get(reverse("me-leave")))
    assert ("withdrawn" in page, "cancelled" in page) == (True, True)
    turns = leave_looks.standing(works.eve, JOB, "test").book.turns
    assert [(turn.note, turn.what) for turn in turns] == [(str(note.pk), "withdrawn"), (str(second.pk), "cancelled")]


def test_nobody_takes_back_what_another_asked_for(works) -> None:
    works.asked(works.worker(works.eve), works.monday, works.monday)
    note = WorkNote.objects.get()
    other = works.worker(works.dan)
    assert other.post(reverse("me-leave-take-back", args=[note.pk])).status_code == 404
    assert works.hr.post(reverse("leave-cancel", args=[works.dan.pk, note.pk]), {"reason": "x"}).status_code == 404
    note.refresh_from_db()
    assert note.state == "asked"


def test_a_type_that_needs_no_yes_holds_at_once_unless_it_began_long_ago(works) -> None:
    row = LeaveKind.objects.get(code="sick")
    LeaveKind.objects.filter(pk=row.pk).update(rules=row.rules | {"approval": False})
    mine, last = works.worker(works.eve), monday(today()) - 10 * DAY
    assert "holds at once" in text(works.asked(mine, works.monday, works.monday, "sick"))
    works.asked(mine, last, last, "sick")
    assert sorted(WorkNote.objects.values_list("state", flat=True)) == ["approved", "asked"]


# --- answering -------------------------------------------------------------------------------------------------------


def test_a_manager_approves_takes_it_back_and_declines_with_a_reason(works) -> None:
    mine, dan = works.worker(works.eve), works.team()
    works.asked(mine, works.monday, works.monday + 2 * DAY)
    note = WorkNote.objects.get()
    opened = text(dan.post(reverse("me-team")))
    assert ("Annual leave" in opened, "3 days" in opened, "leaves 12 days" in opened) == (True, True, True)
    done = text(dan.post(reverse("me-team-answer", args=[note.pk]), {"answer": "approve"}))
    assert ("Take this answer back" in done, "Who is away" in done) == (True, True)
    back = reverse("me-team-take-back", args=[note.pk])
    assert "the request waits again" in text(dan.post(back))
    assert dan.post(back).status_code == 409
    declined = {"answer": "decline", "reason": "Stocktaking"}
    assert dan.post(reverse("me-team-answer", args=[note.pk]), declined).status_code == 200
    note.refresh_from_db()
    assert (note.state, NoteAnswer.objects.filter(note=note).count(), works.left()) == ("declined", 2, 15)
    assert "Stocktaking" in text(mine.get(reverse("me")))


def test_a_manager_cannot_approve_what_no_longer_fits(works) -> None:
    mine, dan = works.worker(works.eve), works.team()
    works.asked(mine, works.monday, works.monday + 2 * DAY)
    note = WorkNote.objects.get()
    say = {"do": "given", "kind": "annual", "days": "-13", "on": today().isoformat(), "reason": "Taken before"}
    assert works.hr.post(reverse("leave-say", args=[works.eve.pk]), say).status_code == 200
    refused = dan.post(reverse("me-team-answer", args=[note.pk]), {"answer": "approve"})
    assert (refused.status_code, "Not enough days are left" in text(refused)) == (422, True)
    item = works.hr.post(reverse("worklist-preview"), {"tick": f"n/{note.pk}", "way": "grant", "reason": "ok"})
    assert "not enough days are left" in text(item)
    note.refresh_from_db()
    assert note.state == "asked"


def test_a_manager_reads_no_leave_book_and_no_balance_of_their_people(works) -> None:
    works.team()
    leave_actions.say(works.eve, "given", "annual", today(), Fraction(2), "Reward", by=SETUP, at=works.world.now())
    dan = works.worker(works.dan)
    by = By.ticket(works.dan.pk, dan.cookies[COOKIE].value).authority
    row = LeaveBook.objects.get()
    assert keeping.reveal([keeping.cell("leave.book/1", row.pk, row.cell)], by, "team.page").code == "not_allowed"
    own = works.worker(works.eve).cookies[COOKIE].value
    mine = keeping.reveal(
        [keeping.cell("leave.book/1", row.pk, row.cell)], By.ticket(works.eve.pk, own).authority, "me.page"
    )
    assert b"Reward" in mine[0]
    for role in (Role.SECURITY, Role.PARKING, Role.AUDITOR):
        assert works.house.browser(role).get(reverse("leave-person", args=[works.eve.pk])).status_code == 403


def test_hr_grants_and_takes_back_on_the_list_and_a_past_span_is_counted_anew(works) -> None:
    first = today() - 4 * DAY
    works.plan(first, today() - DAY)
    for n in range(4):
        compute_workdays(works.site, first + n * DAY, at=works.world.now(), by=works.world.operator(Role.HR))
    asked = works.asked(works.worker(works.eve), first, today() - DAY, "personal")
    assert asked.status_code == 200, text(asked)
    note = WorkNote.objects.get()
    done = text(works.hr.post(reverse("worklist-answer"), {"tick": f"n/{note.pk}", "way": "grant", "reason": "Agreed"}))
    assert "1 answered" in done
    assert _minutes(works) == [("personal", 480, Fraction(0))] * 4
    month, answer = _book(works)
    back = works.hr.post(reverse("worklist-undo", args=[works.eve.pk, month]), {"answer": answer}, follow=True)
    assert "Taken back" in text(back)
    assert _minutes(works) == []


def _book(works) -> tuple[str, str]:
    from gatehouse.server.attendance import worklist_looks
    from gatehouse.server.attendance.models import AnswerBook

    for row in AnswerBook.objects.filter(person=works.eve):
        for one in worklist_looks.answers([row], JOB, "workdays")[row.pk]:
            return str(Month.of(row.month)), one.id
    raise AssertionError("no answer")


def _minutes(works) -> list[tuple[str, int, Fraction]]:
    from gatehouse.server.attendance import looks

    rows = list(Workday.objects.filter(person=works.eve).order_by("date"))
    found = looks.workdays(rows, works.world.operator(Role.HR).authority, "test")
    return [
        (one.kind, one.minutes, one.pay_share) for shifts in found.values() for shift in shifts for one in shift.leaves
    ]


# --- corrections -----------------------------------------------------------------------------------------------------


def test_hr_corrects_a_balance_with_a_reason_and_takes_it_back(works) -> None:
    here, say = reverse("leave-person", args=[works.eve.pk]), reverse("leave-say", args=[works.eve.pk])
    assert "15 days" not in text(works.hr.get(here))
    assert "15 days" in text(works.hr.post(here))
    form = {"do": "given", "kind": "annual", "days": "2.5", "on": today().isoformat()}
    bare = works.hr.post(say, form)
    assert (bare.status_code, "Write a reason" in text(bare)) == (422, True)
    works.hr.post(say, form | {"reason": "Opening balance"})
    assert works.left() == Fraction(35, 2)
    assert "Opening balance" in text(works.worker(works.eve).get(reverse("me-leave")))
    assert "Opening balance" in text(works.hr.post(here))
    word = leave_looks.standing(works.eve, JOB, "test").book.words[0]
    works.hr.post(say, {"do": "take_back", "word": word.id})
    assert works.left() == 15
    assert works.hr.post(say, {"do": "take_back", "word": word.id}).status_code == 422
    works.hr.post(say, form | {"do": "own", "days": "30", "on": f"{today().year}-01-01", "reason": "Contract"})
    assert works.left() == 30
    assert b"Contract" not in bytes(LeaveBook.objects.get().cell)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ["do", "kind", "days", "on", "works_since", "word"])
def test_garbage_corrects_nothing(works, field, odd) -> None:
    do = {"works_since": "works_since", "word": "take_back"}.get(field, "given")
    form = {"do": do, "kind": "annual", "days": "1", "on": today().isoformat(), "reason": "x"} | {field: odd}
    answer = works.hr.post(reverse("leave-say", args=[works.eve.pk]), form)
    assert answer.status_code in (200, 422)
    book = leave_looks.standing(works.eve, JOB, "test").book
    assert len(book.words) == int(field == "days" and odd == "-1")


def test_balances_and_who_is_away_are_opened_by_hr_and_seen_by_the_person(works) -> None:
    works.asked(works.worker(works.eve), works.monday, works.monday)
    work.answer_note(WorkNote.objects.get(), NoteState.APPROVED, by=SETUP, at=works.world.now())
    there = reverse("leave-balances-at", args=[works.site.pk])
    assert "15 days" not in text(works.hr.get(there))
    assert "14 days" in text(works.hr.post(there))
    month = reverse("leave-away-at", args=[works.site.pk, str(Month.of(works.monday))])
    assert "away-whole" not in text(works.hr.get(month))
    opened = text(works.hr.post(month))
    assert ("away-whole" in opened, "Annual leave" in opened, "S-104" in opened) == (True, True, True)
    assert "looked at your leave" in text(works.worker(works.eve).get(reverse("me")))
    for name in ("leave-balances", "leave-away"):
        assert works.hr.get(reverse(name)).status_code == 200
    assert works.hr.get(f"{there}?page={'9' * 40}").status_code == 200


def test_of_two_who_answer_at_once_one_does(works) -> None:
    works.asked(works.worker(works.eve), works.monday, works.monday)
    note = WorkNote.objects.get()
    leave.withdraw(note, by=SETUP, at=works.world.now())
    with pytest.raises(LeaveRefused, match="answered"):
        leave.withdraw(note, by=SETUP, at=works.world.now())
    assert len(leave_looks.standing(works.eve, JOB, "test").book.turns) == 1


def test_old_leave_of_one_date_reads_as_before(works) -> None:
    old = LeaveNote(date=works.monday, part="morning", reason="x")
    row = work.add_note(works.eve, old, state=NoteState.APPROVED, by=SETUP, at=works.world.now())
    of = leave_looks.standing(works.eve, JOB, "test")
    assert [(one.date, one.part.name) for one in of.away(works.monday, works.monday)] == [(works.monday, "MORNING")]
    overlap = works.asked(works.worker(works.eve), works.monday, works.monday)
    assert (overlap.status_code, row.state) == (422, "approved")
