"""Erasing, retention and requests in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.errors import DomainError
from gatehouse.domain.retention import BOUNDS, IN_YEARS, Kept
from gatehouse.domain.subject_rights import Asked, Filing
from gatehouse.keeper.protocol import KeyClass
from gatehouse.server.console.words import Text
from gatehouse.server.rights.models import RequestState

# What a class holds, as a person would say it.
CLASSES: dict[KeyClass, tuple[Text, Text]] = {
    KeyClass.FACE: (gettext_lazy("Face"), gettext_lazy("what cameras compare with; the consent ends with it")),
    KeyClass.IDENTITY: (
        gettext_lazy("Who they are"),
        gettext_lazy("name, staff number, contact, identity number, bank account, consents, requests"),
    ),
    KeyClass.ACCESS: (
        gettext_lazy("Ways in and passages"),
        gettext_lazy("cards, PIN, passes; every passage of theirs becomes nobody's"),
    ),
    KeyClass.WORK: (
        gettext_lazy("Time, pay and file"),
        gettext_lazy("workdays, payslips, contract, personnel file, goals and reviews"),
    ),
    KeyClass.VEHICLE: (gettext_lazy("Vehicles"), gettext_lazy("plates and what they paid by")),
}

HOLD_WHY: dict[str, Text] = {
    "law.pay": gettext_lazy("Pay records must be kept by law"),
    "law.tax": gettext_lazy("Tax records must be kept by law"),
    "law.health": gettext_lazy("Health and accident records must be kept by law"),
    "dispute": gettext_lazy("A dispute at law"),
    "claim": gettext_lazy("A claim that is not settled"),
    "investigation": gettext_lazy("An investigation"),
    "authority": gettext_lazy("Asked for by an authority"),
}

KEPT: dict[Kept, tuple[Text, Text]] = {
    Kept.OTHERS: (
        gettext_lazy("Passages of strangers and vehicles"),
        gettext_lazy("Who was refused, visitors, cars. They go first."),
    ),
    Kept.STAFF: (
        gettext_lazy("Passages of people who are known"),
        gettext_lazy("Passages and punches. What was worked stays in the workdays."),
    ),
    Kept.WORK: (
        gettext_lazy("Time and pay of people who left"),
        gettext_lazy("From their last day on. So long an erasure waits, because the law asks for these records."),
    ),
    Kept.BOOKS: (
        gettext_lazy("Books of parking"),
        gettext_lazy("Stays, receipts and invoices, by whole years."),
    ),
}

ASKED: dict[str, Text] = {
    Asked.CORRECTION: gettext_lazy("Something about me is wrong"),
    Asked.OBJECTION: gettext_lazy("I object to how my data is used"),
    Asked.ERASURE: gettext_lazy("I want something erased"),
    Asked.COPY: gettext_lazy("I want a copy of something that is not in my file"),
    Asked.OTHER: gettext_lazy("Something else"),
}
ASKED_SHORT: dict[str, Text] = {
    Asked.CORRECTION: gettext_lazy("Correction"),
    Asked.OBJECTION: gettext_lazy("Objection"),
    Asked.ERASURE: gettext_lazy("Erasure"),
    Asked.COPY: gettext_lazy("Copy"),
    Asked.OTHER: gettext_lazy("Other"),
}

# Said, tone and mark.
STATES: dict[str, tuple[Text, str, str]] = {
    RequestState.OPEN: (gettext_lazy("waits for an answer"), "warn", "clock"),
    RequestState.DONE: (gettext_lazy("done"), "good", "yes"),
    RequestState.DECLINED: (gettext_lazy("declined"), "off", "no"),
    RequestState.TAKEN_BACK: (gettext_lazy("taken back"), "off", "info"),
}

FILING: dict[Filing, tuple[Text, str, str]] = {
    Filing.NONE: (gettext_lazy("no filing asked for by this number"), "good", "yes"),
    Filing.NEAR: (gettext_lazy("near the number from which filing is asked for"), "warn", "warn"),
    Filing.REQUIRED: (gettext_lazy("filing is asked for within 30 working days"), "stop", "warn"),
}

_ERRORS: dict[str, Text] = {
    "no_text": gettext_lazy("Write something first."),
    "over": gettext_lazy("This was answered or taken back meanwhile. Look at it again."),
    "still_here": gettext_lazy("This person works here. Write down their last day first."),
    "nothing_chosen": gettext_lazy("Choose what is to be erased."),
    "strangers_longer": gettext_lazy("Strangers cannot be kept longer than people who are known: write fewer days."),
    "no_other_way": gettext_lazy("Choose how you will come in from now on."),
}


def error(fault: DomainError) -> str:
    if fault.code == "too_long":
        return _("That is too long: at most %(limit)s characters.") % fault.facts
    if fault.code == "too_many":
        return _("There are too many already. Wait for an answer, or take one back.")
    if fault.code == "out_of_bounds":
        kept = Kept(str(fault.facts["kept"]))
        facts = {"name": KEPT[kept][0], "least": BOUNDS[kept].least, "most": BOUNDS[kept].most}
        return _("%(name)s: write a number from %(least)d to %(most)d.") % facts
    return str(_ERRORS.get(fault.code, fault.code))


def unit(kept: Kept) -> str:
    return _("years") if kept in IN_YEARS else _("days")
