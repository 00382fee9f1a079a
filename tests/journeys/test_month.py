"""A clerk closes a month. It begins with passages at a door, some of them faulty, and ends with payslips, a file for
the bank and a list of pay; what was wrong is mended on the pages alone, and every figure is a hand's sum."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from tests.journeys.shots import PHONE, WIDE, shoot
from tests.server.world import SETUP, ZONE

from gatehouse.crypto.agefile import new_identity, open_file
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payment_rules import broken_rules
from gatehouse.keeper.protocol import Role
from gatehouse.server import jobs
from gatehouse.server.attendance.actions import add_pattern, plan
from gatehouse.server.people.actions import Facts, edit_person
from gatehouse.server.people.cells import Bank

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

CN = ZoneInfo(ZONE)
DAY = timedelta(days=1)
BANK = new_identity()
LIN_ACCOUNT, ADA_ACCOUNT = "FR1420041010050500013M02606", "NL91ABNA0417164300"  # of no bank's customer: examples
SHIFT = {
    "start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360, "grace_in_min": 5,
    "grace_out_min": 5, "one_missing": "zero", "overtime_from_min": 15, "closes_after_min": 480,
}  # fmt: skip


@dataclass
class Works:
    """The site, its clock, and the last five workdays of a month that is still to come."""

    place: object
    clock: object
    days: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.house, self.url = self.place.house, self.place.url
        self.world = self.house.world
        month = Month.of(self.world.now().astimezone(CN).date())
        self.days = last_workdays(month)
        if self.days[0] <= self.world.now().astimezone(CN).date():
            month = Month.of(month.until)
            self.days = last_workdays(month)
        self.month, self.next = month, Month.of(month.until)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), CN)

    def until(self, when: datetime) -> None:
        """The clock moves on, night by night, and what is due by then is done. Everybody has to sign in again."""
        morning = self.at(self.world.now().astimezone(CN).date() + DAY, 5)
        while morning < when:
            self.clock.advance_to(morning)
            jobs.run_due(self.world.now())
            morning += DAY
        if when > self.world.now():
            self.clock.advance_to(when)
        jobs.run_due(self.world.now())
        self.house.tickets.clear()

    def passes(self, person, when: datetime, way: str) -> None:
        self.world.tell(self.world.passage(subject=str(person.pk), at=when, direction=way))

    def open(self, role: Role, **options) -> Page:
        return self.place.open(role, **options)

    def worker(self, person, **options) -> Page:
        """Their own page, by the link that they were given."""
        page = self.place.open(**options)
        who, site = str(person.pk), str(self.world.site.pk)
        code = self.world.keeper.invite(who, Role.WORKER, self.house._owner(), sites=(site,), subject=who)
        page.goto(f"{self.url}/enter/{code}/")
        page.get_by_role("button", name="Sign in on this device").click()
        page.get_by_role("link", name="Not now").click()
        expect(page.get_by_role("heading", name="My days")).to_be_visible()
        return page


def last_workdays(month: Month) -> list[date]:
    days = [month.first + n * DAY for n in range((month.until - month.first).days)]
    return [day for day in days if day.weekday() < 5][-5:]


def contract(clerk: Page, works: Works, person, wage: str, way: str, until: date | None = None) -> None:
    clerk.goto(f"{works.url}/payruns/person/{person.pk}/{works.month}/")
    clerk.get_by_role("button", name="Open").click()
    clerk.get_by_label("Wage", exact=True).first.fill(wage)
    clerk.get_by_label("for", exact=True).first.select_option(label=way)
    clerk.get_by_label("From").first.fill(f"{works.month.first}")
    if until is not None:
        clerk.get_by_label("Until (first day after)").first.fill(f"{until}")
    clerk.get_by_role("button", name="Save the contract").click()
    expect(clerk.get_by_text("Saved. An open run takes it")).to_be_visible()


def answer(clerk: Page, works: Works, words: str, way: str, reason: str, minutes: str = "") -> None:
    """Every line of To do that has these words."""
    clerk.goto(f"{works.url}/worklist/")
    clerk.get_by_role("button", name="Open the list").click()
    lines = clerk.locator("ul.todo li", has_text=words)
    expect(lines.first).to_be_visible()
    count = lines.count()
    for n in range(count):
        lines.nth(n).get_by_role("checkbox").check()
    clerk.get_by_role("radio", name=way).check()
    clerk.get_by_label("Reason, for all of them").fill(reason)
    clerk.get_by_label("Overtime: at most so many minutes each").fill(minutes)
    clerk.get_by_role("button", name="See what it changes").click()
    clerk.get_by_role("button", name="Answer them").click()
    expect(clerk.get_by_text(f"{count} answered")).to_be_visible()


def show_month(page: Page, month: Month) -> None:
    """The days of a month that may be over already."""
    earlier = page.get_by_role("navigation", name="Months").get_by_role("link", name=month.first.strftime("%B %Y"))
    if earlier.count():
        earlier.click()
    expect(page.get_by_role("heading", name=month.first.strftime("%B %Y")).first).to_be_visible()


def ask(phone: Page, day: date, came: str, left: str, why: str) -> None:
    line = phone.locator("#days li", has_text=f"{day.strftime('%A')} {day.day} {day.strftime('%B')}")
    line.get_by_text("Why so? Ask for a correction").click()
    line.get_by_label("I came at").fill(came)
    line.get_by_label("I left at").fill(left)
    line.get_by_label("Why", exact=True).fill(why)
    line.get_by_role("button", name="Ask HR").click()
    expect(phone.get_by_text("Asked. HR sees it with the month")).to_be_visible()
    expect(phone.get_by_text("A request of yours waits for HR")).to_be_visible()


def read_slip(phone: Page, month: Month, hand: dict[str, str]) -> None:
    """The payslip has these lines, in this order, and no others."""
    phone.get_by_role("button", name=re.compile(f"Open.*{month.first:%B %Y}")).click()
    rows = phone.get_by_role("region", name="Payslip").locator("tbody tr")
    expect(rows).to_have_count(len(hand))
    for n, (line, amount) in enumerate(hand.items()):
        expect(rows.nth(n).get_by_role("rowheader")).to_contain_text(line)
        expect(rows.nth(n).get_by_role("cell")).to_have_text(amount)


def run_to_lock(works: Works, month: Month, look: str) -> Page:
    """Begun and sent by the clerk, looked through and approved by an owner, locked by the clerk: whose page it is."""
    clerk, chief = works.open(Role.HR, **WIDE), works.open(Role.OWNER, **WIDE)
    clerk.goto(f"{works.url}/payruns/")
    clerk.get_by_label("Month", exact=True).fill(f"{month}")
    clerk.get_by_role("button", name="Begin").click()
    expect(clerk.get_by_role("heading", name="Reckoning")).to_be_visible()
    for _ in range(2):  # everybody, then the sums
        works.until(works.world.now() + timedelta(seconds=2))
    clerk = works.open(Role.HR, **WIDE)
    clerk.goto(f"{works.url}/payruns/")
    clerk.get_by_role("link", name="The month's run").first.click()
    clerk.get_by_role("button", name="Send to review").click()
    address = clerk.url
    expect(clerk.get_by_role("button", name="Approve")).to_have_count(0)
    chief = works.open(Role.OWNER, **WIDE)
    chief.goto(f"{address}people/")
    chief.get_by_role("button", name="Open everybody on this page").click()
    expect(chief.get_by_text(look).first).to_be_visible()
    shoot(chief, f"review-{month}")
    chief.goto(address)
    chief.get_by_role("button", name="Approve").click()
    clerk.goto(address)
    clerk.get_by_role("button", name="Lock").click()
    expect(clerk.get_by_role("link", name="Files for bank and books")).to_be_visible()
    return clerk


def file_of(works: Works, files: Page, name: str) -> bytes:
    """Asked for by the clerk, granted by an owner, taken by the clerk, opened by whom it is for."""
    files.get_by_role("radio", name=name).check()
    files.get_by_role("button", name="Ask").click()
    expect(files.get_by_text("Waits for a second person").first).to_be_visible()
    chief = works.open(Role.OWNER, **WIDE)
    chief.goto(files.url)
    chief.get_by_role("button", name="Check and grant").click()
    expect(chief.get_by_text("Granted for eight hours")).to_be_visible()
    files.reload()
    with files.expect_download() as download:
        files.get_by_role("button", name="Take the sealed file").click()
    data = Path(download.value.path()).read_bytes()
    assert b"Lin Moss" not in data
    files.reload()
    files.get_by_role("button", name="Drop").click()
    return open_file(data, BANK.secret)


def test_a_clerk_closes_a_month_that_had_faults(place, clock, tmp_path) -> None:
    works = Works(place, clock)
    lin, ada = works.house.person, works.world.hire("S-105", "Ada Vale")
    one, two, three, four, five = works.days
    pattern = add_pattern(works.world.site, "day", "Day", SHIFT, by=SETUP, at=works.world.now())
    accounts = ((lin, "S-104", "Lin Moss", LIN_ACCOUNT), (ada, "S-105", "Ada Vale", ADA_ACCOUNT))
    for person, number, name, account in accounts:
        plan(person, pattern, works.days, by=SETUP, at=works.world.now())
        edit_person(person, Facts(number, name, bank=Bank(account=account)), by=SETUP, at=works.world.now())
    clock.advance_to(works.at(one, 2))
    works.until(works.at(one, 5))
    clerk = works.open(Role.HR, **WIDE)
    contract(clerk, works, lin, "300", "an hour", works.month.until)
    contract(clerk, works, ada, "10440", "a month")
    clerk.goto(f"{works.url}/payruns/setup/")
    clerk.get_by_label("Rulebook", exact=True).select_option(label="China, with an example of a city's tables")
    clerk.get_by_label("Name", exact=True).fill("Northgate Works")
    clerk.get_by_label("Account (IBAN, or another number)").fill("DE89370400440532013000")
    clerk.get_by_role("button", name="Save").first.click()
    expect(clerk.get_by_text("Saved.")).to_be_visible()

    # --- the month's last week, as the door tells it ---
    faulty = {
        one: ((8, 58), (18, 2)),
        two: ((9, 40), (18, 0)),  # late
        three: ((8, 57), None),  # nothing told of going home
        four: ((8, 59), (20, 30)),  # overtime that nobody approved
        five: ((8, 55), (25, 20)),  # a clock-out that was forgotten, until the guard's round at night
    }
    for day, (came, left) in faulty.items():
        works.until(works.at(day, 5))
        works.passes(lin, works.at(day, *came), "in")
        if left is not None:
            works.passes(lin, works.at(day + (left[0] // 24) * DAY, left[0] % 24, left[1]), "out")
        if day != three:  # and there she is absent
            works.passes(ada, works.at(day, 8, 55), "in")
            works.passes(ada, works.at(day, 18), "out")
    works.until(max(works.at(works.next.first, 9), works.at(five + 2 * DAY, 9)))

    # --- the worker sees it, and asks for what was missed ---
    phone = works.worker(lin, **PHONE)
    show_month(phone, works.month)
    ask(phone, three, "", "18:00", "I left with everybody; the reader was off.")
    shoot(phone, "me-asked")

    # --- the clerk answers everything that waits ---
    clerk = works.open(Role.HR, **WIDE)
    answer(clerk, works, "the reader was off", "Approve what was asked for", "The reader was off that evening")
    answer(clerk, works, "Late", "Excuse", "The train; she told us")
    answer(clerk, works, "Overtime not approved", "Approve overtime, paid", "Two hours were agreed", "120")
    answer(clerk, works, "Too long in one stretch", "Leave it as it is", "Nobody asked for a night")
    answer(clerk, works, "Absent", "Leave it as it is", "No word from her")
    clerk.goto(f"{works.url}/worklist/")
    clerk.get_by_role("button", name="Open the list").click()
    expect(clerk.get_by_text("Nothing waits here.")).to_be_visible()

    # --- the month is paid ---
    clerk = run_to_lock(works, works.month, "¥10,313.17")
    clerk.get_by_role("link", name="Files for bank and books").click()
    chief = works.open(Role.OWNER, **WIDE)
    chief.goto(clerk.url)
    chief.get_by_label("Name", exact=True).fill("Our bank")
    chief.get_by_label("Public key (age1…)").fill(BANK.recipient)
    chief.get_by_role("button", name="Add").click()
    clerk.reload()
    document = file_of(works, clerk, "Bank file")
    assert broken_rules(document) == ()
    assert b"<CtrlSum>18352.18</CtrlSum>" in document  # 10,313.17 + 8,039.01
    (tmp_path / "list.xlsx").write_bytes(file_of(works, clerk, "Pay list, as a workbook"))
    head, *rows = load_workbook(tmp_path / "list.xlsx").active.iter_rows(values_only=True)
    table = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert (table["S-104"]["net"], table["S-105"]["net"]) == (10313.17, 8039.01)
    assert (table["S-105"]["name"], table["S-105"]["absence"]) == ("Ada Vale", -480)
    shoot(clerk, "files")

    # --- the worker reads it: every figure is the hand's ---
    phone = works.worker(lin, **PHONE)
    hand_lin = {
        # 8:00 + 7:20 (late) + 8:00 (granted) + 8:00 + 8:00 (of the long stretch) = 39:20 at 300
        "Basic pay": "¥11,800.00",
        # two approved hours at 300 and a half; the other 0:30, and the 7:20 of the night, nobody approved
        "Overtime on workdays": "¥900.00",
        # of 12,700: 8 %, 2 %, 0.5 %, 7 %, between floor and ceiling
        "Pension insurance": "−¥1,016.00",
        "Medical insurance": "−¥254.00",
        "Unemployment insurance": "−¥63.50",
        "Housing fund": "−¥889.00",
        # 12,700 - 2,222.50 - 5,000 of the one month employed = 5,477.50, of which 3 % is 164.325
        "Income tax": "−¥164.33",
        "Paid out": "¥10,313.17",
    }
    read_slip(phone, works.month, hand_lin)
    shoot(phone, "payslip")
    phone = works.worker(ada, **PHONE)
    hand_ada = {
        "Basic pay": "¥10,440.00",
        "Absence": "−¥480.00",  # 8 hours of 10,440 / 21.75 / 8 = 60
        # contributions go by the salary: 10,440
        "Pension insurance": "−¥835.20",
        "Medical insurance": "−¥208.80",
        "Unemployment insurance": "−¥52.20",
        "Housing fund": "−¥730.80",
        # 9,960 - 1,827 - 5,000 = 3,133, of which 3 %
        "Income tax": "−¥93.99",
        "Paid out": "¥8,039.01",
    }
    read_slip(phone, works.month, hand_ada)

    # --- she finds that a day of the locked month is wrong: the next run pays it ---
    phone.goto(f"{works.url}/me/")
    show_month(phone, works.month)
    ask(phone, three, "08:55", "18:00", "I came with the visitors, on foot.")
    clerk = works.open(Role.HR, **WIDE)
    answer(clerk, works, "I came with the visitors", "Approve what was asked for", "The reception saw her")
    run_to_lock(works, works.next, "¥8,970.21")
    phone = works.worker(ada, **PHONE)
    arrears = {
        "Basic pay": "¥10,440.00",
        f"Absence, for {works.month.first:%B %Y}": "¥480.00",
        "Pension insurance": "−¥835.20",
        "Medical insurance": "−¥208.80",
        "Unemployment insurance": "−¥52.20",
        "Housing fund": "−¥730.80",
        # 10,920 - 1,827 - 5,000 = 4,093 more of the year, or in a new one: 3 % of it
        "Income tax": "−¥122.79",
        "Paid out": "¥8,970.21",
    }
    read_slip(phone, works.next, arrears)
    phone.goto(f"{works.url}/me/")
    read_slip(phone, works.month, hand_ada)  # the locked month stays as it was
    for page in (clerk, chief, phone):
        assert page.faults == []
