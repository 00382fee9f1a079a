"""A site's calendar: lists pasted and undone, ready-made ones to be checked, one date by hand; reckoned dates stay."""

from datetime import date

import pytest
from django.urls import reverse
from tests.server.pages.test_other_sites import browser, elsewhere, limited
from tests.server.world import SETUP

from gatehouse.domain.shifts import DayClass
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import queries
from gatehouse.server.attendance.calendar_actions import SpecialDay
from gatehouse.server.attendance.holiday_sets import holiday_sets
from gatehouse.server.attendance.models import CalendarDay, Workday
from gatehouse.server.console.work.calendar import read_list

LIST = "2027-05-01, holiday, Labour Day\n2027-05-03; off; Bridge\n2027-05-08\t班\tMake-up\n"


def at(house, name="import", year=2027):
    return reverse(f"calendar-{name}", args=[house.world.site.pk, year])


def paste(house, text):
    return house.browser(Role.HR).post(at(house), {"text": text})


def days(house) -> dict[str, str]:
    return {f"{row.date}": row.day_class for row in CalendarDay.objects.filter(site=house.world.site)}


def test_a_pasted_list_is_written_and_holds_for_the_plan(house) -> None:
    answer = paste(house, LIST)
    assert (answer.status_code, answer["Location"]) == (302, at(house, "year"))
    assert days(house) == {"2027-05-01": "holiday", "2027-05-03": "restday", "2027-05-08": "workday"}
    calendar = queries.calendar(house.world.site)
    assert calendar.is_workday(date(2027, 5, 8))
    assert not calendar.owes_shift(date(2027, 5, 3))
    assert "Labour Day" in house.browser(Role.HR).get(at(house, "year")).content.decode()


def test_a_head_line_a_spreadsheets_quotes_and_empty_lines_do_not_matter(house) -> None:
    found, faults = read_list('Date,Kind,Name\n\n"2027-05-01","holiday","Labour Day"\n')
    assert (found, faults) == ([SpecialDay(date(2027, 5, 1), DayClass.HOLIDAY, "Labour Day")], [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("\n \n", 1),
        ("2027-05-01", 1),
        ("2027-05-01, party", 1),
        ("2027-13-01, holiday", 1),
        ("2027-05-01, holiday\nrubbish", 2),
        ("2027-05-01, holiday\n2027-05-01, off", 2),
        ("9999-12-31, holiday", 1),
        ("0001-01-01, holiday", 1),
        ("2027-05-01, holiday, " + "x" * 81, 1),
        ("2027-05-01, holiday, a\u202eb", 1),
        ("\0", 1),
        ("٢٠٢٧-05-01, holiday", 1),
        ("x" * 50_000, 1),
        ("2027-05-01, holiday\n" * 500, 1),
    ],
)
def test_one_bad_line_writes_nothing_and_is_named(house, text, line) -> None:
    answer = paste(house, text)
    assert answer.status_code == 422
    assert f"Line {line}:" in answer.content.decode()
    assert days(house) == {}


def test_the_same_list_again_changes_nothing_and_undo_takes_the_list_back(house) -> None:
    work.set_calendar_day(house.world.site, date(2027, 5, 1), DayClass.RESTDAY, by=SETUP, at=house.world.now())
    paste(house, LIST)
    paste(house, LIST)
    house.browser(Role.HR).post(at(house, "do"), {"do": "undo"})
    assert days(house) == {"2027-05-01": "restday"}
    page = house.browser(Role.HR).post(at(house, "do"), {"do": "undo"}, follow=True).content.decode()
    assert "There is nothing to undo" in page


def test_one_date_is_written_taken_out_and_put_back(house) -> None:
    hr = house.browser(Role.HR)
    assert hr.post(at(house, "day"), {"day": "2028-02-29", "kind": "holiday", "name": "Leap"})["Location"] == at(
        house, "year", 2028
    )
    hr.post(at(house, "do"), {"day": "2028-02-29"})
    assert days(house) == {}
    hr.post(at(house, "do"), {"do": "undo"})
    assert CalendarDay.objects.get().name == "Leap"
    assert "not in the calendar" in hr.post(at(house, "do"), {"day": "2028-03-01"}, follow=True).content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {}, {"day": "", "kind": "holiday"}, {"day": "2027-02-30", "kind": "holiday"},
        {"day": "2027-02-01", "kind": "x"},
        {"day": "9999-12-31", "kind": "holiday"}, {"day": "2027-02-01", "kind": "holiday", "name": "n" * 99},
    ],
)  # fmt: skip
def test_garbage_writes_no_date(house, form) -> None:
    assert house.browser(Role.HR).post(at(house, "day"), form).status_code == 422
    assert days(house) == {}


def test_a_date_that_was_reckoned_stays_as_it_is(house) -> None:
    Workday.objects.create(person=house.person, date=date(2027, 5, 3), cell=b"x")
    answer = paste(house, LIST)
    assert answer.status_code == 422
    assert "Line 2: 3 May 2027 was reckoned already" in answer.content.decode()
    assert days(house) == {}
    work.set_calendar_day(house.world.site, date(2027, 5, 3), DayClass.RESTDAY, by=SETUP, at=house.world.now())
    house.browser(Role.HR).post(at(house, "do"), {"day": "2027-05-03"})
    assert days(house) == {"2027-05-03": "restday"}
    paste(house, "2027-05-03, off")  # says what is there already
    assert days(house) == {"2027-05-03": "restday"}


def test_undo_does_not_reach_a_date_that_was_reckoned_meanwhile(house) -> None:
    paste(house, LIST)
    Workday.objects.create(person=house.person, date=date(2027, 5, 1), cell=b"x")
    page = house.browser(Role.HR).post(at(house, "do"), {"do": "undo"}, follow=True).content.decode()
    assert "was reckoned already" in page
    assert len(days(house)) == 3


def test_a_ready_made_list_is_laid_into_the_field_and_writes_nothing_by_itself(house) -> None:
    page = house.browser(Role.HR).get(reverse("calendar"), {"set": "cn-2026"}).content.decode()
    assert "Check this list before you write it" in page
    assert "国办" in page or "国务院办公厅" in page
    assert "2026-02-17, holiday, 春节" in page
    assert days(house) == {}
    assert house.browser(Role.HR).get(reverse("calendar"), {"set": "\0"}).status_code == 200


def test_the_ready_made_lists_are_what_their_sources_say() -> None:
    found = {one.code: one for one in holiday_sets()}
    assert set(found) == {"cn-2026", "de-2026", "us-2026"}
    cn = {day.date: day.day_class for day in found["cn-2026"].days}
    kinds = list(cn.values())
    assert kinds.count(DayClass.HOLIDAY) == 13  # statutory days since 2025
    assert {d.isoformat() for d, kind in cn.items() if kind is DayClass.WORKDAY} == {
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    }  # fmt: skip
    assert all(d.weekday() >= 5 for d, kind in cn.items() if kind is DayClass.WORKDAY)
    assert len(cn) - kinds.count(DayClass.WORKDAY) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    assert len(found["de-2026"].days) == 9
    assert len(found["us-2026"].days) == 11
    mondays = [d.date for d in found["us-2026"].days if "Day" in d.name and d.date.month in {2, 9}]
    assert all(day.weekday() == 0 for day in mondays)
    for one in found.values():
        assert one.source
        assert len({day.date for day in one.days}) == len(one.days)


@pytest.mark.parametrize("code", ["cn-2026", "de-2026", "us-2026"])
def test_a_ready_made_list_is_written_as_it_stands(house, code) -> None:
    page = house.browser(Role.HR).get(at(house, "year", 2026), {"set": code})
    assert paste(house, page.context["text"]).status_code == 302
    (chosen,) = [one for one in holiday_sets() if one.code == code]
    assert days(house) == {day.date.isoformat(): day.day_class.value for day in chosen.days}


@pytest.mark.parametrize("year", [0, 1, 1999, 2200, 10**29])
def test_a_year_that_nobody_can_mean_is_not_there(house, year) -> None:
    assert house.browser(Role.HR).get(f"/calendar/{house.world.site.pk}/{year}/").status_code == 404


def test_another_sites_calendar_is_not_there(house) -> None:
    other = elsewhere(house.world)
    mine = browser(limited(house, Role.HR, "ticket"))
    before = CalendarDay.objects.filter(site=other.site).count()
    for name in ("year", "import", "day", "do"):
        address = reverse(f"calendar-{name}", args=[other.site.pk, 2027])
        form = {"text": LIST, "day": "2027-01-01", "kind": "holiday", "do": "undo"}
        assert mine.post(address, form).status_code in {404, 405}
    assert mine.get(reverse("calendar-year", args=[other.site.pk, 2027])).status_code == 404
    assert CalendarDay.objects.filter(site=other.site).count() == before
