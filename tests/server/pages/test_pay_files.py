"""Files for bank and books on the pages: asked for, granted by somebody else, taken sealed; never in the clear."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from tests.server.pages.test_payruns import second_hr, text
from tests.server.pay_world import MARCH, PayWorld
from tests.server.world import SETUP

from gatehouse.crypto.agefile import new_identity, open_file
from gatehouse.domain.payment_rules import broken_rules
from gatehouse.keeper.protocol import Role
from gatehouse.server.payroll import inputs
from gatehouse.server.payroll.models import PayExport, PayRun, RunState
from gatehouse.server.payroll.run_cells import Payer
from gatehouse.server.people.actions import Facts, edit_person
from gatehouse.server.people.cells import Bank

IBAN = "FR1420041010050500013M02606"
BANK = new_identity()


class Bureau(PayWorld):
    """A locked run of two people, and a bank that is enrolled."""

    def __init__(self, house) -> None:
        super().__init__(house.world)
        self.house = house
        self.hr, self.owner = house.browser(Role.HR), house.browser(Role.OWNER)
        payer = Payer("North GmbH", "DE89370400440532013000", "COBADEFFXXX")
        inputs.set_setup(self.site, rulebook="eu-flat", accounts={}, payer=payer, by=SETUP, at=self.at)
        self.people = [self.employ("S-1", "Anna Example"), self.employ("S-2", "Łukasz Müller")]
        self.run = self.pay(MARCH)

    def employ(self, number: str, name: str, account: str = IBAN):
        person = self.hire(number, "3333.33", currency="EUR")
        self.full(person, MARCH)
        self.account(person, number, name, account)
        return person

    def account(self, person, number: str, name: str, account: str) -> None:
        edit_person(person, Facts(number, name, bank=Bank(account=account)), by=SETUP, at=self.at)

    def enrol(self, browser=None, **form: str):
        page = reverse("payruns-recipient", args=[self.run.pk])
        return (browser or self.owner).post(page, {"name": "Our bank", "key": BANK.recipient} | form, follow=True)

    def ask(self, template: str = "bank", **form: str):
        page = reverse("payruns-file-ask", args=[self.run.pk])
        asked = {"template": template, "recipient": "Our bank", "pay_on": "2026-04-01"} | form
        return self.hr.post(page, asked, follow=True)

    def step(self, browser, step: str):
        export = PayExport.objects.get()
        return browser.post(reverse(f"payruns-file-{step}", args=[export.pk]), follow=True)


@pytest.fixture
def bureau(house):
    made = Bureau(house)
    made.enrol()
    return made


def test_a_bank_file_is_asked_for_granted_and_taken_by_two_people(bureau):
    assert "Waits for a second person" in text(bureau.ask())
    assert "Two people are needed" in text(bureau.step(bureau.hr, "grant"))
    assert "Granted" in text(bureau.step(bureau.owner, "grant"))
    assert "Two people are needed" in text(bureau.step(bureau.owner, "take"))
    answer = bureau.step(bureau.hr, "take")
    assert answer["Content-Disposition"].endswith('.xml.age"')
    assert answer["Cache-Control"] == "no-store"
    assert IBAN.encode() not in answer.content
    document = open_file(answer.content, BANK.secret)
    assert broken_rules(document) == ()
    # Worked case P10 a, twice
    assert b"<CtrlSum>5076.66</CtrlSum>" in document
    assert b"<Nm>Lukasz Muller</Nm>" in document
    assert PayRun.objects.get().state == RunState.EXPORTED
    assert PayExport.objects.get().state == "taken"


@pytest.mark.parametrize("template", ["list", "journal"])
def test_list_and_journal_leave_the_same_way(bureau, template):
    bureau.ask(template)
    bureau.step(bureau.owner, "grant")
    table = open_file(bureau.step(bureau.hr, "take").content, BANK.secret).decode("utf-8-sig").splitlines()
    assert len(table) == (3 if template == "list" else 6)
    if template == "journal":
        assert table[-1].split(",")[3:5] == ["6666.66", "6666.66"]


def test_a_workbook_leaves_the_same_way_with_amounts_as_numbers_and_texts_as_texts(bureau):
    bureau.account(bureau.people[1], "S-2", "=1+1", IBAN)
    bureau.ask("list-xlsx")
    bureau.step(bureau.owner, "grant")
    answer = bureau.step(bureau.hr, "take")
    assert answer["Content-Disposition"].endswith('.xlsx.age"')
    assert b"Anna Example" not in answer.content
    book = load_workbook(BytesIO(open_file(answer.content, BANK.secret)))
    head, *rows = book.active.iter_rows()
    column = {cell.value: n for n, cell in enumerate(head)}
    # Worked case P10 a
    nets = {row[column["name"]].value: row[column["net"]].value for row in rows}
    assert nets == {"Anna Example": 2538.33, "=1+1": 2538.33}
    assert {row[column["name"]].data_type for row in rows} == {"s"}
    assert {row[column["net"]].data_type for row in rows} == {"n"}


def test_what_a_bank_would_send_back_is_said_by_staff_number(bureau):
    bureau.account(bureau.people[1], "S-2", "Łukasz Müller", "DE00370400440532013000")
    bureau.ask()
    answer = bureau.step(bureau.owner, "grant")
    assert answer.status_code == 422
    assert "S-2 : the IBAN" in text(answer)
    assert "Müller" not in text(answer)
    bureau.account(bureau.people[1], "S-2", "Łukasz Müller", IBAN)
    assert "Granted for eight hours" in text(bureau.step(bureau.owner, "grant"))


def test_an_account_changed_after_the_grant_wants_a_new_one(bureau):
    bureau.ask()
    bureau.step(bureau.owner, "grant")
    bureau.account(bureau.people[0], "S-1", "Anna Example", "NL91ABNA0417164300")
    assert "not granted, or no longer" in text(bureau.step(bureau.hr, "take"))
    assert PayExport.objects.get().state == "asked"
    bureau.step(bureau.owner, "grant")
    assert b"NL91ABNA0417164300" in open_file(bureau.step(bureau.hr, "take").content, BANK.secret)


def test_only_a_locked_run_and_known_recipients_have_files(bureau):
    assert "Choose what is to be written" in text(bureau.ask(recipient="Thief"))
    assert "Choose what is to be written" in text(bureau.ask("exec"))
    assert "choose a date" in text(bureau.ask(pay_on="soon"))
    PayRun.objects.update(state=RunState.APPROVED)
    assert "locked run only" in text(bureau.ask())
    assert not PayExport.objects.exists()


def test_recipients_are_an_owners_word_and_real_keys(bureau):
    assert bureau.enrol(bureau.hr).status_code == 403
    assert "begins with age1" in text(bureau.enrol(name="X", key="age1nonsense"))
    assert "gets no more files" in text(bureau.enrol(key=""))
    assert "Choose what is to be written" in text(bureau.ask())


def test_another_clerk_may_grant_and_a_file_can_be_dropped(bureau):
    bureau.ask()
    bureau.step(second_hr(bureau.house), "grant")
    assert PayExport.objects.get().state == "granted"
    bureau.step(bureau.hr, "drop")
    assert not PayExport.objects.exists()


def test_the_same_file_taken_twice_has_one_id(bureau):
    bureau.ask()
    bureau.step(bureau.owner, "grant")
    ids = set()
    for _n in range(2):
        document = open_file(bureau.step(bureau.hr, "take").content, BANK.secret).decode()
        ids.add(document.partition("<MsgId>")[2].partition("<")[0])
    (one,) = ids
    assert len(one) <= 35


def test_the_worker_sees_who_had_their_pay_written(bureau, house):
    bureau.contract(house.person, "3000.00", currency="EUR")
    bureau.ask("journal")
    bureau.step(bureau.owner, "grant")
    bureau.step(bureau.hr, "take")
    worker = bureau.world.keeper
    from gatehouse.keeper.protocol import Authority

    who = str(bureau.people[0].pk)
    code = worker.invite(who, Role.WORKER, Authority(ticket=house.ticket(Role.OWNER)), sites=(), subject=who)
    token = worker.sign_in(code).token
    assert "fill.journal" in {look.purpose for look in worker.looks(who, token)}
