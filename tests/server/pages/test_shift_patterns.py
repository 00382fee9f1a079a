"""Shift patterns: made, changed from a date on, put away; garbage beside its field; other sites' out of reach."""

from datetime import time

import pytest
from django.urls import reverse
from tests.server.callers import Caller
from tests.server.pages.test_other_sites import browser, elsewhere, limited
from tests.server.world import SETUP

from gatehouse.domain.periods import DAY
from gatehouse.domain.shifts import Counting
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import pattern_actions, queries
from gatehouse.server.attendance.models import PatternVersion, PlannedShift, ShiftPattern
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.attendance.versions import Versions
from gatehouse.server.console.work.day_picture import day_picture
from gatehouse.server.console.work.pattern_form import USUAL

DAY_FORM = USUAL | {"name": "Day shift", "code": "D"}
RULES = {"start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360}


def make(house, **form):
    address = reverse("patterns-new", args=[house.world.site.pk])
    return house.browser(Role.HR).post(address, DAY_FORM | form)


def made(house, code="D") -> ShiftPattern:
    return ShiftPattern.objects.get(site=house.world.site, code=code)


def used(house):
    """A pattern that somebody is planned for today, and the first date on which it may be changed."""
    row = work.add_pattern(house.world.site, "D", "Day", RULES, by=SETUP, at=house.world.now())
    first = pattern_actions.first_day(house.world.site, house.world.now())
    work.plan(house.person, row, [first - DAY], by=SETUP, at=house.world.now())
    return row, first


def change(house, row, **form):
    address = reverse("patterns-change", args=[row.pk])
    return house.browser(Role.HR).post(address, DAY_FORM | form)


def test_a_usual_shift_is_made_of_the_form_as_it_stands(house) -> None:
    assert make(house).status_code == 302
    fact = pattern_fact("D", made(house).rules)
    assert (fact.start, fact.end, fact.break_min, fact.flex) == (time(9), time(18), 60, None)
    page = house.browser(Role.HR).get("/patterns/").content.decode()
    assert "Day shift" in page
    assert "Punches count from 07:00 to 22:00" in page


def test_a_night_flexible_hours_and_a_split_shift(house) -> None:
    assert make(house, code="N", start="22:00", end="06:00").status_code == 302
    assert make(house, code="F", start="06:00", end="20:00", kind="flexible").status_code == 302
    assert make(house, code="S", start="08:00", end="12:00", start_2="16:00", end_2="20:00").status_code == 302
    assert pattern_fact("N", made(house, "N").rules).end == time(6)
    assert pattern_fact("F", made(house, "F").rules).flex.owed_min == 480
    both = [pattern_fact(code, made(house, code).rules) for code in ("S-1", "S-2")]
    assert [f"{one.start:%H}-{one.end:%H}" for one in both] == ["08-12", "16-20"]
    assert "flexible hours" in house.browser(Role.HR).get("/patterns/").content.decode()


def test_halves_are_kept_through_a_change(house) -> None:
    make(house, morning_start="14:00", morning_end="18:00", morning_min="240")
    row = made(house)
    page = house.browser(Role.HR).get(reverse("patterns-change", args=[row.pk])).content.decode()
    assert 'name="morning_start" type="time" value="14:00"' in page
    change(house, row, name="Day", morning_start="14:00", morning_end="18:00", morning_min="200")
    assert pattern_fact("D", made(house).rules).halves[0].leave_min == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"code": ""}, "code"),
        ({"code": "a b"}, "code"),
        ({"code": "夜"}, "code"),
        ({"code": "x" * 17}, "code"),
        ({"code": "open"}, "code"),
        ({"code": "OPEN"}, "code"),
        ({"start": ""}, "start"),
        ({"start": "25:00"}, "start"),
        ({"start": "٠٩:٠٠"}, "start"),
        ({"end": "9" * 5000}, "end"),
        ({"break_min": "-1"}, "break_min"),
        ({"break_min": "²"}, "break_min"),
        ({"break_min": "1e9"}, "break_min"),
        ({"opens_before_min": "721"}, "opens_before_min"),
        ({"round_to_min": "7"}, "round_to_min"),
        ({"round_to_min": "0"}, "round_to_min"),
        ({"pairing": "\0"}, "pairing"),
        ({"counting": "eval"}, "counting"),
        ({"kind": "odd"}, "kind"),
        ({"kind": "flexible", "core_start": "08:00"}, "owed_min"),
        ({"kind": "flexible", "owed_min": "481"}, "owed_min"),
        ({"kind": "flexible", "counting": "all_overtime"}, "owed_min"),
        ({"start_2": "17:00", "end_2": "20:00"}, "start_2"),
        ({"start_2": "19:00", "end_2": ""}, "end_2"),
        ({"morning_start": "x", "morning_end": "18:00"}, "morning_start"),
    ],
)
def test_what_cannot_be_meant_is_said_beside_its_field_and_nothing_is_made(house, form, field) -> None:
    answer = make(house, **form)
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.content.decode()
    assert not ShiftPattern.objects.exists()


def test_a_code_is_there_once_on_a_site_and_a_split_shift_is_made_whole_or_not_at_all(house) -> None:
    make(house, code="S-2")
    assert make(house, code="S-2").status_code == 422
    assert make(house, code="S", start_2="19:00", end_2="21:00").status_code == 422
    assert [row.code for row in ShiftPattern.objects.all()] == ["S-2"]


def test_who_was_never_planned_for_is_changed_at_once(house) -> None:
    make(house)
    change(house, made(house), start="08:00")
    assert pattern_fact("D", made(house).rules).start == time(8)
    assert not PatternVersion.objects.exists()


def test_a_used_pattern_is_changed_from_tomorrow_on_and_past_days_keep_their_rules(house) -> None:
    row, first = used(house)
    assert change(house, row, start="08:00", since=str(first)).status_code == 302
    row.refresh_from_db()
    versions = Versions([row])
    assert (versions.on(row, first - DAY).start, versions.on(row, first).start) == (time(9), time(8))
    plans = queries.plans(house.world.site, first - DAY, first)
    assert plans[house.person.pk][0].pattern.start == time(9)
    page = house.browser(Role.HR).get(reverse("patterns-change", args=[row.pk])).content.decode()
    assert 'name="start" type="time" required value="08:00"' in page


@pytest.mark.parametrize("ago", [0, 1, 400])
def test_rules_never_change_for_today_or_before(house, ago) -> None:
    row, first = used(house)
    answer = change(house, row, start="08:00", since=str(first - DAY - ago * DAY))
    assert (answer.status_code, 'id="since-wrong"' in answer.content.decode()) == (422, True)
    assert not PatternVersion.objects.exists()


@pytest.mark.parametrize("since", ["", "soon", "9999-12-31", "0001-01-01", "\0", "20260301"])
def test_a_date_that_is_none_changes_nothing(house, since) -> None:
    row, _first = used(house)
    assert change(house, row, start="08:00", since=since).status_code == 422
    assert not PatternVersion.objects.exists()


def test_a_later_change_holds_until_the_next_and_is_taken_back(house) -> None:
    row, first = used(house)
    for on, start in ((first + 10 * DAY, "07:00"), (first + 3 * DAY, "08:00"), (first + 3 * DAY, "08:30")):
        change(house, row, start=start, since=str(on))
    versions = Versions([row])
    starts = [versions.on(row, first + n * DAY).start for n in (2, 3, 9, 10)]
    assert starts == [time(9), time(8, 30), time(8, 30), time(7)]
    page = house.browser(Role.HR).get("/patterns/").content.decode()
    assert page.count("changes on") == 2
    house.browser(Role.HR).post(reverse("patterns-do", args=[row.pk]), {"do": str(first + 3 * DAY)})
    assert Versions([row]).on(row, first + 5 * DAY).start == time(9)


def test_a_version_that_has_begun_is_not_taken_back(house, clock) -> None:
    row, first = used(house)
    change(house, row, start="08:00", since=str(first))
    clock.advance_to(house.world.now() + DAY)
    with pytest.raises(pattern_actions.PatternRefused):
        pattern_actions.take_back_version(row, first, by=SETUP, at=house.world.now())


def test_days_without_a_shift_change_from_a_date_on_too(house) -> None:
    site = house.world.site
    first = pattern_actions.first_day(site, house.world.now())
    address = reverse("patterns-open", args=[site.pk])
    page = house.browser(Role.HR).get(address).content.decode()
    assert "All punched time is overtime; nothing is owed" in page
    form = DAY_FORM | {"name": "Open", "start": "00:00", "end": "00:00", "counting": "as_punched", "since": str(first)}
    assert house.browser(Role.HR).post(address, form).status_code == 302
    assert queries.open_pattern(site, first - DAY).counting is Counting.ALL_OVERTIME
    assert queries.open_pattern(site, first).counting is Counting.AS_PUNCHED


def test_put_away_means_not_offered_and_what_is_planned_stays(house) -> None:
    row, _first = used(house)
    do = reverse("patterns-do", args=[row.pk])
    house.browser(Role.HR).post(do, {"do": "retire"})
    assert f'name="brush" value="{row.pk}"' not in house.browser(Role.HR).get("/rosters/").content.decode()
    assert PlannedShift.objects.count() == 1
    house.browser(Role.HR).post(do, {"do": "take_up"})
    assert f'name="brush" value="{row.pk}"' in house.browser(Role.HR).get("/rosters/").content.decode()


def test_only_what_was_never_used_is_deleted(house) -> None:
    row, _first = used(house)
    page = house.browser(Role.HR).post(reverse("patterns-do", args=[row.pk]), {"do": "delete"}, follow=True)
    assert "Somebody is planned for this shift" in page.content.decode()
    make(house, code="X")
    house.browser(Role.HR).post(reverse("patterns-do", args=[made(house, "X").pk]), {"do": "delete"})
    assert [one.code for one in ShiftPattern.objects.all()] == ["D"]


@pytest.mark.parametrize("do", ["", "x", "9999-99-99", "\0", "9" * 5000])
def test_garbage_does_nothing(house, do) -> None:
    row, _first = used(house)
    answer = house.browser(Role.HR).post(reverse("patterns-do", args=[row.pk]), {"do": do}, follow=True)
    assert answer.status_code == 200
    assert not made(house).retired


def test_another_sites_patterns_are_neither_shown_nor_changed(house) -> None:
    other = elsewhere(house.world)
    far = other[ShiftPattern]
    mine = browser(limited(house, Role.HR, "ticket"))
    addresses = [reverse(name, args=[far.pk]) for name in ("patterns-change", "patterns-do")]
    addresses += [reverse(name, args=[other.site.pk]) for name in ("patterns-new", "patterns-open")]
    for address in addresses:
        assert mine.post(address, DAY_FORM | {"do": "retire"}).status_code == 404
    assert str(far.pk) not in mine.get("/patterns/").content.decode()


def test_the_picture_of_a_night_reaches_into_the_next_day() -> None:
    night = pattern_fact("N", {"start": "22:00:00", "end": "06:00:00", "break_min": 30})
    picture = day_picture(night)
    assert [bar.kind for bar in picture.bars] == ["window", "shift", "break"]
    window, shift = picture.bars[0], picture.bars[1]
    assert (shift.x, shift.width) == ("61.11", "22.22")  # 22 of 36 hours, 8 of 36 wide
    assert float(window.x) < float(shift.x)
    assert picture.said == "22:00–06:00 · Punches count from 20:00 to 10:00 · Break of 30 min, at any time"


def test_the_api_makes_flexible_hours_too_and_refuses_a_core_outside(house) -> None:
    clerk = Caller(house.ticket(Role.HR))
    rules = {"start": "06:00", "end": "20:00", "flex": {"core_start": "10:00", "core_end": "15:00", "owed_min": 480}}
    path = f"sites/{house.world.site.pk}/patterns"
    assert clerk.call("POST", path, {"code": "flex", "name": "Flexible", "rules": rules})[0] == 201
    assert pattern_fact("flex", made(house, "flex").rules).flex.core_end == time(15)
    bad = rules | {"flex": rules["flex"] | {"core_end": "21:00"}}
    status, answer = clerk.call("POST", path, {"code": "bad", "name": "Bad", "rules": bad})
    assert (status, answer["errors"][0]["code"]) == (422, "bad_flex")
