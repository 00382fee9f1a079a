"""The clerk's month: a run from contract to lock on the pages alone, by two people, and the worker's own payslip."""

import re
from datetime import date

import pytest
from django.test import Client as Browser
from django.urls import reverse
from tests.server.pay_world import MARCH, PayWorld, absent
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.console.slip_pdf import _set, payslip_pdf
from gatehouse.server.console.slips import Slip
from gatehouse.server.console.words_pay import CODES, SlipLine
from gatehouse.server.console.words_payruns import KINDS, MARKS, NOT_DONE, STATES, WITHOUT
from gatehouse.server.payroll import computing, run_queries
from gatehouse.server.payroll.models import PayInput, PayRun, PaySetup, RunKind, RunState
from gatehouse.server.payroll.runs import No

CONTRACT = {
    "part": "contract", "currency": "CNY", "rate": ["10440.00", "", "", ""], "kind": ["month"] * 4,
    "since": ["2026-01-01", "", "", ""], "until": [""] * 4, "insured": [""] * 4,
}  # fmt: skip


@pytest.fixture
def office(house):
    return PayWorld(house.world)


@pytest.fixture
def clerk(house) -> Browser:
    return house.browser(Role.HR)


@pytest.fixture
def chief(house) -> Browser:
    return house.browser(Role.OWNER)


def second_hr(house) -> Browser:
    operator = add_operator("second-hr", Role.HR, by=SETUP, at=house.world.now())
    browser = Browser(headers={"accept": "text/html"})
    browser.cookies[COOKIE] = sign_in(house.world.keeper.invite(str(operator.pk), Role.HR, house._owner())).token
    return browser


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def begun(clerk: Browser, office: PayWorld, month: str = "2026-03", kind: str = "regular") -> PayRun:
    answer = clerk.post(reverse("payruns-open"), {"site": office.site.pk, "month": month, "kind": kind})
    assert answer.status_code == 302
    run = PayRun.objects.get()
    assert answer["Location"] == reverse("payruns-run", args=[run.pk])
    return run


def reckoned(office: PayWorld, run: PayRun) -> None:
    while computing.reckon_some(run, at=office.at):
        pass


def take(browser: Browser, run: PayRun, step: str):
    return browser.post(reverse("payruns-step", args=[run.pk]), {"step": step}, follow=True)


def test_a_month_is_closed_on_the_pages_and_the_worker_sees_the_payslip(house, office, clerk, chief):
    person, page = house.person, reverse("payruns-person", args=[house.person.pk, MARCH])
    assert "10440" not in text(clerk.get(page))
    assert clerk.post(page, CONTRACT).status_code == 302
    office.full(person, MARCH, but=(absent(date(2026, 3, 3)),))
    assert 'value="10440.00"' in clerk.post(page).content.decode()
    given = {"part": "month", "currency": "CNY", "code": ["bonus"], "amount": ["500"], "component": ["fixed"],
             "opening_gross": "20880", "opening_withheld": "326.40"}  # fmt: skip
    assert clerk.post(page, given).status_code == 302
    run = begun(clerk, office)
    assert "0 of 1 person reckoned" in text(clerk.get(reverse("payruns-run", args=[run.pk])))
    assert 'hx-trigger="every 2s"' in clerk.get(reverse("payruns-progress", args=[run.pk])).content.decode()
    assert "Not everybody is reckoned yet" in text(take(clerk, run, "send"))
    reckoned(office, run)
    assert "hx-trigger" not in clerk.get(reverse("payruns-progress", args=[run.pk])).content.decode()
    # 10,440 - 480 + 500 = 10,460; tax (31,340 - 15,000) x 3 % - 326.40 = 163.80
    assert "¥10,296.20" in text(clerk.get(reverse("payruns-run", args=[run.pk])))
    take(clerk, run, "send")
    people = reverse("payruns-people", args=[run.pk])
    assert "10,296" not in text(clerk.get(people))
    assert "¥10,296.20" in text(chief.post(reverse("payruns-people-page", args=[run.pk, 1])))
    refused = take(clerk, run, "approve")
    assert "You had a hand in this run" in text(refused)
    assert 'value="approve"' not in refused.content.decode()
    take(chief, run, "approve")
    worker = house.browser(Role.WORKER)
    assert not worker.get(reverse("me")).context["slips"]
    take(clerk, run, "lock")
    run.refresh_from_db()
    assert run.state == RunState.LOCKED
    me = worker.get(reverse("me"))
    (mine,) = me.context["slips"]
    shown = text(worker.post(reverse("me-slip", args=[mine["id"]])))
    assert "Bonus" in shown
    assert "¥10,296.20" in shown
    assert "Draft" not in shown


def test_what_changed_since_the_month_before_is_said_with_its_reason(house, office, clerk, chief):
    ann = office.hire("S-7")
    from gatehouse.domain.pay_facts import Month

    february = Month(2026, 2)
    office.full(ann, february)
    office.full(ann, MARCH, but=(absent(date(2026, 3, 3)),))
    office.pay(february)
    office.contract(ann, "11000.00")
    run = office.reckon(office.open(MARCH))
    shown = text(chief.post(reverse("payruns-people-page", args=[run.pk, 1])))
    assert "¥10,440.00 a month, now ¥11,000.00 a month" in shown
    assert "Basic pay, for February 2026" in shown
    assert "Absence" in shown
    assert "new" in shown
    assert "arrears" in shown


def test_a_refused_net_is_shown_with_its_reason_and_what_it_would_be(house, office, clerk):
    ann = office.hire("S-7", "6000.00")
    office.full(ann, MARCH)
    page = reverse("payruns-person", args=[ann.pk, MARCH])
    clerk.post(page, {"part": "month", "currency": "CNY", "recovery_code": ["advance"], "recovery": ["9,999.99"]})
    run = begun(clerk, office)
    reckoned(office, run)
    shown = text(clerk.post(reverse("payruns-people-page", args=[run.pk, 1])))
    assert "Deductions are more than the pay" in shown
    assert "−¥3,999.99" in shown
    (row,) = run_queries.slips(run)
    slip = text(clerk.post(reverse("payruns-slip", args=[run.pk, row.pk])))
    assert "There is no payslip for this month" in slip


def test_another_workers_payslip_is_not_there(house, office):
    ann = office.hire("S-7")
    office.full(ann, MARCH)
    run = office.pay(MARCH)
    (row,) = run_queries.slips(run)
    worker = house.browser(Role.WORKER)
    for name in ("me-slip", "me-slip-file"):
        assert worker.post(reverse(name, args=[row.pk])).status_code == 404


@pytest.mark.parametrize(("language", "heading"), [("en", "payslip-2026-03.pdf"), ("zh-hans", "2026-03.pdf")])
def test_the_payslip_is_a_pdf_in_the_workers_language(house, office, language, heading):
    office.contract(house.person, "10440.00")
    office.full(house.person, MARCH)
    run = office.pay(MARCH)
    (row,) = run_queries.slips(run)
    worker = house.browser(Role.WORKER)
    worker.cookies["django_language"] = language
    answer = worker.post(reverse("me-slip-file", args=[row.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"].endswith(heading)
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert (b"zh-CN" if language == "zh-hans" else b"en-GB") in answer.content


def test_a_pdf_shows_markup_in_a_name_and_sets_chinese_in_its_font():
    assert _set("<b>王</b> & Co") == '&lt;b&gt;<font name="STSong-Light">王</font>&lt;/b&gt; &amp; Co'
    from gatehouse.domain.money import Money

    many = Slip([SlipLine("基本工资", "why <para>", Money(n, "CNY")) for n in range(200)], Money(1, "CNY"), False)
    pdf = payslip_pdf(many, heading="2026年3月", person="王小明 <i>", number="S-1", site="北门")
    assert pdf.count(b"/Type /Page\n") > 1
    assert b"STSong-Light" in pdf


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (CONTRACT | {"rate": ["a lot"]}, "write an amount"),
        (CONTRACT | {"rate": ["1.005"]}, "no such amount"),
        (CONTRACT | {"rate": [""]}, "at least one wage"),
        (CONTRACT | {"since": ["yesterday"]}, "choose a date"),
        (CONTRACT | {"since": ["1066-10-14"]}, "from 2000 to 2199"),
        (CONTRACT | {"until": ["2025-01-01"]}, "ends after it begins"),
        (CONTRACT | {"currency": "RMB"}, "three letters"),
        (CONTRACT | {"kind": ["alms"]}, "what the wage is for"),
        ({"part": "extras", "currency": "CNY"}, "Save a contract first"),
        (
            {"part": "month", "currency": "CNY", "code": ["<b>"], "amount": ["1"], "component": ["fixed"]},
            "small letters",
        ),
        ({"part": "month", "currency": "CNY", "code": ["b"], "amount": ["1"], "component": ["exec"]}, "goes by"),
        ({"part": "month", "currency": "CNY", "pieces": "²"}, "whole number"),
        ({"part": "month", "currency": "CNY", "recovery_code": ["a"], "recovery": ["-1"]}, "0 or more"),
        ({"part": "month", "currency": "CNY", "year_end_bonus": "-1"}, "0 or more"),
    ],
)
def test_what_cannot_be_meant_is_said_with_what_would_do(house, clerk, form, said):
    answer = clerk.post(reverse("payruns-person", args=[house.person.pk, MARCH]), form)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not PayInput.objects.exists()


def test_two_terms_of_one_date_are_refused(house, clerk):
    form = CONTRACT | {"rate": ["1", "2"], "kind": ["month", "month"], "since": ["2026-01-01", "2026-02-01"]}
    answer = clerk.post(reverse("payruns-person", args=[house.person.pk, MARCH]), form)
    assert (answer.status_code, "two wages hold on one date" in text(answer)) == (422, True)


def test_how_a_site_pays_is_checked_before_it_is_kept(house, office, clerk):
    page = reverse("payruns-setup")
    good = {"site": office.site.pk, "rulebook": "cn-city", "name": "Nörth GmbH",
            "account": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX",
            "charset": "sepa", "account_net": "2211.01"}  # fmt: skip
    for wrong, said in (
        ({"account": "DE88 3704 0044 0532 0130 00"}, "account number is not right"),
        ({"name": "北门"}, "letters that the bank does not read"),
        ({"bic": "X"}, "8 or 11"),
        ({"rulebook": "../../secret"}, "cannot be used"),
        ({"account_net": "é"}, "plain letters"),
        ({"site": "nowhere"}, "Choose a site"),
    ):
        answer = clerk.post(page, good | wrong)
        assert (answer.status_code, said in text(answer)) == (422, True), wrong
        assert not PaySetup.objects.exists()
    assert clerk.post(page, good).status_code == 302
    row = PaySetup.objects.get()
    assert (row.rulebook, row.accounts["net"]) == ("cn-city", "2211.01")
    assert b"DE89" not in bytes(row.cell)
    assert 'value="DE89 3704 0044 0532 0130 00"' in clerk.get(page).content.decode()


def test_a_run_of_another_site_is_not_there(house, office):
    from tests.server.pages.test_other_sites import browser, limited

    from gatehouse.server.people.actions import add_site
    from gatehouse.server.people.models import SiteType

    other = add_site("b", "B", SiteType.SCHOOL, zone="Asia/Shanghai", currency="CNY", by=SETUP, at=office.at)
    run = PayRun.objects.create(site=other, month=MARCH.first, number=1, kind=RunKind.REGULAR, hands=["x"])
    here = browser(limited(house, Role.HR, "ticket"))
    for name in ("payruns-run", "payruns-people", "payruns-progress"):
        assert here.get(reverse(name, args=[run.pk])).status_code == 404
    assert here.post(reverse("payruns-step", args=[run.pk]), {"step": "discard"}).status_code == 404
    answer = here.post(reverse("payruns-open"), {"site": other.pk, "month": "2026-03", "kind": "regular"}, follow=True)
    assert "Choose a site" in text(answer)


def test_every_code_has_its_words():
    from gatehouse.domain.payroll import Reason

    assert {reason.name.lower() for reason in Reason} <= set(WITHOUT)
    assert set(No) == set(NOT_DONE)
    assert set(RunState.values) == set(STATES)
    assert set(RunKind.values) == set(KINDS)
    assert set(computing._ORDER) == set(MARKS)
    assert {"year_end_bonus", "year_end_bonus_tax", "basic", "income_tax"} <= set(CODES)


def test_a_year_has_a_statement_for_the_person_and_for_hr(house, office, clerk):
    from gatehouse.domain.pay_facts import Month
    from gatehouse.server.console.slips import year_slip

    office.contract(house.person, "10440.00")
    for month in (Month(2026, 2), MARCH):
        office.full(house.person, month)
        office.pay(month)
    of = year_slip(house.person, 2026, office.clerk.authority, "pay.person")
    assert [(line.what, line.why, line.amount.minor) for line in of.lines] == [
        ("Basic pay", "2 months", 2_088_000), ("Income tax", "2 months", -17_640),
    ]  # fmt: skip
    worker = house.browser(Role.WORKER)
    assert worker.get(reverse("me")).context["years"] == [2026]
    for browser, page in (
        (worker, reverse("me-year-file", args=[2026])),
        (clerk, reverse("payruns-year", args=[house.person.pk, 2026])),
    ):
        answer = browser.post(page)
        assert answer.content.startswith(b"%PDF-")
        assert answer["Content-Disposition"].endswith("statement-2026.pdf")
        assert browser.post(page.replace("2026", "2024")).status_code == 404
