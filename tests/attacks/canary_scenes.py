"""A site with a canary in every field that says something of somebody, each written by the action that writes that
field on any day.

`PLANTED_BY` says which scene plants which label; `NO_WORDS` which label holds nothing that anybody typed, and why. A
label of the keeper's that stands in neither fails `test_canaries`, so a new field gets its canary with its label.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

import httpx
from django.db import transaction
from tests.attacks.canaries import Canaries
from tests.attacks.canary_doors import Doors
from tests.backups.house import House
from tests.server import garage_days
from tests.server.pay_world import APRIL, MARCH, PayWorld, absent, worked
from tests.server.photo_zips import hopper, jpeg
from tests.server.test_registers import PLAN
from tests.server.world import ZONE, World

from gatehouse.domain.findings import Answer, Key, Kind, Way
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY
from gatehouse.domain.registers import Mark, Status
from gatehouse.domain.subject_rights import Asked
from gatehouse.domain.table_columns import Kind as Table
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.actions import add_operator
from gatehouse.server.alerts.actions import add_recipient
from gatehouse.server.attendance import answers, leave_actions, register_actions, worklist_actions
from gatehouse.server.attendance.actions import add_note
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.gates.actions import add_device, open_by_hand
from gatehouse.server.gates.models import DeviceKind
from gatehouse.server.hooks.actions import add_hook
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.interchange import photos, reading, workbooks
from gatehouse.server.interchange.sealed_file import PIECE, Part
from gatehouse.server.mail import actions as mail
from gatehouse.server.mail.cells import Address, ServerFacts
from gatehouse.server.parking import accounts, autopay, invoices, lists, receipts
from gatehouse.server.parking.models import ListKind
from gatehouse.server.payroll import actions as payroll
from gatehouse.server.payroll import inputs
from gatehouse.server.payroll.models import Payslip, RunKind
from gatehouse.server.payroll.run_cells import ComponentFacts, Extras, Input, Payer, RecurringFacts
from gatehouse.server.people import roster_actions
from gatehouse.server.people.actions import Facts, add_group, add_site, hire_person
from gatehouse.server.people.cells import ConsentFacts, TermWish
from gatehouse.server.people.credential_actions import add_card, give_consent, lend_card, set_pin
from gatehouse.server.people.models import Credential, Person, Purpose, SiteType
from gatehouse.server.people.roster_cells import RosterFacts
from gatehouse.server.people.vehicle_actions import register_vehicle
from gatehouse.server.performance import actions as performance
from gatehouse.server.performance import contests
from gatehouse.server.performance.cells import AboutDay
from gatehouse.server.pickup import actions as pickup
from gatehouse.server.pickup.cells import PermissionFacts
from gatehouse.server.rights import requests
from gatehouse.server.staffing import changes
from gatehouse.server.takings import disputes, owners
from gatehouse.server.visits import actions as visits

PORTRAIT = jpeg(hopper())


class Scenes:
    """A site of everything at `house`, whose fields are filled by the actions that fill them on any day."""

    def __init__(self, house: House, world: World, canaries: Canaries) -> None:
        self.house, self.world, self.made = house, world, canaries
        self.at, self.site = world.now(), world.site
        self.today = garage_days.today(world)
        self.hr, self.owner = world.operator(Role.HR), world.operator(Role.OWNER)
        self.by = {"by": self.hr, "at": self.at}

    @cached_property
    def program(self) -> httpx.Client:
        return self.house.program(Role.HR)

    # --- people ---------------------------------------------------------------------------------------------------

    @cached_property
    def department(self) -> str:
        return self.made.word("person.file/1")

    @cached_property
    def person(self) -> Person:
        """Hired over the API, with every field that it takes."""
        new = self.made
        body = {
            "number": new.word("person.brief/1"),
            "name": new.name("person.name/1"),
            "contact": {
                "phone": f"+86{new.number('person.contact/1')}",
                "mail": new.word("person.contact/1", "{}@example.org"),
                "address": new.word("person.contact/1", "{} Road 5"),
            },
            "identity": {
                "number": str(new.number("person.identity/1", 18)),
                "tax_number": new.word("person.identity/1"),
            },
            "bank": {
                "account": new.iban("person.bank/1"),
                "holder": new.name("person.bank/1"),
                "bank": new.word("person.bank/1"),
            },
            "file": {
                "department": self.department,
                "manager": new.word("person.file/1"),
                "post": new.word("person.file/1"),
            },
        }
        answer = self.program.post(f"/api/sites/{self.site.pk}/people", json=body)
        assert answer.status_code == 201, answer.text
        return Person.objects.get(pk=answer.json()["id"])

    def hire(self) -> None:
        assert self.person

    def enrol(self) -> None:
        """Consent, face, cards and PIN. The portrait goes the way of every upload."""
        new, label = self.made, "person.consent/1"
        facts = ConsentFacts(
            self.today, "demo/1", new.word(label), new.name(label), signed=new.name(label), how=new.word(label)
        )
        give_consent(self.person, Purpose.FACE, facts, **self.by)
        address = f"/api/people/{self.person.pk}/face"
        answer = self.program.post(address, files={"image": (new.word("typed: upload", "{}.jpg"), PORTRAIT)})
        assert answer.status_code == 201, answer.text
        new.add("typed: upload", "faces", PORTRAIT)
        made = [
            add_card(self.person, str(new.number("credential.card/1")), **self.by),
            lend_card(self.person, str(new.number("credential.day_card/1")), **self.by),
            set_pin(self.person, str(new.number("credential.pin/1", 12)), **self.by),
        ]
        assert all(isinstance(one, Credential) for one in made), made

    def enter_roster(self) -> None:
        roster_actions.enter_roster(self.person, RosterFacts(self.made.word("person.roster/1")), **self.by)

    def ask_of_ones_rights(self) -> None:
        row = requests.ask(self.person, Asked.CORRECTION, self.made.word("subject.request/1"), **self.by)
        requests.take_back(row, **self.by)

    def move(self) -> None:
        terms = TermWish("month", self.made.number("staff.change/1"), "CNY")
        changes.move(self.person, self.today + 5 * DAY, terms=terms, **self.by)

    # --- time and pay ---------------------------------------------------------------------------------------------

    def work(self) -> None:
        new = self.made
        day, away = worked(self.today - DAY), absent(self.today - 2 * DAY)
        shift = pattern_fact(new.word("workday.facts/1"), {"start": "09:00:00", "end": "18:00:00"})
        PayWorld(self.world).days(self.person, replace(day, pattern=shift), away)
        leave = LeaveNote(self.today, "whole", new.word("work.note/1"))
        note = add_note(self.person, leave, state=NoteState.ASKED, **self.by)
        assert answers.write_word(note, approved=True, reason=new.word("note.answer/1"), **self.by)
        leave_actions.say(self.person, "given", "annual", self.today, Fraction(2), new.word("leave.book/1"), **self.by)
        found = Key(self.today - DAY, Kind.LATE)
        said = Answer("1", found, Way.EXCUSE, new.word("work.answers/1"), self.hr.actor, self.at)
        assert worklist_actions.give(self.person, found.date.replace(day=1), [said], **self.by)
        worklist_actions.list_waiting(self.site, Month.of(away.date), at=self.at)
        new.add("worklist.open/1", "contacts", self.department)

    def pay(self) -> None:
        """A locked month of one person, and a draft of the next; sums of canaries are canaries too."""
        new, office = self.made, PayWorld(self.world)
        payer = Payer(new.name("pay.setup/1"), new.iban("pay.setup/1"))
        inputs.set_setup(self.site, rulebook="", accounts={}, payer=payer, **self.by)
        salary, post, bonus = (
            new.number(label, length)
            for label, length in (("contract.terms/1", 10), ("contract.extras/1", 9), ("pay.input/1", 9))
        )
        office.contract(self.person, f"{salary // 100}.{salary % 100:02d}")
        since = date(2026, 1, 1)
        extras = Extras("CNY", [RecurringFacts(ComponentFacts("fixed", "post", post), since)])
        assert inputs.set_extras(self.person, extras, **self.by)
        given = Input("CNY", [ComponentFacts("fixed", "bonus", bonus)])
        assert inputs.set_input(self.person, MARCH, RunKind.REGULAR, given, **self.by)
        for month in (MARCH, APRIL):
            office.full(self.person, month)
        office.pay(MARCH)
        draft = payroll.draft_payslip(self.person, APRIL, **self.by)
        assert Payslip.objects.filter(person=self.person).exists(), draft
        new.add("payslip.run/1", "contacts", str(salary))
        new.add("payslip.lines/1", "contacts", str(salary))
        new.add("payrun.summary/1", "contacts", str(salary + post + bonus))

    def perform(self) -> None:
        new, person = self.made, self.person
        performance.add_goal(person, new.word("goal.facts/1"), self.today + 9 * DAY, **self.by)
        since, until = self.today - 9 * DAY, self.today - DAY
        review = performance.add_review(person, new.word("review.text/1"), since, until, **self.by)
        performance.reply_to_review(review, new.word("review.reply/1"), **self.by)
        contest = contests.open_contest(person, AboutDay(until), new.word("contest.words/1"), **self.by)
        contests.answer(contest, new.word("contest.words/1"), "stands", **self.by)

    # --- a school and visitors ------------------------------------------------------------------------------------

    def school(self) -> None:
        new, by = self.made, self.by
        school = add_site("school", "School", SiteType.SCHOOL, zone=ZONE, currency="CNY", **by)
        group = add_group(school, "Class 3b", **by)
        pupil = hire_person(school, Facts("P-1", new.name("person.name/1")), groups=[group], **by)
        of = register_actions.set_class(group, register_actions.set_plan(school, "day", PLAN, **by), None, **by)
        mark = Mark("morning", Status.ABSENT, "sickness", new.word("register.marks/1"), by=self.hr.actor, at=self.at)
        register_actions.sign(of, self.today, {pupil.pk: [mark]}, {}, **by)
        pickup.set_up(school, tells=True, grace_min=10, **by)
        mother = pickup.NewCollector("G-1", new.name("person.name/1"), new.word("guardian.mail/1", "{}@example.org"))
        collector = pickup.add_collector(school, mother, **by)
        said = PermissionFacts(str(collector.pk), relation=new.word("pupil.pickup/1"))
        pickup.permit(pupil, collector, said, **by)

    def visit(self) -> None:
        new, label = self.made, "visit.facts/1"
        visits.set_up(self.site, [self.world.door], 1, **self.by)
        of = visits.Invited(
            new.name(label), self.at, self.at + timedelta(hours=2), purpose=new.word(label),
            mail=new.word(label, "{}@example.org"), plate=new.plate("visit.plate/1", label),
        )  # fmt: skip
        made = visits.invite(self.person, of, **self.by)
        assert hasattr(made, "pk"), made

    # --- vehicles -------------------------------------------------------------------------------------------------

    def vehicles(self) -> None:
        new, by = self.made, self.by
        vehicle = register_vehicle(self.site, new.plate("vehicle.plate/1"), owner=self.person, **by)
        wanted = lists.Wanted(new.plate("vehicle.plate/1"), None, new.word("list.reason/1"))
        lists.add_entries(self.site, ListKind.BLOCKED, [wanted], **by)
        offered = autopay.offer(vehicle, "test", None, **by)
        words = new.word("mandate.consent/1", "I, {}, agree.")
        autopay.agree(offered, words, "en", return_url="https://gate.example/x", at=self.at)

    def park(self) -> None:
        """One car that was refused, one that stays, one that paid, asked for an invoice and contests it."""
        new, world = self.made, self.world
        refused = new.plate("attempt.facts/1")
        world.tell(world.attempt("in", granted=False, reason="blocked", plate=refused))
        garage_days.come(world, new.plate("passage.facts/1", "stay.plate/1"), world.ago(minutes=20))
        paid = garage_days.visit(world, new.plate("passage.facts/1"), world.ago(minutes=70), 65)
        receipt = receipts.give_receipt(paid.pk, at=self.at)
        assert receipt is not None
        label = "invoice.request/1"
        mail_to = new.word(label, "{}@example.org")
        invoice = invoices.Invoice("company", new.word(label), new.word(label), mail_to, self.at)
        invoices.ask_invoice(receipt, invoice, at=self.at)
        claim, reach = new.word("dispute.claim/1"), new.word("dispute.claim/1", "{}@example.org")
        row = disputes.open_dispute(paid, claim, reach=reach, by=disputes.DISPUTES, at=self.at)
        disputes.ask_back(row, new.word("dispute.answer/1"), by=world.operator(Role.PARKING), at=self.at)

    # --- the site's own -------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        new, by = self.made, self.by
        add_operator("canary-op", Role.HR, contact=new.word("operator.contact/1", "{}@example.org"), **by)
        open_by_hand(self.world.door, new.word("site.text/1"), **by)
        secret = new.word("device.secret/1")
        add_device(self.world.door, DeviceKind.CAMERA, "stream", "rtsp://192.0.2.1/a", secret=secret, **by)
        label = "provider.account/1"
        keys = {"secret_key": new.word(label, "sk_test_{}"), "webhook_secret": new.word(label, "whsec_{}")}
        accounts.add_account(self.site, "stripe", keys, **by)
        owners.set_account(owners.add_proprietor("Garages Ltd", **by), new.iban("proprietor.bank/1"), **by)
        add_hook(self.site, "https://hooks.example/x", list(EventKind), by=self.owner, at=self.at)

    def post_mail(self) -> None:
        """It waits: nobody listens where its server should be."""
        new, owner = self.made, {"by": self.owner, "at": self.at}
        label = "mail.server/1"
        server = ServerFacts("127.0.0.1", 9, new.word(label), new.word(label), "none", "gate@example.org")
        mail.set_server(server, **owner)
        who = add_recipient(new.word("mail.address/1", "{}@example.org"), [], **owner)
        to = Address("mail.address/1", str(who.pk), bytes(who.address_cell))
        with transaction.atomic():
            mail.send("alert.limits", to, {"at": "09:00", "zone": ZONE}, own="canary", now=self.at)

    def bring_files(self) -> None:
        """A table that waits for a word, and half of an archive that is still on its way."""
        new, label = self.made, "import.row/1"
        row = f"E-1,{new.name(label)},{new.word(label)}"
        reading.bring(self.site, Table.PEOPLE, workbooks.read(f"工号,姓名,部门\n{row}\n".encode()), **self.by)
        part = Part(new.word("import.file/1", "{}.zip"), 2 * PIECE)
        task = photos.announce(self.site, [part], **self.by)
        assert photos.take_piece(task, 0, new.word("typed: half an archive").encode().ljust(PIECE, b"\x01")) == 1

    def type(self) -> None:
        """What is typed, sent or broken at the doors of the running server, and answered by a page or a refusal."""
        Doors(self.house, self.world, self.made).knock()


Scene = Callable[[Scenes], None]

PLANTED_BY: dict[str, Scene] = {
    **dict.fromkeys(
        (
            "operator.contact/1", "site.text/1", "device.secret/1", "provider.account/1", "proprietor.bank/1",
            "hook.secret/1",
        ),
        Scenes.set_up,
    ),
    **dict.fromkeys(
        ("person.brief/1", "person.name/1", "person.contact/1", "person.identity/1", "person.bank/1", "person.file/1"),
        Scenes.hire,
    ),
    **dict.fromkeys(
        ("person.consent/1", "credential.card/1", "credential.day_card/1", "credential.pin/1", "face.template/1"),
        Scenes.enrol,
    ),
    "person.roster/1": Scenes.enter_roster,
    "subject.request/1": Scenes.ask_of_ones_rights,
    "staff.change/1": Scenes.move,
    **dict.fromkeys(
        ("workday.facts/1", "work.note/1", "note.answer/1", "leave.book/1", "work.answers/1", "worklist.open/1"),
        Scenes.work,
    ),
    **dict.fromkeys(
        (
            "contract.terms/1", "contract.extras/1", "pay.input/1", "pay.setup/1", "payslip.run/1", "payslip.lines/1",
            "payrun.summary/1",
        ),
        Scenes.pay,
    ),
    **dict.fromkeys(("goal.facts/1", "review.text/1", "review.reply/1", "contest.words/1"), Scenes.perform),
    **dict.fromkeys(("register.marks/1", "guardian.mail/1", "pupil.pickup/1"), Scenes.school),
    **dict.fromkeys(("visit.facts/1", "visit.plate/1"), Scenes.visit),
    **dict.fromkeys(("vehicle.plate/1", "list.reason/1", "mandate.consent/1"), Scenes.vehicles),
    **dict.fromkeys(
        (
            "attempt.facts/1", "passage.facts/1", "stay.plate/1", "invoice.request/1", "dispute.claim/1",
            "dispute.answer/1",
        ),
        Scenes.park,
    ),
    **dict.fromkeys(("mail.address/1", "mail.server/1"), Scenes.post_mail),
    **dict.fromkeys(("import.row/1", "import.file/1"), Scenes.bring_files),
}  # fmt: skip

MADE_HERE = ("face.template/1", "hook.secret/1")  # not ours to choose: searched for as it is found in its cell

NO_WORDS: dict[str, str] = {
    "face.photo/1": "no picture is kept; the one that was uploaded is searched for all the same",
    "face.quality/1": "how sharp and how lit a picture was, in numbers up to 100",
    "face.pair/1": "two random ids, and how they came up",
    "credential.pass/1": "the span of dates of a pass",
    "stay.entry/1": "when a car came, and random ids",
    "stay.books/1": "times and amounts of a stay that is over",
    "stay.step/1": "a step of the tariff and a tax rate",
    "receipt.facts/1": "number, times and amounts of a payment",
    "takings.lengths/1": "how many stays were how long",
    "workday.beside/1": "minutes of punches that belong to no shift",
    "department.staff/1": "random ids and dates",
    "figures.sheet/1": "shares of groups",
    "contest.about/1": "a date, or a month and a code",
    "mail.envelope/1": "which sealed address, by its random id, and that cell again",
    "mandate.token/1": "a payment provider's own reference",
    "erasure.certificate/1": "random ids, codes and dates",
    "collector.children/1": "random ids",
    "notice.absent/1": "random ids, a session's code, when it was answered",
    "visit.span/1": "from when to when",
    "visit.brief/1": "two letters of a name",
}


def plant(house: House, world: World) -> Canaries:
    """Play every scene once, and knock at the doors at the end."""
    canaries = Canaries()
    scenes = Scenes(house, world, canaries)
    for scene in dict.fromkeys(PLANTED_BY.values()):
        scene(scenes)
    scenes.type()
    return canaries
