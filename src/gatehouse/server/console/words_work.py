"""Working time in words: why a minute counts, what a figure means."""

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.performance import Figure, Measure, Withheld
from gatehouse.domain.periods import local_date
from gatehouse.domain.reckoning import Flag, Rule, Step, Workday
from gatehouse.server.attendance.notes import ApprovalNote, CorrectionNote, LeaveNote, Note
from gatehouse.server.console import words_leave
from gatehouse.server.console.saying import day, hours, number, percent, time_of_day
from gatehouse.server.console.words import FLAGS, Text

STEPS: dict[Rule, Text] = {
    Rule.ASSIGNED: gettext_lazy("Punches that belong to this shift"),
    Rule.DUPLICATE: gettext_lazy("A second punch within moments was left out"),
    Rule.SINGLE: gettext_lazy("A punch without its partner"),
    Rule.LEAVE: gettext_lazy("Leave"),
    Rule.ABSENT: gettext_lazy("No punch at all: absent"),
    Rule.LATE: gettext_lazy("Came late"),
    Rule.EARLY: gettext_lazy("Left early"),
    Rule.IN_GRACE: gettext_lazy("Within the grace, so it does not count as late"),
    Rule.ROUNDED: gettext_lazy("Rounded"),
    Rule.TO_SCHEDULE: gettext_lazy("Counted from the shift's start, to its end"),
    Rule.ONE_MISSING_ZERO: gettext_lazy("One punch is missing, so nothing is counted until it is corrected"),
    Rule.COUNTED: gettext_lazy("Time at work"),
    Rule.BREAK: gettext_lazy("Break"),
    Rule.FLEX_OVER: gettext_lazy("More than the day owes: overtime when approved"),
    Rule.FLEX_SHORT: gettext_lazy("Less than the day owes"),
    Rule.OVERTIME: gettext_lazy("Overtime"),
    Rule.OVERTIME_TOO_SHORT: gettext_lazy("Too short to count as overtime"),
    Rule.OVERTIME_PAID: gettext_lazy("Overtime, approved and paid"),
    Rule.OVERTIME_BANKED: gettext_lazy("Overtime, given back as time off"),
    Rule.OVERTIME_UNAPPROVED: gettext_lazy("Overtime that nobody has approved yet"),
}

MEASURES: dict[Measure, tuple[Text, Text]] = {
    Measure.PUNCTUALITY: (
        gettext_lazy("Punctuality"),
        gettext_lazy("Days on time, of the days attended. A forgotten punch is not lateness."),
    ),
    Measure.ATTENDANCE_RATE: (
        gettext_lazy("Attendance"),
        gettext_lazy("Days attended, of the days that were owed. Leave and holidays are not owed."),
    ),
    Measure.LATE_MINUTES: (gettext_lazy("Late"), gettext_lazy("Minutes after the shift's start, beyond the grace.")),
    Measure.OVERTIME_MINUTES: (gettext_lazy("Overtime"), gettext_lazy("Time worked beyond the shift.")),
    Measure.ABSENCE_DAYS: (gettext_lazy("Absence"), gettext_lazy("Days that were owed and nobody came.")),
}

LEAVES: dict[str, Text] = {
    "whole": gettext_lazy("leave, the whole day"),
    "morning": gettext_lazy("leave in the morning"),
    "afternoon": gettext_lazy("leave in the afternoon"),
}

WITHHELD: dict[Withheld, Text] = {
    Withheld.NOTHING_TO_MEASURE: gettext_lazy("no day yet"),
    Withheld.GROUP_TOO_SMALL: gettext_lazy("too few people to tell without pointing at one"),
}


def step(of: Step) -> str:
    said = str(STEPS[of.rule])
    return f"{said}: {hours(of.minutes)}" if of.minutes else said


def asked(note: Note, zone: ZoneInfo) -> str:
    """What a worker asks for, or was given: a punch, leave, overtime."""
    match note:
        case CorrectionNote(at=datetime() as at, direction="in"):
            return _("came at %(when)s") % {"when": moment_in(at, zone)}
        case CorrectionNote(at=datetime() as at):
            return _("left at %(when)s") % {"when": moment_in(at, zone)}
        case CorrectionNote():
            return _("a punch does not hold")
        case LeaveNote(kind="", part=part) if note.date == note.last:
            return str(LEAVES[part])
        case LeaveNote():
            return words_leave.asked(note)
        case ApprovalNote(minutes=minutes, banked=banked):
            return f"{STEPS[Rule.OVERTIME_BANKED if banked else Rule.OVERTIME_PAID]}: {hours(minutes)}"


def moment_in(at: datetime, zone: ZoneInfo) -> str:
    """Date and time of day, since a night shift ends on the next date."""
    return f"{day(local_date(at, zone))}, {time_of_day(at, zone)}"


def value(figure: Figure) -> str:
    """A figure's value as text, or why there is none."""
    if figure.value is None:
        return str(WITHHELD[figure.withheld or Withheld.NOTHING_TO_MEASURE])
    match figure.measure:
        case Measure.PUNCTUALITY | Measure.ATTENDANCE_RATE:
            return percent(figure.value)
        case Measure.LATE_MINUTES | Measure.OVERTIME_MINUTES:
            return hours(int(figure.value))
        case Measure.ABSENCE_DAYS:
            return _("%(days)s days") % {"days": number(Fraction(figure.value))}


def tone(of: Workday) -> tuple[str, str]:
    """Colour and shape of a day: ("good", "yes") and so on."""
    if Flag.ABSENT in of.flags:
        return "stop", "no"
    if of.flags or of.late_min or of.early_min:
        return "warn", "clock"
    if of.owed_min or of.worked_min:
        return "good", "yes"
    return "off", ""


def state(of: Workday) -> str:
    """A day in a few words: "late 0:05, no punch out"."""
    said = [f"{FLAGS['late']} {hours(of.late_min)}"] if of.late_min else []
    if of.early_min:
        said.append(f"{FLAGS['early']} {hours(of.early_min)}")
    said += [str(FLAGS.get(flag.value, flag.value)) for flag in of.flags]
    if not said and of.leave_min and not of.owed_min:
        said.append(_("on leave"))
    if not said:
        said.append(_("as planned") if of.owed_min else _("no working day"))
    return _(", ").join(said)


def title(of: Workday, zone: ZoneInfo) -> str:
    """All of a day in one line, for a strip's cell."""
    times = [time_of_day(at, zone) if at else "?" for at in (of.first_in, of.last_out)]
    span = f" · {times[0]}–{times[1]}" if of.first_in or of.last_out else ""
    return f"{state(of)} · {hours(of.worked_min + of.ot_worked_min)}{span}"
