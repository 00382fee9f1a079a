"""The roster: strokes, rotations, last week, publishing; drafts are HR's, what is published is the worker's."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.pages.test_other_sites import browser, limited
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import DAY
from gatehouse.domain.rosters import WEEK
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import pattern_actions, queries, roster_actions
from gatehouse.server.attendance.models import (
    DraftDay,
    NoteState,
    PlanChange,
    PlannedShift,
    RosterWeek,
    Rotation,
)
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.attendance.plan_changes import changes_of
from gatehouse.server.attendance.roster_actions import RosterRefused
from gatehouse.server.audit.models import Entry
from gatehouse.server.people.models import Person, PersonState

SHIFTS = {
    "E": ("Early", {"start": "06:00:00", "end": "14:00:00", "break_min": 30, "break_over_min": 360}),
    "L": ("Late", {"start": "14:00:00", "end": "22:00:00", "break_min": 30, "break_over_min": 360}),
    "N": ("Night", {"start": "22:00:00", "end": "06:00:00", "break_min": 30, "break_over_min": 360}),
}


class Desk:
    """HR's browser before next week's roster of the house's site."""

    def __init__(self, house) -> None:
        self.house, self.world, self.site = house, house.world, house.world.site
        self.patterns = {
            code: work.add_pattern(self.site, code, name, rules, by=SETUP, at=self.world.now())
            for code, (name, rules) in SHIFTS.items()
        }
        self.today = self.world.now().astimezone(ZoneInfo(ZONE)).date()
        self.first = monday(self.today) + WEEK
        self.browser = house.browser(Role.HR)

    def at(self, name: str, **more):
        return reverse(f"rosters-{name}", args=[self.site.pk, more.get("on", self.first)])

    def post(self, name: str, htmx=False, **form):
        headers = {"HX-Request": "true"} if htmx else {}
        return self.browser.post(self.at(name), form, headers=headers, follow=not htmx)

    def stroke(self, code: str, day: date, person=None, **more):
        person = person or self.house.person
        brush = self.patterns[code].pk if code in self.patterns else code
        return self.post("put", at=f"{person.pk}:{day}", brush=brush, **more)

    def page(self) -> str:
        return self.browser.get(self.at("week")).content.decode()

    def planned(self, person=None) -> list[str]:
        rows = PlannedShift.objects.filter(person=person or self.house.person).order_by("date", "pattern__code")
        return [f"{row.date} {row.pattern.code}" for row in rows.select_related("pattern")]

    def drafts(self, person=None) -> dict[date, list[str]]:
        codes = {str(row.pk): code for code, row in self.patterns.items()}
        rows = DraftDay.objects.filter(person=person or self.house.person)
        return {row.date: [codes[shift] for shift in row.shifts] for row in rows}


@pytest.fixture
def desk(house) -> Desk:
    return Desk(house)


# --- strokes ---------------------------------------------------------------------------------------------------------


def test_a_stroke_is_a_draft_that_hr_sees_and_nobody_else(desk) -> None:
    page = desk.stroke("E", desk.first).content.decode()
    assert "1 draft in this week" in page
    assert "Early 06:00–14:00 · draft" in page
    assert desk.planned() == []
    mine = desk.house.browser(Role.WORKER).get("/me/").content.decode()
    assert "Early" not in mine
    assert "No shift of yours is published" in mine
    assert queries.plans(desk.site, desk.first, desk.first + WEEK) == {}


def test_strokes_replace_stand_beside_and_take_away(desk) -> None:
    day = desk.first
    desk.stroke("E", day)
    desk.stroke("L", day)
    assert desk.drafts()[day] == ["L"]
    desk.stroke("E", day, how="beside")
    assert sorted(desk.drafts()[day]) == ["E", "L"]
    desk.stroke("L", day, how="beside")
    assert desk.drafts()[day] == ["E"]
    desk.stroke("E", day)
    assert desk.drafts() == {}


def test_a_part_of_the_page_is_the_row_alone_with_its_doubts_and_the_count(desk) -> None:
    desk.stroke("L", desk.first)
    part = desk.stroke("E", desk.first + DAY, htmx=True).content.decode()
    assert "<html" not in part
    assert f'id="p-{desk.house.person.pk}"' in part
    assert "8:00 h of rest since the shift before, under 11 h" in part
    assert 'hx-swap-oob="true"' in part
    assert "2 drafts in this week" in part


def test_names_stay_closed(desk) -> None:
    desk.stroke("E", desk.first)
    page = desk.page()
    assert "S-104" in page
    assert "Moss" not in page


@pytest.mark.parametrize("at", ["", ":", "x:y", "0:2026-01-01", "a" * 9000, "\0:\0"])
def test_a_cell_that_is_none_changes_nothing(desk, at) -> None:
    page = desk.post("put", at=at, brush=desk.patterns["E"].pk)
    assert "That cell is not in this roster" in page.content.decode()
    assert not DraftDay.objects.exists()


@pytest.mark.parametrize("brush", ["", "Early", "9" * 5000, "00000000-0000-4000-8000-000000000000", "\0"])
def test_a_brush_that_is_none_changes_nothing(desk, brush) -> None:
    answer = desk.stroke(brush, desk.first)
    assert "Choose a shift first" in answer.content.decode()
    assert not DraftDay.objects.exists()


def test_a_date_of_another_week_or_of_yesterday_is_refused(desk) -> None:
    desk.stroke("E", desk.first + WEEK)
    assert not DraftDay.objects.exists()
    for day in (desk.today - DAY, desk.today):
        form = {"at": f"{desk.house.person.pk}:{day}", "brush": str(desk.patterns["E"].pk)}
        desk.browser.post(desk.at("put", on=monday(day)), form)
    assert list(DraftDay.objects.values_list("date", flat=True)) == [desk.today]


def test_days_that_have_passed_cannot_be_drafted_by_any_way(desk) -> None:
    key = (desk.house.person.pk, desk.today - DAY)
    with pytest.raises(RosterRefused, match="past"):
        roster_actions.draft(desk.site, {key: ()}, by=SETUP, at=desk.world.now())


def test_what_is_already_so_is_no_draft(desk) -> None:
    work.plan(desk.house.person, desk.patterns["E"], [desk.first], by=SETUP, at=desk.world.now())
    desk.stroke("L", desk.first)
    desk.stroke("E", desk.first)
    assert desk.drafts() == {}


# --- rotations and last week -----------------------------------------------------------------------------------------


def _rotation(desk, weeks="E E E E E - -\nL L L L L - -\nN N N N - - -") -> Rotation:
    desk.browser.post(
        reverse("rosters-rotations"), {"site": desk.site.pk, "name": "Three", "weeks": weeks}, follow=True
    )
    return Rotation.objects.get()


def test_a_rotation_is_filled_in_for_everybody_from_the_week_asked_for(desk) -> None:
    other = desk.world.hire("S-105", "Wei Tan")
    row = _rotation(desk)
    page = desk.post("fill", rotation=row.pk, who="all", week="2", weeks="3").content.decode()
    assert "28 dates are drafted" in page
    for person in (desk.house.person, other):
        drafts = desk.drafts(person)
        assert [drafts[desk.first + n * WEEK] for n in range(3)] == [["L"], ["N"], ["E"]]
    assert PlannedShift.objects.count() == 0


def test_only_the_rows_that_are_meant_are_filled(desk) -> None:
    other = desk.world.hire("S-105", "Wei Tan")
    row = _rotation(desk)
    desk.post("fill", rotation=row.pk, who=other.pk, week="1", weeks="1")
    assert desk.drafts() == {}
    assert len(desk.drafts(other)) == 5
    desk.post("fill", rotation=row.pk, who="page", shown=f"{desk.house.person.pk},rubbish", week="1", weeks="1")
    assert len(desk.drafts()) == 5


def test_holidays_are_left_out_where_it_is_asked_for(desk) -> None:
    work.set_calendar_day(desk.site, desk.first, DayClass.HOLIDAY, by=SETUP, at=desk.world.now())
    row = _rotation(desk)
    desk.post("fill", rotation=row.pk, who="all", week="1", weeks="1", holidays="1")
    assert desk.first not in desk.drafts()
    desk.post("fill", rotation=row.pk, who="all", week="1", weeks="1")
    assert "the calendar has a holiday or a day off, so the shift is cancelled" in desk.page()


@pytest.mark.parametrize(
    "form",
    [
        {}, {"weeks": "0"}, {"weeks": "27"}, {"weeks": "9" * 5000}, {"weeks": "²"}, {"week": "13"}, {"week": "-1"},
        {"who": "nobody"}, {"who": ""}, {"rotation": "x"}, {"shown": "\0", "who": "page"},
    ],
)  # fmt: skip
def test_garbage_fills_nothing_in(desk, form) -> None:
    row = _rotation(desk)
    base = {"rotation": row.pk, "who": "all", "week": "1", "weeks": "1"} if form else {}
    page = desk.post("fill", **(base | form)).content.decode()
    assert "Choose a rotation, whose rows, and 1 to 26 weeks." in page
    assert not DraftDay.objects.exists()


@pytest.mark.parametrize(
    ("weeks", "said"),
    [
        ("E E E", "Week 1 has 3 days"),
        ("Q E E E E E E", "not among this site"),
        ("", "Write a week a line"),
        ("\0", "Week 1 has 1 days"),
        ("E+E - - - - - -", "has E twice on one day"),
        ("- - - - - - -\n" * 13, "at most 12 weeks"),
        ("E " * 9000, "at most 12 weeks"),
    ],
)
def test_what_is_no_rotation_is_said_beside_the_field(desk, weeks, said) -> None:
    answer = desk.browser.post(reverse("rosters-rotations"), {"site": desk.site.pk, "name": "Odd", "weeks": weeks})
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not Rotation.objects.exists()


def test_a_rotation_is_dropped_and_what_was_drafted_by_it_stays(desk) -> None:
    row = _rotation(desk)
    desk.post("fill", rotation=row.pk, who="all", week="1", weeks="1")
    form = {"site": desk.site.pk, "do": "drop", "rotation": row.pk}
    desk.browser.post(reverse("rosters-rotations"), form)
    assert not Rotation.objects.exists()
    assert len(desk.drafts()) == 5
    desk.browser.post(reverse("rosters-rotations"), form)


def test_last_week_is_copied_drafts_included(desk) -> None:
    work.plan(desk.house.person, desk.patterns["E"], [desk.first - WEEK], by=SETUP, at=desk.world.now())
    work.plan(desk.house.person, desk.patterns["L"], [desk.first + 2 * DAY], by=SETUP, at=desk.world.now())
    desk.browser.post(
        desk.at("put", on=desk.first - WEEK),
        {"at": f"{desk.house.person.pk}:{desk.first - DAY}", "brush": str(desk.patterns["N"].pk)},
    )
    desk.post("copy", who="all")
    assert desk.drafts() == {
        desk.first - DAY: ["N"],
        desk.first: ["E"],
        desk.first + 2 * DAY: [],
        desk.first + 6 * DAY: ["N"],
    }


def test_filling_a_week_that_has_begun_leaves_its_past_days_alone(desk, clock) -> None:
    row = _rotation(desk)
    clock.advance_to(datetime.combine(desk.first + 2 * DAY, datetime.min.time(), ZoneInfo(ZONE)))
    desk.house.tickets.clear()  # the clock went past their end
    desk.browser = desk.house.browser(Role.HR)
    page = desk.post("fill", rotation=row.pk, who="all", week="1", weeks="1").content.decode()
    assert "3 dates are drafted" in page
    assert min(desk.drafts()) == desk.first + 2 * DAY


# --- undo, discard, publish ------------------------------------------------------------------------------------------


def test_the_last_stroke_is_undone_and_only_it(desk) -> None:
    desk.stroke("E", desk.first)
    desk.post("fill", rotation=_rotation(desk).pk, who="all", week="2", weeks="2")
    assert len(desk.drafts()) > 5
    assert "Undone." in desk.post("publish", do="undo").content.decode()
    assert desk.drafts() == {desk.first: ["E"]}
    assert "There is nothing to undo" in desk.post("publish", do="undo").content.decode()


def test_drafts_thrown_away_come_back_by_undo(desk) -> None:
    desk.stroke("E", desk.first)
    desk.stroke("L", desk.first + WEEK - DAY)
    assert "2 drafts are gone" in desk.post("publish", do="discard week").content.decode()
    assert desk.drafts() == {}
    desk.post("publish", do="undo")
    assert len(desk.drafts()) == 2


def test_what_is_published_is_the_plan_of_the_worker_and_of_the_reckoning(desk) -> None:
    desk.stroke("N", desk.first)
    page = desk.post("publish", do="publish week").content.decode()
    assert "1 date is published" in page
    assert desk.planned() == [f"{desk.first} N"]
    assert desk.drafts() == {}
    found = queries.plans(desk.site, desk.first, desk.first + WEEK)
    assert [shift.pattern.code for shift in found[desk.house.person.pk]] == ["N"]
    mine = desk.house.browser(Role.WORKER).get("/me/").content.decode()
    assert 'Night <span class="nowrap">22:00–06:00</span>' in mine
    assert "(ends the next day)" in mine
    assert "Changed" not in mine
    assert Entry.objects.filter(verb="roster.published").count() == 1
    assert Entry.objects.filter(verb="shifts.published").count() == 1


def test_a_change_after_publishing_is_shown_as_changed_and_back_again_is_none(desk) -> None:
    desk.stroke("E", desk.first)
    desk.post("publish", do="publish week")
    desk.stroke("L", desk.first)
    desk.stroke("N", desk.first + DAY)
    assert "Early" in desk.house.browser(Role.WORKER).get("/me/").content.decode()
    desk.post("publish", do="publish week")
    mine = desk.house.browser(Role.WORKER).get("/me/").content.decode()
    assert mine.count("Changed") == 2
    assert "Before: Early 06:00–14:00" in mine
    assert "Before: free" in mine
    desk.stroke("E", desk.first)
    desk.stroke("off", desk.first + DAY)
    desk.post("publish", do="publish week")
    assert not PlanChange.objects.exists()


def test_a_shift_taken_away_is_shown_as_free_and_changed(desk) -> None:
    desk.stroke("E", desk.first)
    desk.post("publish", do="publish week")
    desk.stroke("off", desk.first)
    desk.post("publish", do="publish week")
    assert desk.planned() == []
    mine = desk.house.browser(Role.WORKER).get("/me/").content.decode()
    assert "Free" in mine
    assert "Before: Early 06:00–14:00" in mine


def test_what_was_first_shown_stays_told_after_a_second_change(desk) -> None:
    for code in ("E", "L", "N"):
        desk.stroke(code, desk.first)
        desk.post("publish", do="publish week")
    assert changes_of(desk.house.person, desk.first, desk.first + DAY) == {desk.first: ["Early 06:00–14:00"]}


def test_publishing_twice_is_the_same_as_once(desk) -> None:
    desk.stroke("E", desk.first)
    for _ in range(2):
        desk.post("publish", do="publish week")
    assert desk.planned() == [f"{desk.first} E"]
    assert RosterWeek.objects.count() == 1
    assert not PlanChange.objects.exists()


def test_all_weeks_are_published_at_once_and_days_that_passed_meanwhile_are_not(desk, clock) -> None:
    desk.stroke("E", desk.first)
    desk.browser.post(
        desk.at("put", on=desk.first + WEEK),
        {"at": f"{desk.house.person.pk}:{desk.first + WEEK}", "brush": str(desk.patterns["L"].pk)},
    )
    clock.advance_to(datetime.combine(desk.first + DAY, datetime.min.time(), ZoneInfo(ZONE)))
    count = roster_actions.publish(desk.site, desk.first, desk.first + 2 * WEEK, by=SETUP, at=desk.world.now())
    assert count == 1
    assert desk.planned() == [f"{desk.first + WEEK} L"]


def test_who_has_left_gets_no_shift_and_can_be_taken_out_of_the_plan(desk) -> None:
    work.plan(desk.house.person, desk.patterns["E"], [desk.first], by=SETUP, at=desk.world.now())
    desk.stroke("L", desk.first + DAY)
    desk.stroke("off", desk.first)
    Person.objects.filter(pk=desk.house.person.pk).update(state=PersonState.LEFT)
    desk.post("publish", do="publish week")
    assert desk.planned() == []
    assert not DraftDay.objects.exists()


@pytest.mark.parametrize("do", ["", "publish", "publish month", "\0", "9" * 5000, "discard"])
def test_garbage_publishes_nothing(desk, do) -> None:
    desk.stroke("E", desk.first)
    assert "Choose what is to be done" in desk.post("publish", do=do).content.decode()
    assert desk.planned() == []


# --- leave, patterns, places -----------------------------------------------------------------------------------------


def test_leave_is_opened_on_a_click_and_then_doubted(desk) -> None:
    note = LeaveNote(date=desk.first, part="whole", reason="rest")
    work.add_note(desk.house.person, note, state=NoteState.APPROVED, by=SETUP, at=desk.world.now())
    work.add_note(
        desk.house.person, LeaveNote(date=desk.first + DAY, part="whole", reason="x"), state=NoteState.ASKED,
        by=SETUP, at=desk.world.now(),
    )  # fmt: skip
    desk.stroke("E", desk.first)
    desk.stroke("E", desk.first + DAY)
    assert "on leave all day" not in desk.page()
    opened = desk.post("leave", number="1").content.decode()
    assert opened.count("on leave all day") == 1
    looks = desk.world.keeper.looks(str(desk.house.person.pk), desk.house.ticket(Role.OWNER))
    assert "roster.leave" in {look.purpose for look in looks}
    part = desk.stroke("L", desk.first, htmx=True, leave="1").content.decode()
    assert "on leave all day" in part


def test_new_hours_of_a_published_shift_are_shown_as_changed_and_past_days_keep_theirs(desk) -> None:
    desk.stroke("E", desk.first)
    desk.post("publish", do="publish week")
    work.plan(desk.house.person, desk.patterns["E"], [desk.today], by=SETUP, at=desk.world.now())
    rules = SHIFTS["E"][1] | {"start": "07:00:00", "end": "15:00:00"}
    since = desk.today + DAY
    pattern_actions.change_pattern(desk.patterns["E"], "Early", rules, since, by=SETUP, at=desk.world.now())
    found = queries.plans(desk.site, desk.today, desk.first + WEEK)[desk.house.person.pk]
    assert {shift.date: f"{shift.pattern.start:%H:%M}" for shift in found} == {
        desk.today: "06:00", desk.first: "07:00",
    }  # fmt: skip
    assert changes_of(desk.house.person, desk.today, desk.first + WEEK) == {desk.first: ["Early 06:00–14:00"]}
    assert pattern_actions.take_back_version(desk.patterns["E"], since, by=SETUP, at=desk.world.now())
    assert changes_of(desk.house.person, desk.today, desk.first + WEEK) == {}


def test_another_sites_roster_is_not_there_and_its_people_cannot_be_drawn_in(desk) -> None:
    other = elsewhere(desk.world)
    far = other[Person]
    desk.stroke("E", desk.first, person=far)
    desk.post("fill", rotation=_rotation(desk).pk, who=far.pk, week="1", weeks="1")
    assert not DraftDay.objects.exists()


@pytest.mark.parametrize("name", ["site", "week", "put", "fill", "copy", "publish", "leave"])
def test_an_operator_of_one_site_does_not_reach_anothers_roster(desk, name) -> None:
    other = elsewhere(desk.world)
    args = [other.site.pk] if name == "site" else [other.site.pk, desk.first]
    address = reverse(f"rosters-{name}", args=args)
    mine = browser(limited(desk.house, Role.HR, "ticket"))
    for answer in (mine.get(address), mine.post(address, {"do": "publish week"})):
        assert answer.status_code in {404, 405}


def test_every_site_has_its_own_today(desk) -> None:
    desk.site.zone = "Pacific/Kiritimati"
    desk.site.save()
    ahead = desk.world.now().astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    assert roster_actions.first_open_day(desk.site, desk.world.now()) == ahead


def test_a_week_is_gone_to_by_any_of_its_dates_and_the_calendars_ends_are_no_weeks(desk) -> None:
    site = reverse("rosters-site", args=[desk.site.pk])
    answer = desk.browser.post(site, {"on": str(desk.first + 3 * DAY)})
    assert answer["Location"] == desk.at("week")
    assert desk.browser.get(desk.at("week", on=desk.first + timedelta(days=3))).status_code == 200
    for odd in ("2000-01-01", "2199-12-31"):
        assert desk.browser.get(desk.at("week", on=odd)).status_code == 404
    for odd in ("garbage", "9999-99-99", "\0"):
        assert desk.browser.post(site, {"on": odd}, follow=True).status_code == 200


def test_twenty_five_people_stand_on_a_page(desk) -> None:
    for number in range(200, 230):
        desk.world.hire(f"S-{number}", "Ada Vale")
    assert desk.page().count('<li id="p-') == 25
    second = desk.browser.get(reverse("rosters-page", args=[desk.site.pk, desk.first, 2])).content.decode()
    assert second.count('<li id="p-') == 6


def test_a_site_without_a_shift_says_what_to_do_first(house) -> None:
    page = house.browser(Role.HR).get("/rosters/").content.decode()
    assert "There is no shift to put yet." in page
