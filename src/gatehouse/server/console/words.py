"""Codes in plain words, for people who stand at a gate or sit at a desk. Short, without blame, with what to do.

Rules give codes; only pages word them. Every code of `domain.decisions.Reason` has its words here (held by a test).
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console import words_access, words_signin, words_terminals

Text = Promise | str


@dataclass(frozen=True, slots=True)
class Wording:
    """What happened, and what to do about it ("" when there is nothing to do)."""

    what: Text
    do: Text = ""


REASONS: dict[str, Wording] = {
    "rule": Wording(_("Known here, and this is their time")),
    "permit": Wording(_("The permit is valid")),
    "visitor": Wording(_("A visitor's car: the lane lets everybody in")),
    "cleared": Wording(_("Parking is paid, or free")),
    "welcome": Wording(_("On the welcome list")),
    "booking": Wording(_("This stay was booked")),
    "emergency": Wording(_("An emergency vehicle")),
    "pool_full": Wording(
        _("All bays of this contract are taken, so this car is a visitor"),
        _("When a car of the contract has left unseen, free its bay under Permits."),
    ),
    "full": Wording(_("The garage is full"), _("A visitor waits until somebody leaves, or open by hand.")),
    "by_hand": Wording(_("Opened by hand")),
    "receipt": Wording(_("The receipt of a paid stay was shown")),
    "gate_open": Wording(_("The gate stands open for everybody")),
    "offline_owed": Wording(_("Let out while the server was away; what the stay costs is owed")),
    "offline_free": Wording(_("Let out free of charge while the server was away")),
    "server_away": Wording(
        _("The server is away, and this lane waits for it"), _("Open by hand, or let the lane decide alone.")
    ),
    "camera_lost": Wording(_("There is no camera picture; the lane does what its policy says")),
    "clock_doubtful": Wording(
        _("The gate computer does not know the time"), _("Connect it to the internet, or set its clock.")
    ),
    "unknown_face": Wording(_("This face is not enrolled here"), _("Ask for a QR pass or a card, or enrol the face.")),
    "unknown_card": Wording(_("This card is not known here"), _("Check the card on the person's page.")),
    "unknown_pin": Wording(_("This PIN is not known here"), _("Ask them to try again, or use another way in.")),
    "unknown_plate": Wording(_("This plate is not on the list for this lane"), _("Add the vehicle, or open by hand.")),
    "invalid_pass": Wording(_("This pass is not from here"), _("Issue a new pass.")),
    "expired_pass": Wording(_("This pass has ended"), _("Issue a new pass.")),
    "used_pass": Wording(_("This pass was already used"), _("Issue a new pass.")),
    "invalid_receipt": Wording(
        _("This receipt is not from this garage"), _("Look up the plate, or open by hand after looking.")
    ),
    "expired_receipt": Wording(
        _("The time to leave after paying is over"), _("The driver can pay what was added by phone.")
    ),
    "used_receipt": Wording(_("This receipt has opened the exit already"), _("Ask to see who stands there.")),
    "no_rule": Wording(_("Known, but no rule lets them in here"), _("Put them in a group that may pass this gate.")),
    "schedule": Wording(_("Known, but not at this time"), _("Check the schedule of the rule.")),
    "denied": Wording(_("A rule keeps them out"), _("Only a change of that rule lets them in.")),
    "blocked": Wording(_("This vehicle is on the blocked list"), _("Take it off the list, or open by hand.")),
    "unpaid": Wording(
        _("Parking is not paid yet"), _("The driver can pay by phone; the barrier then opens by itself.")
    ),
    "means_not_accepted": Wording(
        _("This gate does not take that way in"), _("Use one of the ways that the gate takes.")
    ),
    "lease_expired": Wording(
        _("The gate has been cut off for too long to trust a face alone"),
        _("Use a pass or card; bring its connection back."),
    ),
    "liveness": Wording(
        _("The face is known, but did not do what it was asked to: this may be a picture"),
        _("Look who stands there. A card, pass or PIN opens as ever."),
    ),
    "stale": Wording(_("The picture came too late to act on"), _("Ask them to step up again.")),
    "already_granted": Wording(_("It is open for them already")),
    "gate_closed": Wording(_("This gate is closed for everybody"), _("Set the gate back to controlled.")),
    "not_confirmed": Wording(_("It opened, but nobody passed")),
}

MEANS: dict[str, Text] = {
    "face": _("Face"),
    "plate": _("Plate"),
    "pass": _("QR pass"),
    "card": _("Card"),
    "pin": _("PIN"),
    "operator": _("By hand"),
    "receipt": _("Receipt code"),
}

LIVENESS: dict[str, Text] = {
    "none": _("opens by itself: a printed photo may do so too"),
    "challenge": _("must turn its head and close its eyes when asked (liveness challenge)"),
}

GATE_KINDS: dict[str, Text] = {"door": _("Door"), "turnstile": _("Turnstile"), "lane": _("Lane")}

DIRECTIONS: dict[str, Text] = {"in": _("in"), "out": _("out"), "both": _("in and out")}

_FAILING = _("It is tried again every few minutes. Tell an owner; the server's log says more.")

EVENTS: dict[str, Wording] = {
    "not_confirmed": Wording(_("It opened, but nobody passed")),
    "relay_lost": Wording(_("The lock or barrier does not answer"), _("Check its power and network.")),
    "relay_back": Wording(_("The lock or barrier answers again")),
    "camera_lost": Wording(_("The camera gives no picture"), _("Check its power, network and lens.")),
    "camera_back": Wording(_("The camera is back")),
    "unread": Wording(_("A plate can not be read"), _("Look at Lanes.")),
    "forced": Wording(_("Opened by force"), _("Send somebody to look.")),
    "held": Wording(_("Held open"), _("Ask somebody to close it.")),
    "blocked_leaves": Wording(
        _("A blocked vehicle is on its way out"), _("It is not held. Speak to the driver if you want to.")
    ),
    "muster_read": Wording(
        _("The muster list was opened at the gate computer"), _("If there is no alarm and no drill, ask who it was.")
    ),
    "muster": Wording(_("The muster list was opened"), _("If there is no alarm and no drill, ask who it was.")),
    "edge_started": Wording(_("The gate computer started")),
    "spool_failed": Wording(
        _("The gate could not write down what it did, so it stayed shut"), _("Check the gate computer's disk.")
    ),
    "expired": Wording(_("Something from this gate waited too long and is lost"), _("Check its network.")),
    "pickup_refused": Wording(
        _("Somebody asked for a pupil whom they may not take"), _("Open Pick-up under People and see who it was.")
    ),
    "edge_silent": Wording(
        _("The gate computer is not heard from"), _("Doors there decide alone. Check its power and network.")
    ),
    "day_change_fails": Wording(_("Parked cars were not carried over to the new date"), _FAILING),
    "workdays_fail": Wording(_("Workdays are not reckoned"), _FAILING),
    "payslips_fail": Wording(_("Payslips are not drafted"), _FAILING),
    "retention_fails": Wording(_("What the site no longer keeps is not destroyed"), _FAILING),
    "incidents_fail": Wording(_("What the keeper warns of is not heard"), _FAILING),
    "takings_fail": Wording(_("The takings of yesterday are not counted"), _FAILING),
    "backup_fails": Wording(
        _("The nightly backup was not written"), _("Ask whoever runs the server: gatehouse doctor says why.")
    ),
    "server_fails": Wording(_("A regular task of the server keeps failing"), _FAILING),
    "hook_dead": Wording(
        _("Another program has taken no message for three days"), _("Look at Webhooks: its address may be wrong.")
    ),
    "hook_gone": Wording(_("Another program wants no more messages"), _("Its address was turned off under Webhooks.")),
    "mail_dead": Wording(
        _("Mail does not go out"), _("Look at Mail under Trust: its server or an address may be wrong.")
    ),
    "quarantine": Wording(
        _("A report from a gate computer was refused and kept aside"), _("An owner should look: it may be forged.")
    ),
    **{kind: Wording(*said) for kind, said in words_terminals.EVENTS.items()},
}

ROLES: dict[str, Text] = {
    "owner": _("Owner"),
    "security": _("Security"),
    "hr": _("HR"),
    "parking": _("Parking"),
    "auditor": _("Auditor"),
    "worker": _("Worker"),
    "contractor": _("Contractor"),
}

REFUSED: dict[str, Wording] = {
    "over_budget": Wording(
        _("You have looked at as many people as your role may for now"),
        _("Limits count the last hour, day and 30 days and free up as these pass. Gates are not affected."),
    ),
    "no_ticket": Wording(_("Your sign-in has ended"), _("Sign in again.")),
    "bad_code": Wording(
        _("This link does not work any more"),
        _("A sign-in link works once and for a short time. Ask for a new one."),
    ),
    "not_active": Wording(
        _("This account is switched off, or its role has changed"), _("Ask an owner for a new link.")
    ),
    "not_allowed": Wording(_("Your role may not see this"), _("Ask somebody whose work it is.")),
    "bad_request": Wording(_("The keeper did not understand the request"), _("Try again; then tell an owner.")),
    "unknown_edge": Wording(_("This gate computer is not enrolled"), _("An owner enrols it at the keeper.")),
    "day_destroyed": Wording(_("The keys of that day are destroyed, as planned"), _("Nobody can read it any more.")),
    "capped": Wording(_("Too many tries for now"), _("Wait a few minutes, then try again.")),
    "locked": Wording(
        _("Signing in is locked for a while"), _("There were too many wrong codes. Wait, then use a new link.")
    ),
    **{code: Wording(*said) for code, said in words_signin.REFUSED.items()},
}

FLAGS: dict[str, Text] = {
    "late": _("late"),
    "early": _("left early"),
    "absent": _("absent"),
    "missing_in": _("no punch in"),
    "missing_out": _("no punch out"),
    "ot_unapproved": _("overtime not approved"),
    "worked_on_leave": _("worked on leave"),
}

PURPOSES: dict[str, Text] = {
    "muster.list": _("opened the muster list"),
    "pickup.desk": _("at the desk where pupils are collected"),
    "pickup.page": _("opened who may collect a pupil"),
    "pickup.edit": _("changed who may collect a pupil"),
    "pickup.hand_over": _("handed a pupil over"),
    "pickup.slip": _("printed a late slip"),
    "notices.bell": _("to see who is missed at the bell"),
    "crews.own": _("a contractor looked at their own people"),
    "heads.page": _("counted heads by contractor"),
    "visit.desk": _("on the visitors' page of the desk"),
    "visit.page": _("for the visitor's own page"),
    "visit.passages": _("to note when a visitor comes and leaves"),
    "feed.visits": _("to let a visitor in at the gates"),
    "me.visitors": _("as their host"),
    "person.page": _("opened your page"),
    "person.enrol": _("enrolled you"),
    "watch.who": _("asked who it was at a gate"),
    "person.passages": _("looked at your passages"),
    "month.page": _("looked at your hours"),
    "roster.page": _("planned your shifts"),
    "roster.leave": _("looked at your leave to plan your shifts"),
    "me.page": _("you, on your own page"),
    "leave.page": _("looked at your leave"),
    "leave.answer": _("held what you asked for against your leave"),
    "leave.book": _("wrote into your leave book"),
    "performance.page": _("looked at your figures, goals or reviews"),
    "contest.page": _("read what you contest"),
    "figures.sheet": _("added up the figures of groups, nobody's alone"),
    "parking.stay": _("looked at a parked car"),
    "parking.inside": _("looked at a parked car"),
    "parking.list": _("looked at a vehicle on a list"),
    "pool.freed": _("told a gate computer that a car had left its bay"),
    "parking.permit": _("looked at a vehicle with a permit"),
    "parking.booking": _("looked at a booked vehicle"),
    "backoffice": _("worked in the back office"),
    "find": _("found you in a search"),
    "invite": _("made you a code to sign in with"),
    "who": _("asked whose punches these are"),
    "tokens": _("looked for you at the gates on a day"),
    "people.list": _("saw your staff number in a list"),
    "person.pass": _("issued you a pass"),
    "person.edit": _("opened your personal data to change it"),
    "register.page": _("opened the register of your class"),
    "register.sheet": _("had your class's register printed, or saved it as a file"),
    "register.inside": _("looked who is inside"),
    "crews.page": _("looked at your trade, team and training"),
    "wages.page": _("looked at a wage report of your site"),
    "wages.file": _("had a wage report of your team printed, or saved it as a file"),
    "payslip.draft": _("drafted your payslip"),
    "payrun": _("reckoned your pay"),
    "payrun.review": _("reviewed your payslip"),
    "payrun.files": _("mended what a bank would send back about you"),
    "payrun.page": _("looked at the sums of a pay run"),
    "pay.setup": _("looked at how the site pays"),
    "pay.person": _("opened your contract and amounts"),
    "imports.page": _("looked at a file that was handed over for import"),
    "imports": _("took in a file that was handed over"),
    "mail": _("sent a mail"),
    "faces.pairs": _("looked whether two records are one person"),
    "faces.quality": _("looked how good the pictures of faces are"),
    "imports.match": _("found you by your staff number for an import"),
    "hooks": _("sent events to another program"),
    "alerts.recipients": _("looked at the addresses that hear of alerts"),
    "hooks.page": _("looked at the secret of an address that is told of events"),
    "exports.page": _("took your times into a file for another program"),
    "fill.bank": _("had your pay written into a file for the bank"),
    "fill.list": _("had your pay written into a list"),
    "fill.journal": _("had your pay summed up for the books"),
    "workdays": _("counted your hours"),
    "consent.withdraw": _("withdrew a consent of yours"),
    "person.leave": _("ended your access on your last day"),
    "contract.edit": _("opened your contract to change it"),
    "note.answer": _("answered what you asked for"),
    "worklist": _("looked at what waits for an answer about your time"),
    "team.page": _("read what you asked for, to answer it"),
    "entrust": _("named a manager who reads what you ask for"),
    "staff.change": _("wrote down a change of your work, or looked at one"),
    "dispute.page": _("read what somebody contests"),
    "dispute.evidence": _("looked at the evidence of a dispute"),
    "dispute.answers": _("somebody with the receipt read the answer"),
    "payout.account": _("looked at an account for payouts"),
    "lane.acts": _("looked at what was done by hand"),
    "takings.day": _("counted how long stays lasted"),
    "takings.report": _("looked at a report"),
    "payments": _("asked a payment provider"),
    "auto_pay": _("charged a car that pays by itself, or looked at it"),
    "stay.price": _("reckoned a parking fee"),
    "lanes.read": _("looked at a plate that was read at a lane"),
    "lanes.alike": _("compared a plate that was read at a lane with parked cars"),
    "lanes.same_car": _("took a plate that was read at a lane for a parked car's"),
    "api.workdays": _("looked at your hours from another program"),
    "api.payslip": _("looked at your payslip from another program"),
    "feed": _("took your way in to a gate computer"),
    "receipt.page": _("a driver read their own receipt"),
    "invoices": _("looked at requests for invoices"),
    "feed.spans": _("took the dates of your access to a gate computer"),
    "erasure.certificate": _("read the certificate of an erasure"),
    "me.export": _("took your own data as a file, or read all of it"),
    "person.erase": _("looked at what erasing you would do, or erased you"),
    "request.page": _("read what you asked about your data"),
}

JOBS: dict[str, Text] = {
    "workdays": _("The nightly count of hours"),
    "staff": _("The job that ends and changes work on its date"),
    "payslips": _("The nightly draft of payslips"),
    "performance": _("The monthly sheet of figures"),
    "feed": _("The delivery to gate computers"),
    "retoken": _("The change of day"),
    "passes": _("The issue of passes"),
    "stays": _("The reckoning of parking"),
    "receipts": _("The numbering of receipts"),
    "driver": _("A driver, at the lane's own code"),
    "retention": _("The destruction of old keys"),
    "intake": _("The intake of reports"),
    "takings": _("The nightly count of takings"),
    "disputes": _("Whoever holds the receipt"),
    "imports": _("The import of files"),
    "hooks": _("The delivery of events to other programs"),
    "mail": _("The delivery of mail"),
    "incidents": _("The job that hears what the keeper warns of"),
    "crews": _("The count of heads by contractor"),
    "notices": _("The look at who is missed at the bell"),
    "provider.test": _("The test payment provider"),
}

ANY_JOB = _("A job of the server")

REASONS |= {code: Wording(*said) for code, said in words_access.REASONS.items()}
EVENTS |= {code: Wording(*said) for code, said in words_access.EVENTS.items()}
PURPOSES |= words_access.PURPOSES

UNKNOWN = Wording(_("No reason was given"))


def reason(code: str) -> Wording:
    return REASONS.get(code, UNKNOWN)


def event(kind: str) -> Wording:
    return EVENTS.get(kind, Wording(kind.replace("_", " ")))


def refused(code: str) -> Wording:
    return REFUSED.get(code, REFUSED["bad_request"])
