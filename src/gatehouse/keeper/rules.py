"""Who may ask the keeper for what: roles by ticket, and the named jobs of the server."""

from datetime import date, timedelta

from gatehouse.keeper.protocol import LABELS, KeyClass, Role

SECRETS = frozenset({"django", "sources", "provider.test", "edge-admin", "audit"})

_PEOPLE = frozenset({Role.OWNER, Role.HR, Role.SECURITY})
ALL_OPERATORS = frozenset(Role) - {Role.WORKER, Role.CONTRACTOR}
VERBS: dict[str, frozenset[Role]] = {
    "tokens": frozenset({Role.OWNER, Role.HR, Role.SECURITY, Role.WORKER}),
    "who": _PEOPLE,
    "who.old": frozenset({Role.OWNER, Role.HR}),
    "find": _PEOPLE | {Role.PARKING},
    "sign.pass": _PEOPLE | {Role.WORKER},
    "sign.receipt": frozenset({Role.OWNER, Role.PARKING}),
    "sign.ask": frozenset({Role.OWNER}),
    "forget": frozenset({Role.OWNER, Role.HR}),
    "forget_days": frozenset({Role.OWNER}),
    "forget_books": frozenset({Role.OWNER}),
    "hold": frozenset({Role.OWNER, Role.HR}),
    "prove": frozenset({Role.OWNER, Role.AUDITOR}),
    "invite": frozenset({Role.OWNER}),
    "invite.worker": frozenset({Role.OWNER, Role.HR}),
    "enrol_edge": frozenset({Role.OWNER}),
    "looks": frozenset({Role.OWNER, Role.AUDITOR}),
    "usage": ALL_OPERATORS,
    "resemble": frozenset({Role.OWNER, Role.SECURITY, Role.PARKING}),
    "second_plate": frozenset({Role.OWNER, Role.SECURITY, Role.PARKING}),
    "grant": frozenset({Role.OWNER, Role.HR}),
    "fill": frozenset({Role.OWNER, Role.HR}),
    "enrol_recipient": frozenset({Role.OWNER}),
    "entrust": frozenset({Role.OWNER, Role.HR}),
    "recipients": frozenset({Role.OWNER, Role.HR}),
    "mint": frozenset({Role.OWNER}),
    "bulk.ask": ALL_OPERATORS,
    "bulk.answer": frozenset({Role.OWNER, Role.HR}),
    "bulk.see": frozenset({Role.OWNER, Role.HR, Role.AUDITOR}),
    "roll": frozenset({Role.OWNER}),
}

# What a template or a PIN is for happens inside keeper and edge: no page ever needs one. A provider's keys and the
# token that a driver's account is charged by are for the job `payments` alone, the mail server's password for `mail`.
NEVER_SHOWN = frozenset(
    {
        "face.template/1",
        "credential.pin/1",
        "provider.account/1",
        "mandate.token/1",
        "visit.plate/1",
        "mail.server/1",
        "mail.envelope/1",
        "import.file/1",  # for the job `imports` alone
    }
)
# The keeper writes these itself, out of signed letters. Whoever could have any plate sealed as a stay's would learn its
# token from `retoken`, and so try plates without a cap.
WRITTEN_HERE = frozenset({"attempt.facts/1", "passage.facts/1", "stay.plate/1", "stay.entry/1"})
WRITTEN_HERE |= {"face.pair/1"}
_VEHICLES = frozenset({"vehicle.plate/1", "list.reason/1", "stay.plate/1", "stay.entry/1", "stay.books/1"})
_RECEIPTS = frozenset({"receipt.facts/1", "invoice.request/1"})
_GATES = frozenset({"attempt.facts/1", "passage.facts/1"})
_TEXTS = frozenset({"site.text/1", "stay.step/1", "takings.lengths/1"})
_DISPUTES = frozenset({"dispute.claim/1", "dispute.answer/1"})
_PERSON = frozenset({"person.brief/1", "person.name/1"})
_VISITS = frozenset({"visit.span/1", "visit.brief/1", "visit.facts/1"})
_PICKUP = frozenset({"pupil.pickup/1", "collector.children/1"})
_COMPANY = frozenset({"payrun.summary/1", "pay.setup/1", "worklist.open/1", "figures.sheet/1", "face.pair/1"})
_ALL = frozenset(LABELS) - NEVER_SHOWN
READS: dict[Role, frozenset[str]] = {
    Role.OWNER: _ALL,
    Role.HR: _ALL
    - _RECEIPTS
    - _DISPUTES
    - {"mandate.consent/1", "stay.books/1", "device.secret/1", "operator.contact/1", "proprietor.bank/1"}
    - {"hook.secret/1", "mail.address/1"},
    Role.SECURITY: _PERSON
    | _GATES
    | _VEHICLES
    | _TEXTS
    | _VISITS
    | _PICKUP
    | {"person.contact/1", "person.consent/1", "face.photo/1", "credential.card/1", "credential.pass/1"},
    Role.PARKING: _PERSON | _GATES | _VEHICLES | _RECEIPTS | _DISPUTES | _TEXTS | {"mandate.consent/1"},
    Role.AUDITOR: frozenset({"person.brief/1", "person.name/1"}) | _TEXTS,
    Role.CONTRACTOR: _PERSON | {"person.roster/1"},  # of their own people alone: keeper/contractors.py
    Role.WORKER: _ALL
    - _VEHICLES
    - _COMPANY
    - _RECEIPTS
    - _DISPUTES
    - {"mandate.consent/1", "device.secret/1", "operator.contact/1", "proprietor.bank/1"}
    - {"import.row/1", "hook.secret/1", "staff.change/1", "mail.address/1", "pupil.pickup/1"},
}
# What a worker reads of the people whom they manage: who asks, what for, and who answered.
TEAM_READS = frozenset({"person.brief/1", "person.name/1", "work.note/1", "note.answer/1"})
TEAM_MOST = 1000  # entries of one manager's team at one site

JOBS: dict[str, frozenset[str]] = {
    "workdays": frozenset({"who"}),
    "payslips": frozenset(),
    "performance": frozenset(),
    "feed": frozenset(),
    "retoken": frozenset(),
    "passes": frozenset({"sign.receipt"}),
    "payments": frozenset(),
    "stays": frozenset({"forget.stay"}),
    "receipts": frozenset({"sign.receipt"}),
    "retention": frozenset({"forget_days", "forget_books"}),
    "disputes": frozenset(),
    "imports": frozenset(),
    "hooks": frozenset(),
    "mail": frozenset(),
    "honeys": frozenset({"honeys"}),
    "incidents": frozenset({"incidents"}),
    "staff": frozenset({"forget.face"}),
    "crews": frozenset({"who"}),
    "notices": frozenset({"who"}),
    "visits": frozenset({"sign.visit", "forget.visit", "tokens.visit"}),
    "backup": frozenset({"snapshot"}),
}
# To whom the job `mail` may write: addresses that somebody left here for that.
MAILABLE = frozenset({"mail.address/1", "guardian.mail/1"})
# A job sees time and pay under a random id, of everybody if need be, and never a name: no cap stands against it.
JOB_READS: dict[str, frozenset[str]] = {
    "workdays": frozenset(
        {
            "work.note/1",
            "workday.facts/1",
            "contract.terms/1",
            "workday.beside/1",
            "work.answers/1",
            "worklist.open/1",
            "person.file/1",
            "leave.book/1",
        }
    ),
    "payslips": frozenset(
        {
            "work.note/1",
            "workday.facts/1",
            "contract.terms/1",
            "contract.extras/1",
            "pay.input/1",
            "payslip.lines/1",
            "payslip.run/1",
            "person.file/1",
            "leave.book/1",
        }
    ),
    "feed": frozenset({"person.file/1", "person.roster/1", "visit.span/1"}),
    "performance": frozenset({"workday.facts/1", "person.file/1"}),
    "receipts": frozenset({"receipt.facts/1"}),  # for whoever holds the receipt's link
    "disputes": frozenset({"dispute.answer/1"}),  # for whoever holds the address of the receipt
    "payments": frozenset({"provider.account/1", "mandate.token/1"}),
    "imports": frozenset({"import.row/1", "import.file/1"}),  # what somebody handed over, until it is taken in
    "hooks": frozenset({"hook.secret/1"}),
    "mail": MAILABLE | {"mail.server/1", "mail.envelope/1"},
    "staff": frozenset({"staff.change/1", "contract.terms/1", "person.file/1"}),  # what comes into force on a date
    "crews": frozenset({"person.roster/1"}),  # who works for whom, to count heads
    "notices": frozenset(
        {"person.file/1", "workday.facts/1", "register.marks/1", "pupil.pickup/1"}
    ),  # who is missed at the bell, and how many guardians there are to tell
    "visits": frozenset({"visit.span/1"}),  # when, and that they came: for whoever holds the link of the visit
}
JOB_WHO_DAYS = 3  # a job asks freely whose tokens of so many past days; older by a ticket
WHO_DAYS = 40  # and nobody further back than this
LOCATE_DAYS = 7  # an open stay's token is at most so old, even after the server was away
RETOKEN_DAYS = 1  # a stay's new day is the site's today, give or take a time zone
PASS_DAYS = 367  # a pass holds no longer and begins no later: what a stolen web process had signed ends some day
VISIT_PASS_S = 600  # what the job signs for a visitor is good for minutes: their phone asks again
RECEIPT_DAYS = 2  # a receipt opens no later: the time to leave is minutes
RETENTION_DAYS = 7  # the job retention destroys no younger day

FORGETTABLE = frozenset(
    {KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK, KeyClass.VEHICLE, KeyClass.VISIT}
)
BOOKS_YEARS = 5  # nobody destroys younger books
HOLD_YEARS = 35  # a hold ends some day
HOLD_WHY = frozenset({"law.pay", "law.tax", "law.health", "dispute", "claim", "investigation", "authority"})

PERSONAL = frozenset({KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK})


def may_hold_stays(day: date, today: date) -> bool:
    """Whether open stays may carry that day's tokens now. For no other day a plate gets one: whoever asked for any day
    could follow it through all of them."""
    return timedelta(days=-1) <= today - day <= timedelta(days=LOCATE_DAYS)
