"""A construction site's roster and wage lists on the pages: sums of teams are those of the pay run, to the cent."""

import csv
import io
import re
from datetime import date, timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse
from tests.server.pages.printed import is_landscape, pages, texts
from tests.server.pay_world import MARCH, PayWorld, worked
from tests.server.world import SETUP, ZONE

from gatehouse.domain.crew_wages import Standing, crews, sums
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, PayKind, Term
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.console.registers.sheet import Column, Part, sheet_pdf
from gatehouse.server.payroll import actions as pay
from gatehouse.server.payroll import run_looks
from gatehouse.server.payroll.crews import report
from gatehouse.server.payroll.models import PayRun
from gatehouse.server.people import roster_actions, roster_queries
from gatehouse.server.people.actions import add_site
from gatehouse.server.people.models import Contractor, EntryRule, RosterEntry, Site, SiteType, Team
from gatehouse.server.people.roster_cells import RosterFacts


class Works(PayWorld):
    """A construction site with two contractors, three teams, and somebody in none of them."""

    def __init__(self, world) -> None:
        super().__init__(world)
        Site.objects.filter(pk=self.site.pk).update(type=SiteType.CONSTRUCTION)
        self.site.refresh_from_db()
        beam, stone = (self.contractor(name) for name in ("Beam & Co", "石匠公司"))
        self.teams = [self.team(beam, "Steel"), self.team(beam, "Concrete"), self.team(stone, "Bricks")]

    def contractor(self, name: str) -> Contractor:
        return roster_actions.add_contractor(self.site, name, by=SETUP, at=self.at)

    def team(self, contractor: Contractor, name: str) -> Team:
        return roster_actions.add_team(contractor, name, by=SETUP, at=self.at)

    def worker(self, number: str, rate: str, kind: PayKind, team: Team | None, name: str = ""):
        person = self.world.hire(number, name or f"Person {number}")
        term = Term(kind, Money(round(float(rate) * 100), "CNY"), date(2020, 1, 1))
        pay.set_contract(person, Contract((term,)), by=SETUP, at=self.at)
        facts = RosterFacts("mason", str(team.pk) if team else "", trained=date(2020, 1, 1))
        roster_actions.enter_roster(person, facts, by=SETUP, at=self.at)
        return person

    def month(self) -> None:
        """Four workers of four kinds of days and pay."""
        steel, concrete, bricks = self.teams
        one = self.worker("C-1", "333.33", PayKind.DAILY, steel, "Ada Beam")
        two = self.worker("C-2", "41.67", PayKind.HOURLY, concrete, "王小明")
        three = self.worker("C-3", "9000.01", PayKind.MONTHLY, bricks)
        four = self.worker("C-4", "7000.00", PayKind.MONTHLY, None)
        for person in (one, three, four):
            self.full(person, MARCH)
        self.days(two, *(worked(date(2026, 3, day), 480, ot=61) for day in range(2, 7)))

    def report(self):
        found = report(self.site, MARCH, self.clerk.authority, "wages.page")
        assert not isinstance(found, Refused), found
        return found


@pytest.fixture
def works(house) -> Works:
    return Works(house.world)


@pytest.fixture
def clerk(house) -> Browser:
    return house.browser(Role.HR)


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def summary(works: Works, run: PayRun):
    found = run_looks.summary(run, works.clerk.authority, "payrun.page")
    assert found is not None
    assert not isinstance(found, Refused)
    return found.sums[0]


def test_the_sums_of_the_teams_are_those_of_the_locked_run_to_the_cent(works):
    works.month()
    run = works.pay(MARCH)
    said, found = summary(works, run), works.report()
    parts = [crew.sums for crew in crews(found.lines)]
    assert [len(part.amounts) for part in parts] == [1, 1, 1, 1]
    assert sum(part.amounts[0].gross.minor for part in parts) == said.gross_minor > 0
    assert sum(part.amounts[0].net.minor for part in parts) == said.net_minor
    assert sum(part.amounts[0].paid.minor for part in parts) == said.net_minor
    assert sum(part.amounts[0].kept.minor for part in parts) == -said.contributions_minor - said.tax_minor
    assert sum(part.amounts[0].recovered.minor for part in parts) == -said.recoveries_minor
    assert {line.standing for line in found.lines} == {Standing.PAID}


def test_days_hours_and_terms_are_those_of_the_facts(works):
    works.month()
    works.pay(MARCH)
    found = works.report()
    names = {str(team.pk): team.name for team in works.teams}
    by_team = {names.get(line.team, ""): line for line in found.lines}
    assert by_team["Concrete"].work.days == Fraction(5)
    assert (by_team["Concrete"].work.worked_min, by_team["Concrete"].work.overtime_min) == (2400, 305)
    assert by_team["Steel"].work.days == Fraction(22)
    assert by_team["Steel"].terms.kind is PayKind.DAILY
    assert by_team["Steel"].amounts[0].gross == Money(33333 * 22, "CNY")
    assert by_team[""].contractor == ""


def test_before_the_lock_amounts_are_due_and_before_the_run_a_draft(works):
    works.month()
    pay.draft_payslips(works.site, MARCH, at=works.at)
    drafts = works.report()
    assert {line.standing for line in drafts.lines} == {Standing.DRAFT}
    run = works.reckon(works.open(MARCH))
    found = works.report()
    assert {line.standing for line in found.lines} == {Standing.DUE}
    whole = sums(found.lines).amounts[0]
    assert (whole.net.minor, whole.paid.minor) == (summary(works, run).net_minor, 0)
    assert sums(drafts.lines).amounts == (whole,)


def test_who_has_no_payslip_is_listed_without_an_amount(works, clerk):
    works.month()
    idle = works.world.hire("C-9", "Idle Hand")
    works.full(idle, MARCH)
    works.pay(MARCH)
    line = next(line for line in works.report().lines if line.person == str(idle.pk))
    assert (line.standing, line.amounts) == (Standing.NONE, ())
    assert line.work.days == Fraction(22)
    page = text(clerk.post(reverse("registers-wages-of", args=[MARCH]), {"site": works.site.pk}))
    assert "1 without pay" in page


def test_the_page_shows_sums_without_names_on_a_click(works, clerk):
    works.month()
    run = works.pay(MARCH)
    here = reverse("registers-wages-of", args=[MARCH])
    shut = text(clerk.get(here))
    assert "Beam" not in shut
    page = text(clerk.post(here, {"site": works.site.pk}))
    assert "Beam &amp; Co" in page
    assert "Ada" not in page
    net = summary(works, run).net_minor
    assert f"¥{net // 100:,}.{net % 100:02d}" in page


def cents(said: str) -> int:
    return round(float(said) * 100)


def test_the_rows_for_a_spreadsheet_add_up_to_the_run(works, clerk):
    works.month()
    run = works.pay(MARCH)
    answer = clerk.post(reverse("registers-wages-file", args=[MARCH]), {"site": works.site.pk, "as": "csv"})
    assert answer["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    said = summary(works, run)
    assert len(rows) == 4
    assert sum(cents(row["Earned"]) for row in rows) == said.gross_minor
    assert sum(cents(row["Due"]) for row in rows) == sum(cents(row["Paid"]) for row in rows) == said.net_minor
    assert {row["Name"] for row in rows} >= {"Ada Beam", "王小明"}
    assert {row["Contractor"] for row in rows} == {"Beam & Co", "石匠公司", ""}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_list_to_sign_is_landscape_and_its_sums_are_the_runs(works, clerk, language):
    works.month()
    run = works.pay(MARCH)
    clerk.cookies["django_language"] = language
    answer = clerk.post(reverse("registers-wages-file", args=[MARCH]), {"site": works.site.pk, "as": "pdf"})
    assert answer["Content-Type"] == "application/pdf"
    said = texts(answer.content)
    assert is_landscape(answer.content)
    assert pages(answer.content) == 5  # four teams, and all of them
    assert b"STSong-Light" in answer.content
    assert {"Ada Beam", "王小明"} <= set(said)
    whole = summary(works, run)
    for sum_of_all in (whole.gross_minor, whole.net_minor):
        expected = (whole.gross_minor, whole.net_minor, whole.net_minor).count(sum_of_all)  # earned, due, paid
        assert said.count(f"¥{sum_of_all // 100:,}.{sum_of_all % 100:02d}") == expected
    if language == "en":
        assert said.count("Signature") == 4


def test_a_team_gets_its_own_list_and_nobody_elses(works, clerk):
    works.month()
    works.pay(MARCH)
    steel = works.teams[0]
    form = {"site": works.site.pk, "as": "pdf", "crew": f"{steel.contractor_id}:{steel.pk}"}
    pdf = clerk.post(reverse("registers-wages-file", args=[MARCH]), form).content
    assert pages(pdf) == 1
    assert "Ada Beam" in texts(pdf)
    assert "王小明" not in texts(pdf)


def test_a_long_team_goes_on_over_pages_with_its_head():
    columns = (Column("Name", 100), Column("Net", 20, right=True))
    rows = [[f"Somebody with a rather long name {n} " * 9, "1.00"] for n in range(60)]
    pdf = sheet_pdf("Wages", [Part("Wages", ("about",), columns, rows, [["Sum", "60.00"]], ("foot",), 24)])
    said = texts(pdf)
    assert pages(pdf) == 4
    assert said.count("Name") == 4
    assert said.count("1.00") == 60
    assert said.count("60.00") == 1
    assert sum(one.endswith("…") for one in said) == 60


@pytest.mark.parametrize("form", [{}, {"site": "x"}, {"site": "\0"}, {"site": str(uuid4())}, {"site": "9" * 5000}])
def test_no_site_is_no_report(works, clerk, form):
    for name in ("registers-wages-of", "registers-wages-file"):
        assert clerk.post(reverse(name, args=[MARCH]), form).status_code == 422


@pytest.mark.parametrize("crew", ["x", "\0:", "::", "9" * 5000])
def test_a_team_that_nobody_is_in_has_no_list(works, clerk, crew):
    form = {"site": str(works.site.pk), "crew": crew}
    assert clerk.post(reverse("registers-wages-file", args=[MARCH]), form).status_code == 422


# --- the roster --------------------------------------------------------------------------------------------------


def test_contractors_teams_and_the_rule_are_set_on_the_page(house, clerk):
    site = house.world.site
    Site.objects.filter(pk=site.pk).update(type=SiteType.CONSTRUCTION)
    change = reverse("registers-crews-change")
    assert clerk.post(change, {"do": "contractor", "site": site.pk, "name": "Beam"}).status_code == 302
    contractor = Contractor.objects.get()
    for _ in range(2):
        assert clerk.post(change, {"do": "team", "contractor": contractor.pk, "name": "Steel"}).status_code == 302
    assert Team.objects.get().name == "Steel"
    assert clerk.post(change, {"do": "ask", "site": site.pk}).status_code == 302
    assert roster_queries.training_first(site)
    assert "Gates ask for it" in text(clerk.get(reverse("registers-crews")))
    assert clerk.post(change, {"do": "let", "site": site.pk}).status_code == 302
    assert not roster_queries.training_first(site)


def test_a_person_is_entered_shown_and_taken_out(works, clerk, house):
    here = reverse("registers-entry", args=[house.person.pk])
    assert "mason" not in text(clerk.get(here))
    assert "not in the roster" in text(clerk.post(here, {"do": "open"}))
    today = works.world.now().date()
    form = {"do": "save", "trade": "crane driver", "team": str(works.teams[0].pk), "foreman": "on",
            "trained": str(today - timedelta(days=9)), "trained_until": str(today - timedelta(days=3))}  # fmt: skip
    assert clerk.post(here, form).status_code == 302
    page = clerk.post(here, {"do": "open"}).content.decode()
    assert 'value="crane driver"' in page
    assert f'value="{today - timedelta(days=9)}"' in page
    listed = reverse("registers-crews")
    assert "crane driver" not in text(clerk.get(listed))
    page = text(clerk.post(listed, {"do": "open"}))
    assert "crane driver, foreman" in page
    assert "Beam &amp; Co · Steel" in page
    assert "Training before entry ended on" in page
    assert "S-104" in text(clerk.post(listed, {"do": "gaps"}))
    assert clerk.post(here, form | {"trained_until": ""}).status_code == 302
    assert "S-104" not in text(clerk.post(listed, {"do": "gaps"}))
    assert clerk.post(here, {"do": "strike"}).status_code == 302
    assert not RosterEntry.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trade": ""}, "Trade: write"),
        ({"trade": "x" * 999}, "Trade: at most"),
        ({"team": "x"}, "Team: choose"),
        ({"team": str(uuid4())}, "Team: choose"),
        ({"trained": "yesterday"}, "Training given on: choose a date"),
        ({"trained": "9999-12-31"}, "Training given on: choose a date from"),
        ({"trained": "2026-03-02", "trained_until": "2026-03-01"}, "Holds until: this is before"),
        ({"trained_until": "2026-03-01"}, "say when it was given"),
        ({"trained_until": "\0"}, "Holds until: choose a date"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_its_field(works, clerk, house, change, said):
    answer = clerk.post(reverse("registers-entry", args=[house.person.pk]), {"do": "save", "trade": "mason"} | change)
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert not RosterEntry.objects.exists()


@pytest.mark.parametrize(
    "form",
    [{}, {"do": "contractor"}, {"do": "contractor", "site": "x", "name": "n"}, {"do": "team", "name": "n"},
     {"do": "team", "contractor": "\0", "name": "n"}, {"do": "ask"}, {"do": "x" * 5000}],
)  # fmt: skip
def test_a_change_that_cannot_be_is_refused(works, clerk, form):
    assert clerk.post(reverse("registers-crews-change"), form).status_code == 422
    here = {"site": str(works.site.pk)}
    for do, name in (("contractor", " "), ("nothing", "n")):
        assert clerk.post(reverse("registers-crews-change"), here | {"do": do, "name": name}).status_code == 422
    assert (Contractor.objects.count(), Team.objects.count()) == (2, 3)


def test_a_keeper_that_says_no_is_told(works, clerk, monkeypatch):
    works.month()
    clerk.get(reverse("registers-crews"))
    monkeypatch.setattr(keeping, "reveal", lambda *_a, **_k: Refused(code="over_budget", facts={}))
    form = {"site": str(works.site.pk)}
    for address in (
        reverse("registers-crews"),
        reverse("registers-wages-of", args=[MARCH]),
        reverse("registers-wages-file", args=[MARCH]),
    ):
        answer = clerk.post(address, form)
        assert "as many people as your role may" in text(answer), address
        assert "Ada" not in text(answer)


def test_a_site_of_others_is_not_there(house, works):
    world = house.world
    works.month()
    far = add_site("far-works", "Faraway", SiteType.CONSTRUCTION, zone=ZONE, currency="CNY", by=SETUP, at=world.now())
    operator = add_operator("far-hr", Role.HR, sites=[far.pk], by=SETUP, at=world.now())
    browser = Browser(headers={"accept": "text/html"})
    browser.cookies[COOKIE] = sign_in(world.keeper.invite(str(operator.pk), Role.HR, house._owner())).token
    mine = str(works.site.pk)
    for do in ("", "open", "gaps"):
        page = browser.post(reverse("registers-crews"), {"do": do}).content.decode()
        assert "Beam" not in page
        assert "C-1" not in page
    assert "Faraway" in browser.get(reverse("registers-wages")).content.decode()
    entry = reverse("registers-entry", args=[house.person.pk])
    for do in ("open", "save", "strike"):
        assert browser.post(entry, {"do": do, "trade": "x"}).status_code == 404
    for form in ({"do": "contractor", "site": mine, "name": "x"}, {"do": "ask", "site": mine},
                 {"do": "team", "contractor": str(Contractor.objects.first().pk), "name": "x"}):  # fmt: skip
        assert browser.post(reverse("registers-crews-change"), form).status_code == 422
    for name in ("registers-wages-of", "registers-wages-file"):
        answer = browser.post(reverse(name, args=[MARCH]), {"site": mine})
        assert answer.status_code == 422
        assert "Beam" not in answer.content.decode()
    assert not EntryRule.objects.exists()
    assert (Contractor.objects.count(), Team.objects.count()) == (2, 3)
