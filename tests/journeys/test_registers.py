"""A teacher signs a register on a phone; a clerk puts a worker into a team and opens the wages by team."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.journeys.shots import PHONE, SHOTS, WIDE, shoot
from tests.server.pages.test_crews import Works
from tests.server.pay_world import MARCH
from tests.server.test_registers import School, today

from gatehouse.keeper.protocol import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "options"), [("390", PHONE), ("1440", WIDE)])
def test_a_teacher_signs_a_register(place, size, options) -> None:
    school = School(place.house.world)
    on = today(school)
    teacher = place.open(Role.HR, **options, color_scheme="dark" if size == "1440" else "light")
    teacher.goto(f"{place.url}/registers/")
    shoot(teacher, f"classes-{size}")
    teacher.goto(f"{place.url}/registers/classes/{school.of.pk}/{on}/")
    teacher.get_by_role("button", name="Open the register").click()
    expect(teacher.get_by_text("Pupil 1", exact=True)).to_be_visible()
    teacher.get_by_text("Say otherwise").first.click()
    teacher.get_by_label("What it was").first.select_option("excused:sickness")
    teacher.get_by_label("Why").first.fill("high temperature")
    teacher.get_by_text("A guardian wrote or called").first.click()
    shoot(teacher, f"day-{size}")
    teacher.get_by_role("button", name="Sign the register").click()
    expect(teacher.get_by_text("Signed: the register of")).to_be_visible()
    teacher.get_by_role("button", name="Open the register").click()
    expect(teacher.get_by_text("a guardian: sick")).to_be_visible()
    teacher.get_by_role("link", name="Month", exact=True).last.click()
    teacher.get_by_role("button", name="Open everybody's month").click()
    expect(teacher.get_by_text("P-1")).to_be_visible()
    shoot(teacher, f"month-{size}")
    teacher.goto(f"{place.url}/registers/inside/")
    teacher.get_by_role("button", name="Show who is in, by class").click()
    teacher.wait_for_load_state()
    shoot(teacher, f"inside-{size}")
    assert teacher.faults == []


@pytest.mark.parametrize(("size", "options"), [("390", PHONE), ("1440", WIDE)])
def test_a_clerk_keeps_the_roster_and_opens_the_wages(place, size, options) -> None:
    works = Works(place.house.world)
    works.month()
    works.pay(MARCH)
    clerk = place.open(Role.HR, **options, color_scheme="dark" if size == "390" else "light")
    clerk.goto(f"{place.url}/registers/teams/")
    clerk.get_by_role("link", name="S-104").click()
    clerk.get_by_role("button", name="Open", exact=True).click()
    clerk.get_by_label("Trade", exact=True).fill("crane driver")
    clerk.get_by_label("Team", exact=True).select_option(label="Beam & Co · Steel")
    shoot(clerk, f"entry-{size}")
    clerk.get_by_role("button", name="Save").click()
    clerk.get_by_role("button", name="Open everybody on this page").click()
    expect(clerk.get_by_text("crane driver")).to_be_visible()
    shoot(clerk, f"crews-{size}")
    clerk.goto(f"{place.url}/registers/wages/2026-03/")
    clerk.get_by_role("button", name="Open the sums").click()
    expect(clerk.get_by_role("rowheader", name="Beam & Co Steel")).to_be_visible()
    shoot(clerk, f"wages-{size}")
    with clerk.expect_download() as saved:
        clerk.get_by_role("button", name="All lists to sign (PDF)").click()
    assert saved.value.suggested_filename == "wages-2026-03.pdf"
    if SHOTS:
        saved.value.save_as(Path(SHOTS) / "wages.pdf")
    assert clerk.faults == []
