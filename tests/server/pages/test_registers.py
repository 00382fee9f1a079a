"""Registers of a school on the pages: a class is set up, a day is signed, a month is printed; and garbage."""

import re
from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse
from tests.server.pages.printed import is_landscape, texts
from tests.server.test_registers import CN, School, today
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import at_local
from gatehouse.domain.registers import Mark, Source, Status
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.attendance.models import RegisterEntry, SchoolClass, SchoolPlan
from gatehouse.server.attendance.register_queries import school_days
from gatehouse.server.people.actions import Facts, add_group, add_site, hire_person
from gatehouse.server.people.models import Membership, Site, SiteType

TIMES = {
    "morning-start": "08:00", "morning-late_from": "08:10", "morning-absent_from": "08:30",
    "morning-leave_from": "11:30", "morning-end": "11:40",
}  # fmt: skip


@pytest.fixture
def school(house) -> School:
    return School(house.world)


@pytest.fixture
def teacher(house):
    return house.browser(Role.HR)


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def opened(teacher, school, on):
    return teacher.post(reverse("registers-day", args=[school.of.pk, on]))


def signed(teacher, school, on, **fields):
    page = opened(teacher, school, on).content.decode()
    read = re.search(r'name="read" value="([0-9a-f]+)"', page)[1]
    return teacher.post(reverse("registers-sign", args=[school.of.pk, on]), {"read": read} | fields)


def field(kind: str, pupil, session: str = "morning") -> str:
    return f"{kind}-{pupil.pk.hex}-{session}"


def test_the_tab_is_there_only_where_a_school_is(house, teacher):
    month = reverse("month")
    assert "Registers" not in text(teacher.get(month))
    assert "No site here is a school" in text(teacher.get(reverse("registers")))
    Site.objects.filter(pk=house.world.site.pk).update(type=SiteType.SCHOOL)
    assert reverse("registers") in teacher.get(month).content.decode()
    assert reverse("registers-crews") not in teacher.get(month).content.decode()
    Site.objects.filter(pk=house.world.site.pk).update(type=SiteType.CONSTRUCTION)
    assert reverse("registers-crews") in teacher.get(month).content.decode()
    assert reverse("registers-inside") not in teacher.get(month).content.decode()
    assert teacher.get(reverse("registers"))["Location"] == reverse("registers-crews")


def test_a_class_is_set_up_on_the_page(house, teacher):
    site = house.world.site
    Site.objects.filter(pk=site.pk).update(type=SiteType.SCHOOL)
    group = add_group(site, "Class 1a", by=SETUP, at=house.world.now())
    Membership.objects.create(person=house.person, group=group)
    answer = teacher.post(reverse("registers-plan"), {"site": site.pk, "name": "Half day"} | TIMES)
    assert answer.status_code == 302
    assert f'value="{group.pk}">Class 1a' in teacher.get(reverse("registers")).content.decode()
    plan = SchoolPlan.objects.get()
    assert [one["code"] for one in plan.sessions] == ["morning"]
    form = {"group": group.pk, "plan": plan.pk, "teacher": "S-104"}
    assert teacher.post(reverse("registers-class"), form).status_code == 302
    of = SchoolClass.objects.get()
    assert (of.group, of.plan, of.teacher) == (group, plan, house.person)
    page = text(teacher.get(reverse("registers")))
    assert "Class 1a" in page
    assert "0 pupils" in page  # the teacher is none
    assert teacher.post(reverse("registers-drop", args=[of.pk])).status_code == 302
    assert not SchoolClass.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"site": ""}, "Choose a school"),
        ({"site": "\0"}, "Choose a school"),
        ({"name": " "}, "Give the plan a name"),
        ({"morning-start": "25:00"}, "write a time such as 08:00"),
        ({"morning-start": ""}, "write a time such as 08:00"),
        ({"morning-end": "é" * 999}, "write a time such as 08:00"),
        ({"morning-late_from": "07:00"}, "the times of a session follow one another"),
        ({"afternoon-start": "11:00", "afternoon-late_from": "11:00", "afternoon-absent_from": "11:00",
          "afternoon-leave_from": "12:00", "afternoon-end": "12:00"}, "after the one before it has ended"),
        (dict.fromkeys(TIMES, ""), "at least one session"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_in_words(school, teacher, change, said):
    form = {"site": str(school.site.pk), "name": "Plan"} | TIMES | change
    answer = teacher.post(reverse("registers-plan"), form)
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert SchoolPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"group": "x"}, "Choose a group"),
        ({"group": str(uuid4())}, "Choose a group"),
        ({"plan": "\0"}, "Choose a plan"),
        ({"teacher": "nobody"}, "Nobody here has the staff number"),
        ({"teacher": "9" * 5000}, "Nobody here has the staff number"),
    ],
)
def test_a_class_that_cannot_be_is_refused_in_words(school, teacher, change, said):
    group = add_group(school.site, "Class 9", by=SETUP, at=school.world.now())
    form = {"group": str(group.pk), "plan": str(school.plan.pk), "teacher": ""} | change
    answer = teacher.post(reverse("registers-class"), form)
    assert (answer.status_code, said in text(answer)) == (422, True)


def test_a_day_is_opened_on_a_click_signed_and_kept_with_both_sides(school, teacher):
    first, second = school.pupils
    on = today(school)
    school.world.tell(school.world.passage(subject=str(first.pk), at=at_local(on, time(8, 15), CN)))
    here = reverse("registers-day", args=[school.of.pk, on])
    page = text(teacher.get(here))
    assert "Pupil 1" not in page
    assert "not signed yet" in page
    page = text(opened(teacher, school, on))
    assert "Pupil 1" in page
    assert "late · in 08:15" in page
    answer = signed(
        teacher,
        school,
        on,
        **{
            field("s", first): "present",
            field("t", first): "bus 7 was late",
            field("s", second): "excused:sickness",
            field("g", second): "on",
        },
    )
    assert (answer.status_code, answer["Location"]) == (302, here)
    assert RegisterEntry.objects.filter(date=on).count() == 2
    page = text(opened(teacher, school, on))
    assert "late · in 08:15" in page
    assert "the teacher: present" in page
    assert "bus 7 was late" in page
    assert "a guardian: sick" in page
    assert "test-hr" in page  # who wrote it
    assert "signed" in text(teacher.get(here))


@pytest.mark.parametrize(
    ("choice", "why", "said"),
    [
        ("present", "", "say in a few words why"),
        ("excused", "", "choose why they are excused"),
        ("excused:unauthorised", "", "choose why they are excused"),
        ("excused:fishing", "", "choose a reason from the list"),
        ("absent:sickness", "", "does not go with it"),
        ("", "only words", "choose what the session was"),
        ("expected", "x", "choose what the session was"),
        ("\0", "x", "choose what the session was"),
        ("x" * 5000, "x", "choose what the session was"),
        ("late", "é" * 999, "at most 80 characters"),
    ],
)
def test_what_cannot_be_said_is_refused_beside_its_pupil_and_nothing_is_written(school, teacher, choice, why, said):
    on = today(school) - timedelta(days=1)
    pupil = school.pupils[0]
    answer = signed(teacher, school, on, **{field("s", pupil): choice, field("t", pupil): why})
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert not RegisterEntry.objects.exists()


def test_a_register_that_was_sent_twice_or_late_is_written_once(school, teacher):
    on, pupil = today(school), school.pupils[0]
    page = opened(teacher, school, on).content.decode()
    read = re.search(r'name="read" value="([0-9a-f]+)"', page)[1]
    form = {"read": read, field("s", pupil): "excused:trip", field("t", pupil): "museum"}
    here = reverse("registers-sign", args=[school.of.pk, on])
    assert teacher.post(here, form).status_code == 302
    again = teacher.post(here, form)
    assert (again.status_code, "Somebody wrote here" in text(again)) == (409, True)
    assert len(school.read(on).entries[pupil.pk][on][0].marks) == 1
    assert (
        signed(teacher, school, on, **{field("s", pupil): "excused:trip", field("t", pupil): "museum"}).status_code
        == 302
    )
    assert len(school.read(on).entries[pupil.pk][on][0].marks) == 1
    assert teacher.post(here, {"read": "x"}).status_code == 409


def test_only_dates_that_can_be_meant_have_a_register(school, teacher):
    on = today(school)
    for days, status in ((0, 200), (31, 200), (32, 404), (-400, 200), (-401, 404)):
        address = reverse("registers-day", args=[school.of.pk, on + timedelta(days=days)])
        assert teacher.get(address).status_code == status, days


def test_the_month_is_opened_printed_and_saved(school, teacher):
    first = school.pupils[0]
    last = today(school)
    while last.weekday() >= 5:
        last -= timedelta(days=1)
    days = school_days(school.site, last.replace(day=1), last + timedelta(days=1))
    for day in days:
        school.sign(day, *_marks(school, "present"), pupil=first)
    month, sessions = last.strftime("%Y-%m"), 2 * len(days)
    here = reverse("registers-month", args=[school.of.pk, month])
    assert "P-1" not in text(teacher.get(here))
    page = text(teacher.post(here))
    assert "P-1" in page
    assert f"100% {sessions} / {sessions}" in page
    file = reverse("registers-file", args=[school.of.pk, month])
    answer = teacher.post(file, {"as": "pdf"})
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    said = texts(answer.content)
    assert is_landscape(answer.content)
    assert "Pupil 1" in said
    assert "Pupil 2" in said
    assert any("Class 3b" in one for one in said)
    assert f"{sessions}/{sessions}" in said
    assert said.count("/* /*") + said.count("/ /") + said.count("/* /") >= len(days)
    rows = teacher.post(file, {"as": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    assert "Pupil 1" in rows[1]
    assert rows[1].endswith(f"{sessions},{sessions},0,0,0,0,100%")


def _marks(school, what):
    at = school.world.now()
    return [Mark(code, Status(what), "", "seen", Source.TEACHER, "op", at) for code in ("morning", "afternoon")]


def test_a_chinese_sheet_is_set_in_a_font_that_has_its_letters(school, teacher):
    hire = hire_person(
        school.site, Facts(number="P-3", name="王小明"), groups=[school.of.group], by=SETUP, at=school.world.now()
    )
    odd = hire_person(
        school.site,
        Facts(number="P-4", name="=Łucja\u202e <b>"),
        groups=[school.of.group],
        by=SETUP,
        at=school.world.now(),
    )
    assert hire.pk != odd.pk
    month = school.world.now().astimezone(CN).strftime("%Y-%m")
    teacher.cookies["django_language"] = "zh-hans"
    pdf = teacher.post(reverse("registers-file", args=[school.of.pk, month]), {"as": "pdf"}).content
    assert b"STSong-Light" in pdf
    assert "王小明" in texts(pdf)
    rows = teacher.post(reverse("registers-file", args=[school.of.pk, month]), {"as": "csv"})
    assert "'=Łucja" in rows.content.decode("utf-8-sig")


def test_who_is_in_is_shown_by_class_to_guards_too(house, school):
    first, second = school.pupils
    on = today(school)
    start = at_local(on, time(0, 1), CN)
    for one in (first, second, house.person):
        school.world.tell(school.world.passage(subject=str(one.pk), at=start))
    school.world.tell(school.world.passage(subject=str(second.pk), at=start + timedelta(minutes=1), direction="out"))
    guard = house.browser(Role.SECURITY)
    here = reverse("registers-inside")
    assert "P-1" not in text(guard.get(here))
    page = text(guard.post(here))
    assert "Class 3b: 1 / 2" in page
    assert "P-1" in page
    assert "P-2" not in page
    assert "In no class: 1" in page
    assert "Pupil 1" not in page
    for name in ("registers", "registers-crews", "registers-wages"):
        assert guard.get(reverse(name)).status_code == 403


def test_a_keeper_that_says_no_is_told_and_nothing_is_shown(house, school, monkeypatch):
    teacher = house.browser(Role.HR)
    on = today(school)
    teacher.get(reverse("registers"))
    monkeypatch.setattr(keeping, "reveal", lambda *_a, **_k: Refused(code="over_budget", facts={}))
    month = on.strftime("%Y-%m")
    for address in (
        reverse("registers-day", args=[school.of.pk, on]),
        reverse("registers-sign", args=[school.of.pk, on]),
        reverse("registers-month", args=[school.of.pk, month]),
        reverse("registers-file", args=[school.of.pk, month]),
    ):
        answer = teacher.post(address)
        assert "as many people as your role may" in text(answer), address
        assert "Pupil 1" not in text(answer)


def test_a_school_of_another_site_is_not_there(house, school):
    world = house.world
    far = add_site("far-school", "Faraway", SiteType.SCHOOL, zone=ZONE, currency="CNY", by=SETUP, at=world.now())
    operator = add_operator("far-hr", Role.HR, sites=[far.pk], by=SETUP, at=world.now())
    browser = Browser(headers={"accept": "text/html"})
    browser.cookies[COOKIE] = sign_in(world.keeper.invite(str(operator.pk), Role.HR, house._owner())).token
    on = today(school)
    month = on.strftime("%Y-%m")
    for name, args in (
        ("registers-day", [school.of.pk, on]),
        ("registers-sign", [school.of.pk, on]),
        ("registers-month", [school.of.pk, month]),
        ("registers-file", [school.of.pk, month]),
        ("registers-drop", [school.of.pk]),
    ):
        assert browser.post(reverse(name, args=args)).status_code == 404, name
    page = browser.get(reverse("registers")).content.decode()
    assert "Class 3b" not in page
    assert "Faraway" in page
    form = {"group": str(school.of.group_id), "plan": str(school.plan.pk)}
    assert browser.post(reverse("registers-class"), form).status_code == 422
    assert browser.post(reverse("registers-plan"), {"site": school.site.pk, "name": "x"} | TIMES).status_code == 422
    assert "Class 3b" not in browser.post(reverse("registers-inside")).content.decode()
    assert SchoolClass.objects.filter(pk=school.of.pk).exists()
