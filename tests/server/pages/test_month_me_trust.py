"""Month, My page and Trust: hours on a click, one's own page for oneself only, and what a thief would find."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as configured
from django.urls import reverse
from tests.server.world import SETUP, ZONE

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, Month, PayKind, Term
from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Authority, Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import looks
from gatehouse.server.attendance.models import NoteState, Workday, WorkNote
from gatehouse.server.attendance.notes import CorrectionNote
from gatehouse.server.attendance.workdays import compute_workdays
from gatehouse.server.payroll.actions import draft_payslips, set_contract
from gatehouse.server.payroll.models import Payslip
from gatehouse.server.people.models import Credential, CredentialState
from gatehouse.server.performance.actions import say_seen

DAY_SHIFT = {
    "start": "09:00:00", "end": "18:00:00", "one_missing": "to_schedule", "break_min": 60, "break_over_min": 360,
    "grace_in_min": 5,
}  # fmt: skip


@pytest.fixture
def worked(house, clock):
    """Yesterday the person came eleven minutes late and stayed to the end; today they are in since 8:56."""
    world, zone = house.world, ZoneInfo(ZONE)
    today = (clock.now() + timedelta(days=2)).astimezone(zone).date()
    yesterday, me = today - timedelta(days=1), str(house.person.pk)
    pattern = work.add_pattern(world.site, "day", "Day shift", DAY_SHIFT, by=SETUP, at=world.now())
    work.plan(house.person, pattern, [yesterday, today], by=SETUP, at=world.now())
    for day, punches in ((yesterday, ((time(9, 11), "in"), (time(18, 2), "out"))), (today, ((time(8, 56), "in"),))):
        for wall, direction in punches:
            at = datetime.combine(day, wall, zone)
            clock.advance_to(at)
            world.tell(world.passage("door", at=at, subject=me, direction=direction))
        if day == yesterday:
            clock.advance_to(datetime.combine(today, time(4, 30), zone))
            compute_workdays(world.site, yesterday, at=world.now())
    house.tickets.clear()  # the clock went past their end
    house.month = Month.of(yesterday)
    return house


def _paid(house) -> None:
    term = Term(PayKind.MONTHLY, Money(980_000, "CNY"), house.month.first, None, None)
    set_contract(house.person, Contract((term,)), by=SETUP, at=house.world.now())
    draft_payslips(house.world.site, house.month, at=house.world.now())


def test_hours_are_shown_on_a_click_only(worked) -> None:
    browser, page = worked.browser(Role.HR), reverse("month-of", args=[worked.month])
    closed = browser.get(page).content.decode()
    assert "S-104" in closed
    assert "late 0:11" not in closed
    opened = browser.post(page).content.decode()
    assert "late 0:11" in opened
    assert "0%" not in opened
    assert "Moss" not in opened


def test_one_persons_month_shows_figures_and_the_payslip_explained(worked) -> None:
    _paid(worked)
    say_seen(worked.person, worked.month, by=SETUP, at=worked.world.now())
    address = reverse("month-person", args=[worked.month, worked.person.pk])
    page = worked.browser(Role.HR).post(address).content.decode()
    assert "Punctuality" in page
    assert "0%" in page
    assert "Basic pay" in page
    assert "¥9,800.00 a month" in page
    looks = worked.world.keeper.looks(str(worked.person.pk), worked.ticket(Role.OWNER))
    assert "month.page" in {look.purpose for look in looks}


def test_an_empty_month_says_what_to_do_first(house) -> None:
    assert "Nobody is planned for this month." in house.browser(Role.HR).get("/month/").content.decode()


@pytest.mark.parametrize("month", ["2026-13", "0000-01"])
def test_a_month_that_is_none_is_not_there(house, month) -> None:
    assert house.browser(Role.HR).get(f"/month/{month}/").status_code == 404


# --- my page -----------------------------------------------------------------------------------------------------


def test_a_worker_sees_their_own_day_month_and_pay(worked) -> None:
    _paid(worked)
    page = worked.browser(Role.WORKER).get("/me/").content.decode()
    assert "Lin Moss" in page
    assert "In since 08:56" in page
    assert "Day shift 09:00–18:00" in page
    if worked.month == Month.of(worked.world.now().astimezone(ZoneInfo(ZONE)).date()):
        assert "Came late: 0:11" in page
        assert "Basic pay" in page


def test_a_worker_sees_who_looked_at_them_and_why(worked) -> None:
    worked.browser(Role.SECURITY).post(reverse("person-name", args=[worked.person.pk]))
    page = worked.browser(Role.WORKER).get("/me/").content.decode()
    assert "test-security" in page
    assert "opened your page" in page


def test_a_correction_is_asked_for_and_changes_no_punch(worked) -> None:
    browser, day = worked.browser(Role.WORKER), _yesterday(worked).isoformat()
    asked = browser.post(reverse("me-correct"), {"date": day, "left": "18:20", "why": "the reader was dark"})
    assert asked.status_code == 302
    note = WorkNote.objects.get()
    assert note.state == NoteState.ASKED
    assert b"reader" not in bytes(note.cell)
    for odd, said in (
        ("yesterday", "Say when you came or left"),
        ("9999-12-31", "Choose a date of the last 400 days"),
        ("0001-01-01", "Choose a date of the last 400 days"),
        ((_yesterday(worked) + DAY).isoformat(), "That time has not come yet"),
    ):
        form = {"date": odd, "left": "23:59", "why": "x"}
        assert said in browser.post(reverse("me-correct"), form, follow=True).content.decode()
    browser.post(reverse("me-correct"), {"date": day, "left": "", "came": "", "why": "x"})
    assert WorkNote.objects.count() == 1


def _yesterday(worked) -> date:
    return worked.world.now().astimezone(ZoneInfo(ZONE)).date() - DAY


def _hr(worked) -> Authority:
    return Authority(ticket=worked.ticket(Role.HR))


def _asked(worked) -> list[CorrectionNote]:
    return list(looks.notes(list(WorkNote.objects.all()), _hr(worked), "test").values())


def test_hr_sees_what_is_asked_and_an_approval_counts_at_once(worked) -> None:
    _paid(worked)
    drafted, day = bytes(Payslip.objects.get().cell), _yesterday(worked)
    form = {"date": day.isoformat(), "came": "08:58", "why": "the reader was dark"}
    worked.browser(Role.WORKER).post(reverse("me-correct"), form)
    address = reverse("admin:attendance_worknote_change", args=[WorkNote.objects.get().pk])
    browser = worked.browser(Role.HR)
    page = browser.get(address).content.decode()
    for said in ("Lin Moss (S-104)", "came at", "08:58", "the reader was dark", "late 0:11"):
        assert said in page, said
    done = browser.post(address, {"state": "approved"}, follow=True).content.decode()
    assert "The day was reckoned anew." in done
    found = looks.workdays(list(Workday.objects.filter(date=day)), _hr(worked), "test")
    (workday,) = found[worked.person.pk, day]
    assert workday.late_min == 0
    assert bytes(Payslip.objects.get().cell) != drafted
    assert browser.post(address, {"state": "declined"}).status_code == 403
    assert WorkNote.objects.get().state == NoteState.APPROVED


def test_an_answer_about_a_day_that_is_not_over_waits_for_the_night(worked) -> None:
    today = _yesterday(worked) + DAY
    form = {"date": today.isoformat(), "came": "08:10", "why": "the reader was dark"}
    worked.browser(Role.WORKER).post(reverse("me-correct"), form)
    address = reverse("admin:attendance_worknote_change", args=[WorkNote.objects.get().pk])
    done = worked.browser(Role.HR).post(address, {"state": "approved"}, follow=True).content.decode()
    assert "The day is reckoned anew in the night." in done
    assert not Workday.objects.filter(date=today).exists()


@pytest.mark.parametrize(
    ("night", "form", "days_later"),
    [
        (False, {"came": "22:00", "left": "06:10"}, 1),
        (True, {"left": "06:10"}, 1),
        (True, {"left": "23:30"}, 0),
        (False, {"left": "18:20"}, 0),
    ],
)
def test_who_leaves_after_midnight_leaves_on_the_next_date(worked, night, form, days_later) -> None:
    day = _yesterday(worked) - DAY
    if night:
        rules = DAY_SHIFT | {"start": "22:00:00", "end": "06:00:00"}
        pattern = work.add_pattern(worked.world.site, "night", "Night", rules, by=SETUP, at=worked.world.now())
        work.plan(worked.person, pattern, [day], by=SETUP, at=worked.world.now())
    worked.browser(Role.WORKER).post(reverse("me-correct"), form | {"date": day.isoformat(), "why": "forgot"})
    (note,) = [note for note in _asked(worked) if note.direction == "out"]
    assert (note.date, note.at.astimezone(ZoneInfo(ZONE)).date()) == (day, day + days_later * DAY)


def test_a_worker_withdraws_their_own_face(house) -> None:
    Credential.objects.create(person=house.person, kind="face", cell=b"sealed")
    browser = house.browser(Role.WORKER)
    assert "Your face opens gates here" in browser.get("/me/").content.decode()
    shown = browser.post(reverse("me-data-withdraw", args=["face"]), {"way": "pass"}).content.decode()
    assert "Show this at the gate" in shown
    assert Credential.objects.get(kind="face").state == CredentialState.DEAD
    assert "No face of yours is kept here." in browser.get("/me/").content.decode()


# --- trust -------------------------------------------------------------------------------------------------------


@pytest.fixture
def drill(tmp_path, settings):
    settings.HOME = tmp_path

    def write(text: str) -> None:
        folder = Path(configured.HOME) / "server"
        folder.mkdir(exist_ok=True)
        (folder / "drill.json").write_text(text)

    return write


def _report(found: int, needles: int) -> str:
    searched = {"files": 3, "bytes": 9000, "needles": {"names": needles}}
    return json.dumps({"found": {"names": found}, "searched": searched})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_report(0, 7), "A thief would find nobody"),
        (_report(1, 7), "act now"),
        (_report(0, 0), "act now"),
        ("not json", "The drill has not run yet."),
    ],
)
def test_the_drills_last_result_is_worded_and_never_prettier_than_it_is(house, drill, text, said) -> None:
    drill(text)
    assert said in house.browser(Role.AUDITOR).get("/trust/").content.decode()


def test_trust_says_who_looked_most_the_head_and_what_is_not_protected(house, drill) -> None:
    house.browser(Role.SECURITY).post(reverse("person-name", args=[house.person.pk]))
    page = house.browser(Role.OWNER).get("/trust/").content.decode()
    assert "The drill has not run yet." in page
    assert "test-security" in page
    assert "1 / 60" in page
    assert "A stolen gate computer is the gallery of its site" in page
    assert "— " in page  # a checkpoint's signature line
