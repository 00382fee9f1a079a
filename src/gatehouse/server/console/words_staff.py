"""Joiners, movers, leavers, departments and answers in words."""

from django.utils.translation import gettext_lazy as _

from gatehouse.server.attendance.models import NoteKind
from gatehouse.server.console import words, words_leave
from gatehouse.server.console.words import Text, Wording

KINDS: dict[NoteKind, Text] = {
    NoteKind.CORRECTION: _("Correction"),
    NoteKind.LEAVE: _("Leave"),
    NoteKind.APPROVAL: _("Overtime"),
}

_NOT_ANSWERED: dict[str, Wording] = {
    "not_yours": Wording(
        _("This request is not yours to answer"), _("Nobody answers their own; HR says who manages whom.")
    ),
    "answered": Wording(_("This was answered already"), _("An answer stands. The list below is as it is now.")),
    "no_reason": Wording(_("Say why you decline"), _("The person who asked reads it.")),
    "gone": Wording(_("This request can not be read any more"), _("Its key was destroyed. Nothing is to be done.")),
}

_NOT_CHANGED: dict[str, Wording] = {
    "waits": Wording(
        _("Another change waits for this person already"), _("Undo it on their page, or let it come first.")
    ),
    "left": Wording(_("This person has left"), _("Somebody who comes again joins anew.")),
    "past": Wording(_("That day is over"), _("Choose today or a later day as the last one.")),
    "over": Wording(_("This has come into force already"), _("Write the opposite change instead.")),
    "busy": Wording(_("Others kept changing the departments"), _("Nothing was written. Press again.")),
    "cycle": Wording(_("A department can not lie under itself"), _("Choose another department above it.")),
    "unknown": Wording(_("That department is gone"), _("Choose another one.")),
    "span": Wording(_("It ends before it begins"), _("Choose a later last day.")),
    "self": Wording(_("Nobody stands in for themself"), _("Choose somebody else.")),
    "not_manager": Wording(
        _("Only who manages the department all the while has a delegate"), _("Choose dates on which they manage it.")
    ),
    "nobody": Wording(_("Nobody who works here is called so"), _("Write the staff number.")),
    "several": Wording(_("Several people are meant by that"), _("Write the whole staff number.")),
    "many": Wording(_("There are too many departments"), _("Take away one that nobody needs.")),
    "not_empty": Wording(
        _("Somebody is in this department, or one lies under it"), _("Move them first, then take it away.")
    ),
    "bad_request": Wording(
        _("The keeper did not take the teams"), _("A manager answers for at most 1,000 people: split the department.")
    ),
}


def not_answered(code: str) -> Wording:
    if code.startswith("leave."):
        why = words_leave.not_done(code)
        return Wording(_("It can not be approved as it is"), f"{why[:1].upper()}{why[1:]}.")
    return _NOT_ANSWERED.get(code) or words.refused(code)


def not_changed(code: str) -> Wording:
    return _NOT_CHANGED.get(code) or words.refused(code)
