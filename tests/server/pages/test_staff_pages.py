"""The people's file through a browser: join, move, leave, departments, my team; with faults half-way and garbage."""

import re
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.pages.test_garbage import ODD
from tests.server.pages.test_other_sites import browser as browser_of
from tests.server.pages.test_other_sites import limited
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping, moment
from gatehouse.server.accounts.actions import sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.models import NoteAnswer, NoteState, PlannedShift, WorkNote
from gatehouse.server.attendance.notes import CorrectionNote, LeaveNote
from gatehouse.server.audit.by import By
from gatehouse.server.console.staff import join as join_page
from gatehouse.server.people import departments, looks
from gatehouse.server.people.models import Credential, Department, Person, StaffChange
from gatehouse.server.staffing import joining

DAY = timedelta(days=1)
SHIFT = {"start": "09:00:00", "end": "18:00:00"}


def today() -> date:
    return local_date(moment.now(), ZoneInfo(ZONE))


@pytest.fixture
def hr(house) -> Browser:
    return house.browser(Role.HR)


@pytest.fixture
def here(house) -> str:
    return reverse("staff-join-at", args=[house.world.site.pk])


def form_of(hr: Browser, here: str, **said: object) -> dict[str, object]:
    page = hr.get(here).content.decode()
    (form_id,) = re.findall(r'name="form_id" value="([^"]+)"', page)
    return {"form_id": form_id, "number": "S-7", "name": "张三", "starts": today().isoformat(), "currency": "CNY",
            "weeks": 4, "weekdays": [0, 1, 2, 3, 4], "pass_days": "0"} | said  # fmt: skip


def worker(house, person) -> Browser:
    who, site = str(person.pk), str(house.world.site.pk)
    entered = sign_in(house.world.keeper.invite(who, Role.WORKER, house._owner(), sites=(site,), subject=who))
    return browser_of(entered.token)


# --- join ---


def test_one_form_makes_a_person_with_all_that_they_need(house, hr, here) -> None:
    at = house.world.now()
    pattern = work.add_pattern(house.world.site, "day", "Day", SHIFT, by=SETUP, at=at)
    department = departments.add_department(house.world.site, "Welding", None, by=SETUP, at=at)
    said = {"department": department.pk, "groups": [house.world.group.pk], "pattern": pattern.pk, "card": "04aa",
            "pin": "123456", "pass_days": "7", "invite": "on", "wage_kind": "month", "wage": "8000.50"}  # fmt: skip
    form = form_of(hr, here, mail="z@example.org", **said)
    page = hr.post(here, form)
    text = page.content.decode()
    assert page.status_code == 200
    assert (text.count("<svg"), "/enter/" in text) >= (2, True)
    person = Person.objects.exclude(pk=house.person.pk).get()
    assert sorted(Credential.objects.filter(person=person).values_list("kind", flat=True)) == ["card", "pin", "qr"]
    assert PlannedShift.objects.filter(person=person).count() == 20
    facts = looks.facts(person, By.ticket("x", house.ticket(Role.OWNER)).authority)
    assert (facts.name, facts.file.department, facts.file.starts) == ("张三", "Welding", today())
    assert departments.chart(house.world.site).department_of(str(person.pk), today()) == str(department.pk)
    link = re.search(r"http://testserver(/enter/[^<\s]+)", text)
    code = link[1].strip("/").split("/")[1]
    assert Browser().post(reverse("enter"), {"code": code}).status_code == 302


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("put_into", keeping.KeeperAway("away")),
        ("put_into", keeping.KeeperRefused("log_full", {})),
        ("set_terms", keeping.KeeperAway("away")),
    ],
)
def test_what_was_done_before_a_fault_stays_and_the_form_goes_on(house, hr, here, monkeypatch, step, fault) -> None:
    department = departments.add_department(house.world.site, "Welding", None, by=SETUP, at=house.world.now())
    form = form_of(hr, here, department=department.pk, card="04AA", wage_kind="hour", wage="40")

    def broken(*_args, **_more):
        raise fault

    with monkeypatch.context() as cut:
        cut.setattr(joining, step, broken)
        page = hr.post(here, form)
    text = page.content.decode()
    assert page.status_code in (422, 503)
    assert "This is done, and stays" in text
    assert 'value="张三"' in text
    assert form["form_id"] in text
    assert hr.post(here, form).status_code == 200
    person = Person.objects.exclude(pk=house.person.pk).get()
    assert Credential.objects.get(person=person).kind == "card"


def test_with_the_keeper_away_from_the_start_nothing_is_written_and_the_form_stays(
    house, hr, here, monkeypatch
) -> None:
    form = form_of(hr, here)

    def away(*_args, **_more):
        raise keeping.KeeperAway("away")

    with monkeypatch.context() as cut:
        cut.setattr(joining, "join", away)
        page = hr.post(here, form)
    assert (page.status_code, Person.objects.count()) == (503, 1)
    assert "press again" in page.content.decode()
    assert hr.post(here, form).status_code == 200


def test_a_form_that_is_sent_again_makes_nobody_new_and_one_that_works_pass(house, hr, here) -> None:
    form = form_of(hr, here, pass_days="7", card="04AA")
    for _time in range(3):
        assert hr.post(here, form).status_code == 200
    assert Person.objects.count() == 2
    active = Credential.objects.filter(state="active").values_list("kind", flat=True)
    assert sorted(active) == ["card", "qr"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"form_id": "made-up"}, "too old"),
        ({"number": "S 7"}, "no spaces"),
        ({"number": ""}, "required"),
        ({"starts": "1999-01-01"}, "2000-01-01"),
        ({"card": "04:AA"}, "reader shows"),
        ({"pin": "12a4"}, "4 to 12 digits"),
        ({"pin": "１２３４"}, "4 to 12 digits"),
        ({"wage": "8000.505", "wage_kind": "month"}, "no such amount"),
        ({"wage": "-1", "wage_kind": "month"}, "greater than or equal to 0"),
        ({"wage": "1e30", "wage_kind": "month"}, "less than or equal"),
        ({"wage": "NaN", "wage_kind": "month"}, "Enter a number"),
        ({"wage": "1"}, "what the wage is for"),
        ({"currency": "ZZZ"}, "three letters"),
        ({"weeks": "9999"}, "less than or equal"),
        ({"department": str(uuid4())}, "valid choice"),
        ({"groups": [str(uuid4())]}, "valid"),
    ],
)
def test_what_can_not_be_is_said_beside_its_field_and_joins_nobody(house, hr, here, said, wrong) -> None:
    work.add_pattern(house.world.site, "day", "Day", SHIFT, by=SETUP, at=house.world.now())
    page = hr.post(here, form_of(hr, here) | said)
    assert (page.status_code, Person.objects.count()) == (422, 1)
    assert wrong in page.content.decode()


@pytest.mark.parametrize("odd", ODD)
def test_odd_words_are_answered(house, hr, here, odd) -> None:
    form = form_of(hr, here)
    for name in (
        *form,
        "department",
        "groups",
        "post",
        "mail",
        "card",
        "pin",
        "wage",
        "wage_kind",
        "insured",
        "invite",
    ):
        assert hr.post(here, form | {name: odd}).status_code in (200, 422), name
    for name in ("person-move", "person-leave", "person-undo", "person-change"):
        address = reverse(name, args=[house.person.pk])
        fields = dict.fromkeys(("on", "last_day", "when", "department", "groups", "wage", "regroup"), odd)
        assert hr.post(address, fields).status_code in (200, 302, 422), name
    row = departments.add_department(house.world.site, "Welding", None, by=SETUP, at=house.world.now())
    for do in ("place", "manager", "delegate", "member", "end", "open", odd):
        fields = dict.fromkeys(("name", "parent", "who", "since", "last", "of", "to"), odd)
        answer = hr.post(reverse("department", args=[row.pk]), {"do": do} | fields)
        assert answer.status_code in (200, 302, 404, 422), do
    assert hr.post(reverse("departments"), {"site": odd, "name": odd}).status_code == 422


# --- found ---


@pytest.mark.parametrize("text", ["zha", "zhang", "zs", "张", "S-88"])
def test_somebody_is_found_by_three_letters_by_pinyin_and_by_number(house, hr, here, text) -> None:
    hr.post(here, form_of(hr, here, number="S-88"))
    page = hr.post(reverse("people"), {"q": text}).content.decode()
    assert ("S-88" in page, "S-104" in page) == (True, False)


# --- move and leave ---


def test_a_later_move_waits_is_opened_and_undone(house, hr) -> None:
    row = departments.add_department(house.world.site, "Welding", None, by=SETUP, at=house.world.now())
    change = reverse("person-change", args=[house.person.pk])
    on = today() + 9 * DAY
    answer = hr.post(reverse("person-move", args=[house.person.pk]), {"on": on.isoformat(), "department": row.pk})
    assert (answer.status_code, StaffChange.objects.get().state) == (302, "waiting")
    closed = hr.get(change).content.decode()
    assert ("waits for its date" in closed, "Welding" in closed) == (True, False)
    assert "Welding" in hr.post(change).content.decode()
    hr.post(reverse("person-undo", args=[house.person.pk]))
    assert StaffChange.objects.get().state == "undone"


def test_a_leaver_of_today_can_be_let_go_at_once_and_the_page_points_to_the_final_pay(house, hr) -> None:
    leave = reverse("person-leave", args=[house.person.pk])
    later = hr.post(leave, {"last_day": (today() + DAY).isoformat(), "when": "now"})
    assert (later.status_code, StaffChange.objects.count()) == (422, 0)
    page = hr.post(leave, {"last_day": today().isoformat(), "when": "now"}, follow=True).content.decode()
    house.person.refresh_from_db()
    assert (house.person.state, reverse("payruns") in page) == ("left", True)
    again = hr.post(leave, {"last_day": today().isoformat(), "when": "end"})
    assert (again.status_code, "has left" in again.content.decode()) == (422, True)


def test_a_last_day_of_the_past_is_refused_beside_the_form(house, hr) -> None:
    page = hr.post(reverse("person-leave", args=[house.person.pk]), {"last_day": "2020-01-01", "when": "end"})
    assert (page.status_code, "That day is over" in page.content.decode()) == (422, True)


# --- departments and teams ---


class Works:
    """Welding, managed by Dan; Eve and Dan are in it."""

    def __init__(self, house) -> None:
        self.house, world = house, house.world
        self.eve, self.dan, self.cleo = house.person, world.hire("S-2", "Dan Farr"), world.hire("S-3", "Cleo Vane")
        self.hr = house.browser(Role.HR)
        self.hr.post(reverse("departments"), {"site": world.site.pk, "name": "Welding"})
        self.row = Department.objects.get()
        self.page = reverse("department", args=[self.row.pk])
        for do, who in (("member", "S-104"), ("member", "S-2"), ("manager", "S-2")):
            self.say(do, who)

    def say(self, do: str, who: str, **more: object):
        said = {"do": do, "who": who, "since": today().isoformat()} | more
        answer = self.hr.post(self.page, said)
        assert answer.status_code == 302, answer.content.decode()
        return answer

    def ask(self, person, days_ago: int = 0) -> WorkNote:
        note = LeaveNote(date=today() - days_ago * DAY, part="whole", reason="My sister marries")
        return work.add_note(person, note, state=NoteState.ASKED, by=SETUP, at=self.house.world.now())


@pytest.fixture
def works(house) -> Works:
    return Works(house)


def test_a_manager_opens_and_answers_what_their_people_ask_for(house, works) -> None:
    note = works.ask(works.eve)
    dan = worker(house, works.dan)
    closed = dan.get(reverse("me-team")).content.decode()
    assert ("1 request waits" in closed, "sister" in closed, "Lin Moss" in closed) == (True, False, False)
    opened = dan.post(reverse("me-team")).content.decode()
    assert ("My sister marries" in opened, "Lin Moss" in opened) == (True, True)
    address = reverse("me-team-answer", args=[note.pk])
    bare = dan.post(address, {"answer": "decline"})
    assert (bare.status_code, "Say why you decline" in bare.content.decode()) == (422, True)
    assert dan.post(address, {"answer": "decline", "reason": "Stocktaking"}).status_code == 200
    note.refresh_from_db()
    assert note.state == "declined"
    assert dan.post(address, {"answer": "approve"}).status_code == 409  # an answer stands
    mine = worker(house, works.eve).get(reverse("me")).content.decode()
    assert ("Stocktaking" in mine, "A manager of yours" in mine) == (True, True)
    answers = works.hr.post(reverse("answers")).content.decode()
    assert ("Stocktaking" in answers, "S-2 DF" in answers) == (True, True)
    assert b"Stocktaking" not in bytes(NoteAnswer.objects.get().cell)


def test_nobody_else_opens_or_answers_it(house, works) -> None:
    note, own = works.ask(works.eve), works.ask(works.dan)
    for person, of in ((works.eve, note), (works.cleo, note), (works.dan, own)):
        browser = worker(house, person)
        answer = browser.post(reverse("me-team-answer", args=[of.pk]), {"answer": "approve"})
        assert (answer.status_code, "not yours" in answer.content.decode()) == (422, True)
    page = worker(house, works.cleo).post(reverse("me-team")).content.decode()
    assert ("You manage no department" in page, "sister" in page) == (True, False)
    assert set(WorkNote.objects.values_list("state", flat=True)) == {"asked"}


def test_who_stands_in_answers_from_to_and_no_longer(house, works) -> None:
    note = works.ask(works.eve)
    works.say("delegate", "S-3", of=str(works.dan.pk), last=today().isoformat())
    cleo = worker(house, works.cleo)
    assert "sister" in cleo.post(reverse("me-team")).content.decode()
    works.hr.post(works.page, {"do": "end", "of": str(works.dan.pk), "to": str(works.cleo.pk)})
    assert "You manage no department" in cleo.post(reverse("me-team")).content.decode()
    answer = cleo.post(reverse("me-team-answer", args=[note.pk]), {"answer": "approve"})
    assert answer.status_code == 422


def test_a_manager_who_ended_reads_nothing_at_the_keeper_either(house, works) -> None:
    note = works.ask(works.eve)
    dan = worker(house, works.dan)
    by = By.ticket(works.dan.pk, dan.cookies[COOKIE].value).authority
    cell = keeping.cell("work.note/1", note.pk, note.cell)
    assert isinstance(keeping.reveal([cell], by, "team.page"), list)
    works.hr.post(works.page, {"do": "end", "of": str(works.dan.pk)})
    assert keeping.reveal([cell], by, "team.page").code == "not_allowed"


def test_a_date_long_ago_is_reckoned_by_hr(house, works) -> None:
    on = today() - 9 * DAY
    at = datetime.combine(on, datetime.min.time(), ZoneInfo(ZONE)) + timedelta(hours=9)
    asked = CorrectionNote(date=on, reason="Forgot", at=at, direction="in")
    note = work.add_note(works.eve, asked, state=NoteState.ASKED, by=SETUP, at=house.world.now())
    worker(house, works.dan).post(reverse("me-team-answer", args=[note.pk]), {"answer": "approve"})
    row = NoteAnswer.objects.get()
    assert row.to_reckon
    works.hr.post(reverse("answers-reckon", args=[row.pk]))
    row.refresh_from_db()
    assert not row.to_reckon


def test_names_that_mean_nobody_or_several_are_said_beside_the_field(house, works) -> None:
    house.world.hire("S-9", "Dan Fell")
    for who, wrong in (("nobody at all", "Nobody who works here"), ("dan", "Several people")):
        page = works.hr.post(works.page, {"do": "manager", "who": who, "since": today().isoformat()})
        assert (page.status_code, wrong in page.content.decode()) == (422, True)


def test_a_department_can_not_lie_under_itself(house, works) -> None:
    works.hr.post(reverse("departments"), {"site": house.world.site.pk, "name": "Spot", "parent": works.row.pk})
    under = Department.objects.exclude(pk=works.row.pk).get()
    page = works.hr.post(works.page, {"do": "place", "name": "Welding", "parent": under.pk}, follow=True)
    assert "can not lie under itself" in page.content.decode()
    works.row.refresh_from_db()
    assert works.row.parent_id is None


def test_hr_of_another_site_sees_and_changes_nothing(house, works) -> None:
    other = elsewhere(house.world)
    far = departments.add_department(other.site, "Elsewhere", None, by=SETUP, at=house.world.now())
    theirs = other[Person]
    browser = browser_of(limited(house, Role.HR, "ticket"))
    assert "Elsewhere" not in browser.get(reverse("departments")).content.decode()
    for address in (
        reverse("department", args=[far.pk]),
        reverse("person-change", args=[theirs.pk]),
        reverse("person-move", args=[theirs.pk]),
        reverse("person-leave", args=[theirs.pk]),
        reverse("person-undo", args=[theirs.pk]),
        reverse("staff-join-at", args=[other.site.pk]),
    ):
        said = {"do": "place", "name": "Taken", "last_day": today().isoformat(), "when": "now", "on": "2026-01-01"}
        assert browser.post(address, said).status_code == 404, address
    here = reverse("staff-join-at", args=[house.world.site.pk])
    crossed = browser.post(here, form_of(browser, here, department=far.pk))
    assert crossed.status_code == 422
    moved = browser.post(reverse("person-move", args=[works.eve.pk]), {"on": today().isoformat(), "department": far.pk})
    assert moved.status_code == 422
    placed = browser.post(works.page, {"do": "member", "who": "E-1", "since": today().isoformat()})
    assert placed.status_code == 422
    far.refresh_from_db()
    theirs.refresh_from_db()
    assert (far.name, far.cell, theirs.state) == ("Elsewhere", None, "active")


def test_a_note_of_another_site_is_not_there(house, works) -> None:
    other = elsewhere(house.world)
    note = work.add_note(other[Person], LeaveNote(today(), "whole", "x"), state=NoteState.ASKED, by=SETUP,
                         at=house.world.now())  # fmt: skip
    dan = worker(house, works.dan)
    assert dan.post(reverse("me-team-answer", args=[note.pk]), {"answer": "approve"}).status_code == 404


def test_plan_days_are_the_ticked_weekdays() -> None:
    days = join_page.plan_days(date(2026, 3, 4), 2, {0, 2})
    assert days == [date(2026, 3, 4), date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 16)]
