"""Registers, rosters and wage reports in words."""

from django.utils.translation import gettext_lazy as _

from gatehouse.domain.crew_wages import Standing
from gatehouse.domain.pay_facts import PayKind
from gatehouse.domain.registers import REASONS, Counts, Entry, Source, Status
from gatehouse.server.console.words import Text

STATUSES: dict[Status, tuple[Text, str, str]] = {
    Status.PRESENT: (_("present"), "good", "yes"),
    Status.LATE: (_("late"), "warn", "clock"),
    Status.LEFT_EARLY: (_("left early"), "warn", "out"),
    Status.ABSENT: (_("absent"), "stop", "no"),
    Status.EXCUSED: (_("excused"), "off", "info"),
    Status.EXPECTED: (_("not known yet"), "off", "clock"),
}

REASON_WORDS: dict[str, Text] = {
    "sickness": _("sick"),
    "medical": _("at the doctor's"),
    "authorised": _("with permission"),
    "religious": _("religious holiday"),
    "suspended": _("suspended"),
    "exam": _("at an exam"),
    "trip": _("on a school trip"),
    "closed": _("school closed"),
    "unauthorised": _("without permission"),
    "unexplained": _("nobody has said why"),
}

SOURCES: dict[Source, Text] = {Source.TEACHER: _("the teacher"), Source.GUARDIAN: _("a guardian")}

SESSIONS: dict[str, Text] = {"morning": _("Morning"), "afternoon": _("Afternoon")}

# What may be said of a session, as it is sent by a form.
CHOICES: tuple[tuple[str, Text], ...] = (
    ("present", _("present")),
    ("late", _("late")),
    ("left_early", _("left early")),
    ("absent", _("absent")),
    *(
        (f"absent:{code}", REASON_WORDS[code])
        for code, reason in REASONS.items()
        if reason.counts is Counts.UNAUTHORISED
    ),
    *(
        (f"excused:{code}", REASON_WORDS[code])
        for code, reason in REASONS.items()
        if reason.counts is not Counts.UNAUTHORISED
    ),
)

FAULTS: dict[str, Text] = {
    "unknown_session": _("this class has no such session"),
    "nothing_to_say": _("choose what the session was"),
    "text_too_long": _("at most 80 characters"),
    "unknown_reason": _("choose a reason from the list"),
    "reason_needed": _("choose why they are excused"),
    "no_reason_here": _("this reason does not go with it"),
    "say_why": _("say in a few words why it is otherwise"),
    "full": _("no more can be written for this pupil and date"),
    "no_sessions": _("a plan has at least one session"),
    "too_many_sessions": _("a day has at most four sessions"),
    "same_session": _("every session has a name of its own"),
    "times_in_order": _("the times of a session follow one another: start, late, closed, may leave, end"),
    "overlap": _("a session begins after the one before it has ended"),
}

STANDINGS: dict[Standing, Text] = {
    Standing.PAID: _("paid"),
    Standing.DUE: _("in a run, not locked yet"),
    Standing.DRAFT: _("draft"),
    Standing.NONE: _("no payslip"),
}

PAY_KINDS: dict[PayKind, Text] = {
    PayKind.MONTHLY: _("a month"),
    PayKind.DAILY: _("a day"),
    PayKind.HOURLY: _("an hour"),
    PayKind.PIECE: _("a piece"),
}


def session(code: str) -> Text:
    return SESSIONS.get(code, code)


def status(entry: Entry) -> Text:
    """What holds, with its reason where there is one."""
    return REASON_WORDS[entry.reason] if entry.reason in REASON_WORDS else STATUSES[entry.status][0]
