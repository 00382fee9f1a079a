"""The closed table of cell labels: what may be sealed, under which class of key, and which cap a look counts against;
and the plaintexts that the keeper itself writes."""

from datetime import datetime
from enum import StrEnum

import msgspec


class KeyClass(StrEnum):
    """What a data key protects. One key per (owner, class)."""

    FACE = "face"  # per person: templates and photos
    IDENTITY = "identity"  # per person: name, contact, identity numbers, bank
    ACCESS = "access"  # per person: credentials, and one half of every passage of theirs
    WORK = "work"  # per person: time, pay, personnel file
    VEHICLE = "vehicle"  # per vehicle: plate
    SITE_DAY = "day"  # per site and local date: passages
    STAY = "stay"  # per open stay
    BOOKS = "books"  # per site and year: what the law wants kept
    SITE = "site"  # per site: texts and device secrets that belong to no person
    VISIT = "visit"  # per visit: who came to whom, when and by which car; destroyed soon after


class Budget(StrEnum):
    """Which published cap a look counts against; distinct people an hour and a day."""

    NONE = "none"  # no personal data: a stay's entry time
    BRIEF = "brief"  # staff number and initials in lists
    NAMES = "names"
    SENSITIVE = "sensitive"  # contact, bank, photo, plate, identity number
    WORK = "work"  # time and pay


class Label(msgspec.Struct, frozen=True):
    """A frozen purpose label: it is part of every cell's AAD, so a cell never opens under another label."""

    name: str
    key: KeyClass
    budget: Budget
    buckets: tuple[int, ...]  # plaintext is padded to the next of these sizes in bytes; beyond the last: sqrt(2) steps
    indexed: bool = False  # find() searches it in the keeper's memory
    edges: bool = False  # reseal() may hand it to an enrolled edge


LABELS: dict[str, Label] = {
    label.name: label
    for label in (
        Label("person.brief/1", KeyClass.IDENTITY, Budget.BRIEF, (64,), indexed=True, edges=True),
        Label("person.name/1", KeyClass.IDENTITY, Budget.NAMES, (64, 128, 256), indexed=True),
        Label("person.contact/1", KeyClass.IDENTITY, Budget.SENSITIVE, (256, 512)),
        Label("person.identity/1", KeyClass.IDENTITY, Budget.SENSITIVE, (128, 256)),
        Label("person.bank/1", KeyClass.IDENTITY, Budget.SENSITIVE, (128, 256)),
        Label("person.file/1", KeyClass.WORK, Budget.WORK, (512, 1024, 2048)),
        Label("person.consent/1", KeyClass.IDENTITY, Budget.WORK, (512, 1024)),
        Label("face.template/1", KeyClass.FACE, Budget.SENSITIVE, (2048, 4096, 8192), edges=True),
        Label("face.photo/1", KeyClass.FACE, Budget.SENSITIVE, (16384,)),
        Label("credential.card/1", KeyClass.ACCESS, Budget.SENSITIVE, (32,), edges=True),
        Label("credential.pin/1", KeyClass.ACCESS, Budget.SENSITIVE, (32,), edges=True),
        Label("credential.day_card/1", KeyClass.ACCESS, Budget.SENSITIVE, (64,), edges=True),
        Label("credential.pass/1", KeyClass.ACCESS, Budget.SENSITIVE, (512,)),
        Label("vehicle.plate/1", KeyClass.VEHICLE, Budget.SENSITIVE, (32,), indexed=True, edges=True),
        Label("list.reason/1", KeyClass.VEHICLE, Budget.SENSITIVE, (256, 512, 1024)),
        Label("attempt.facts/1", KeyClass.SITE_DAY, Budget.NAMES, (256,)),
        Label("passage.facts/1", KeyClass.SITE_DAY, Budget.NAMES, (256,)),
        Label("stay.plate/1", KeyClass.STAY, Budget.SENSITIVE, (32,), edges=True),
        Label("stay.entry/1", KeyClass.STAY, Budget.NONE, (256,)),
        Label("stay.books/1", KeyClass.BOOKS, Budget.SENSITIVE, (2048, 4096)),
        Label("receipt.facts/1", KeyClass.BOOKS, Budget.WORK, (2048, 4096)),
        Label("invoice.request/1", KeyClass.BOOKS, Budget.NAMES, (512,)),
        Label("workday.facts/1", KeyClass.WORK, Budget.WORK, (1024, 2048, 4096)),
        Label("workday.beside/1", KeyClass.WORK, Budget.WORK, (512, 1024)),
        Label("work.answers/1", KeyClass.WORK, Budget.WORK, (8192, 16384, 32768)),
        Label("worklist.open/1", KeyClass.SITE, Budget.WORK, (4096, 16384, 65536)),
        Label("contract.terms/1", KeyClass.WORK, Budget.WORK, (1024, 2048)),
        Label("payslip.lines/1", KeyClass.WORK, Budget.WORK, (4096, 8192)),
        Label("contract.extras/1", KeyClass.WORK, Budget.WORK, (1024, 2048)),
        Label("pay.input/1", KeyClass.WORK, Budget.WORK, (512, 1024)),
        Label("payslip.run/1", KeyClass.WORK, Budget.WORK, (4096, 8192)),
        Label("payrun.summary/1", KeyClass.SITE, Budget.WORK, (4096, 16384)),
        Label("pay.setup/1", KeyClass.SITE, Budget.WORK, (1024,)),
        Label("work.note/1", KeyClass.WORK, Budget.WORK, (512, 1024, 2048)),
        Label("person.roster/1", KeyClass.WORK, Budget.WORK, (512,)),
        Label("register.marks/1", KeyClass.WORK, Budget.WORK, (2048,)),
        Label("leave.book/1", KeyClass.WORK, Budget.WORK, (1024, 2048, 4096, 8192)),
        Label("note.answer/1", KeyClass.WORK, Budget.WORK, (1024, 2048)),
        Label("staff.change/1", KeyClass.WORK, Budget.WORK, (4096, 8192, 16384)),
        Label("department.staff/1", KeyClass.SITE, Budget.NONE, (1024, 4096, 16384)),
        Label("goal.facts/1", KeyClass.WORK, Budget.WORK, (1024, 2048, 4096)),
        Label("review.text/1", KeyClass.WORK, Budget.WORK, (2048, 4096, 16384)),
        Label("review.reply/1", KeyClass.WORK, Budget.WORK, (1024, 2048, 4096)),
        Label("contest.about/1", KeyClass.WORK, Budget.WORK, (128,)),
        Label("contest.words/1", KeyClass.WORK, Budget.WORK, (1024, 2048, 4096)),
        Label("figures.sheet/1", KeyClass.SITE, Budget.NONE, (8192, 32768)),
        Label("operator.contact/1", KeyClass.SITE, Budget.SENSITIVE, (256,)),
        Label("site.text/1", KeyClass.SITE, Budget.NONE, (256, 512, 1024)),
        Label("stay.step/1", KeyClass.BOOKS, Budget.NONE, (64,)),
        Label("takings.lengths/1", KeyClass.BOOKS, Budget.NONE, (128,)),
        Label("proprietor.bank/1", KeyClass.SITE, Budget.SENSITIVE, (128, 256)),
        Label("dispute.claim/1", KeyClass.BOOKS, Budget.SENSITIVE, (1024, 2048, 4096)),
        Label("dispute.answer/1", KeyClass.BOOKS, Budget.WORK, (1024, 2048, 4096)),
        Label("device.secret/1", KeyClass.SITE, Budget.SENSITIVE, (256,), edges=True),
        Label("provider.account/1", KeyClass.SITE, Budget.SENSITIVE, (4096, 8192)),
        Label("import.row/1", KeyClass.SITE, Budget.NAMES, (256, 512, 1024, 2048)),
        Label("hook.secret/1", KeyClass.SITE, Budget.SENSITIVE, (64,)),
        Label("mail.address/1", KeyClass.SITE, Budget.SENSITIVE, (128, 256)),
        Label("mail.server/1", KeyClass.SITE, Budget.SENSITIVE, (512, 1024)),
        Label("mail.envelope/1", KeyClass.SITE, Budget.SENSITIVE, (512, 1024)),
        Label("mandate.token/1", KeyClass.VEHICLE, Budget.SENSITIVE, (256,)),
        Label("subject.request/1", KeyClass.IDENTITY, Budget.WORK, (1024, 2048, 4096)),
        Label("erasure.certificate/1", KeyClass.SITE, Budget.NONE, (4096, 8192)),
        Label("mandate.consent/1", KeyClass.VEHICLE, Budget.SENSITIVE, (1024, 2048)),
        Label("visit.span/1", KeyClass.VISIT, Budget.BRIEF, (512,)),
        Label("visit.brief/1", KeyClass.VISIT, Budget.BRIEF, (256,), edges=True),
        Label("visit.facts/1", KeyClass.VISIT, Budget.NAMES, (2048,)),
        Label("visit.plate/1", KeyClass.VISIT, Budget.SENSITIVE, (32,), edges=True),
    )
}


class StayEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Plaintext of a stay.entry/1 cell, which the keeper writes when it admits a lane's passage in."""

    entered_at: datetime
    reason: str  # access.Reason of the grant: visitor, permit, by_hand
    passage: str  # id of the passage in
    vehicle_class: str = "car"  # as its plate says: `domain.plates.vehicle_class`
    vehicle: str | None = None  # id of the registered vehicle, where the gate knew it


class PassageFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Plaintext of attempt.facts/1 and passage.facts/1."""

    subject: str | None
    plate: str | None
    means: str
    reason: str
    rule: str | None
    policy: int = 0  # of an attempt, from here on: what its answer rests on, as in `wire.Attempt`
    groups: list[str] = []
    was_in: str | None = None
    inside: int | None = None
