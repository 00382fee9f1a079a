"""Leave in words: types, days, why a request can not be granted as it is, and the lines of a balance."""

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gatehouse.domain.leave import Because
from gatehouse.domain.leave_requests import Against, Objection
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.console import words_worklist
from gatehouse.server.console.saying import date_full, number, percent
from gatehouse.server.console.words import Text

# What the types are called that a country begins with.
NAMES: dict[str, Text] = {
    "annual": gettext_lazy("Annual leave"),
    "vacation": gettext_lazy("Vacation"),
    "sick": gettext_lazy("Sick leave"),
    "marriage": gettext_lazy("Marriage leave"),
    "personal": gettext_lazy("Personal leave"),
    "parental": gettext_lazy("Parental leave"),
    "family": gettext_lazy("Family and medical leave"),
    "unpaid": gettext_lazy("Unpaid leave"),
    "comp": gettext_lazy("Comp time"),
}

COUNTRIES: dict[str, Text] = {
    "cn": gettext_lazy("China"),
    "eu": gettext_lazy("European Union"),
    "us": gettext_lazy("United States"),
}

BECAUSE: dict[Because, Text] = {
    Because.CARRIED: gettext_lazy("carried over from the year before"),
    Because.ENTITLED: gettext_lazy("earned"),
    Because.GIVEN: gettext_lazy("added or taken away by HR"),
    Because.OVERTIME: gettext_lazy("overtime given back"),
    Because.TAKEN: gettext_lazy("leave"),
    Because.FELL_AWAY: gettext_lazy("fell away"),
}

STATES: dict[NoteState, tuple[Text, str, str]] = {
    NoteState.ASKED: (gettext_lazy("waits for an answer"), "warn", "clock"),
    NoteState.APPROVED: (gettext_lazy("approved"), "good", "yes"),
    NoteState.DECLINED: (gettext_lazy("declined"), "stop", "no"),
    NoteState.WITHDRAWN: (gettext_lazy("withdrawn"), "off", "info"),
    NoteState.CANCELLED: (gettext_lazy("cancelled"), "off", "info"),
}

FAULTS: dict[str, Text] = {
    "taken": gettext_lazy("Another type of leave of this site has this code."),
    "answered": gettext_lazy("Somebody was first: look how it stands now."),
    "busy": gettext_lazy("Somebody else was writing at the same time. Try again."),
    "days": gettext_lazy("Write days as a number such as 2 or 0.5, at most 366."),
    "date": gettext_lazy("Choose a date from 2000 to 2199."),
    "dates": gettext_lazy("Leave can be asked for from three months back to two years ahead. Choose other dates."),
    "unknown": gettext_lazy("This type of leave is not offered. Choose another one."),
    "full": gettext_lazy("This person's book is full."),
    "begun": gettext_lazy("This leave has begun. HR can cancel it."),
}

_AGAINST: dict[str, Text] = {
    Against.BACKWARDS.value: gettext_lazy("it ends before it begins"),
    Against.TOO_LONG.value: gettext_lazy("one request is for at most a year"),
    Against.NO_HALVES.value: gettext_lazy("this type is taken in whole days"),
    Against.NOT_EMPLOYED.value: gettext_lazy("the person is not employed on these dates"),
    Against.NOTHING_OWED.value: gettext_lazy("nothing is owed on these dates, so no leave is needed"),
    Against.OVERLAPS.value: gettext_lazy("other leave stands on one of these dates"),
    Against.SHORT.value: gettext_lazy("not enough days are left"),
    "unknown": gettext_lazy("this type of leave is not offered at the person's site"),
}


def against(of: Objection) -> str:
    """Why a request can not be granted as it is, and on which date."""
    if of.against is Against.SHORT:
        return _("Not enough days are left: %(days)s too many by %(day)s. Ask for fewer days.") % {
            "days": number(of.days),
            "day": date_full(of.on),
        }
    if of.against is Against.OVERLAPS:
        return _("Other leave stands on %(day)s. Withdraw or cancel that first, or choose other dates.") % {
            "day": date_full(of.on)
        }
    said = str(_AGAINST[of.against.value])
    return _("%(why)s (%(day)s).") % {"why": said[:1].upper() + said[1:], "day": date_full(of.on)}


def not_done(code: str) -> str:
    """Why something on the list of what waits was not answered."""
    kind, _sep, which = code.partition(".")
    if kind == "leave" and which in _AGAINST:
        return str(_AGAINST[which])
    return str(words_worklist.NOT_DONE.get(code, words_worklist.NOT_DONE["answered"]))


def days(count: Fraction) -> str:
    """2 days, half a day, 1.5 days, and with a sign below nothing."""
    if count == 1:
        return _("1 day")
    return _("%(count)s days") % {"count": number(count)}


def span(note: LeaveNote) -> str:
    """ "3 Dec 2026 – 5 Dec 2026, from noon"."""
    halves = [_("from noon")] if note.request.from_noon else []
    halves += [_("until noon")] if note.request.until_noon else []
    dates = date_full(note.date) if note.date == note.last else f"{date_full(note.date)} – {date_full(note.last)}"
    return _(", ").join([dates, *halves])


def pay(share: Fraction) -> str:
    if share == 1:
        return _("paid")
    return _("unpaid") if not share else _("%(share)s of pay") % {"share": percent(share)}


def asked(note: LeaveNote) -> str:
    """What is asked for, as it was reckoned when it was asked."""
    said = [note.name or _("Leave"), span(note)]
    if note.counted:
        said.append(days(Fraction(note.counted)))
    if Fraction(note.pay) != 1:
        said.append(pay(Fraction(note.pay)))
    if note.left:
        said.append(_("leaves %(days)s") % {"days": days(Fraction(note.left))})
    return " · ".join(said)


def people(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}
