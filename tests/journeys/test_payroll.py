"""A clerk closes a month in a browser, another person approves, the worker reads the payslip: it is the hand's sum."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect
from tests.server.pay_world import MARCH, PayWorld, absent, worked

from gatehouse.keeper.protocol import Role
from gatehouse.server.payroll import computing
from gatehouse.server.payroll.models import PayRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_a_month_from_contract_to_payslip(place) -> None:
    office, person = PayWorld(place.house.world), place.house.person
    office.full(person, MARCH, but=(worked(date(2026, 3, 2), ot=120), absent(date(2026, 3, 3))))
    clerk = place.open(Role.HR)
    clerk.goto(f"{place.url}/payruns/person/{person.pk}/2026-03/")
    clerk.get_by_role("button", name="Open").click()
    clerk.get_by_label("Wage", exact=True).first.fill("10440")
    clerk.get_by_label("From").first.fill("2026-01-01")
    clerk.get_by_role("button", name="Save the contract").click()
    expect(clerk.get_by_text("Saved. An open run takes it")).to_be_visible()
    clerk.get_by_role("link", name="Pay runs").first.click()
    clerk.get_by_label("Month", exact=True).fill("2026-03")
    clerk.get_by_role("button", name="Begin").click()
    expect(clerk.get_by_text("0 of 1 person reckoned")).to_be_visible()
    run = PayRun.objects.get()
    while computing.reckon_some(run, at=office.at):
        pass
    # The bar asks by itself.
    clerk.get_by_role("link", name="Show the sums").click(timeout=8000)
    clerk.get_by_role("button", name="Send to review").click()
    expect(clerk.get_by_role("button", name="Approve")).to_have_count(0)
    chief = place.open(Role.OWNER)
    chief.goto(f"{place.url}/payruns/{run.pk}/people/")
    chief.get_by_role("button", name="Open everybody on this page").click()
    # 10,440 + 60 x 2 x 1.5 - 480 = 10,140; three months exempt, so no tax yet
    expect(chief.get_by_text("¥10,140.00").first).to_be_visible()
    chief.goto(f"{place.url}/payruns/{run.pk}/")
    chief.get_by_role("button", name="Approve").click()
    clerk.reload()
    clerk.get_by_role("button", name="Lock").click()
    expect(clerk.get_by_role("link", name="Files for bank and books")).to_be_visible()
    worker = place.open(Role.WORKER, **PHONE)
    worker.get_by_role("button", name=re.compile("Open.*March 2026")).click()
    expect(worker.get_by_role("row", name="Paid out")).to_contain_text("¥10,140.00")
    with worker.expect_download() as download:
        worker.get_by_role("button", name="Save as PDF").click()
    assert download.value.suggested_filename == "payslip-2026-03.pdf"
    for page in (clerk, chief, worker):
        assert page.faults == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
