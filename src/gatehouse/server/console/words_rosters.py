"""Planning in words: what a shift's rules mean, why a form is refused, what is doubtful about a plan."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.rosters import Doubt, Doubted, RosterError
from gatehouse.domain.shifts import DayClass
from gatehouse.server.console.saying import hours, short_day
from gatehouse.server.console.words import Text

PAIRINGS: dict[str, Text] = {
    "first_last": gettext_lazy("From the first punch in to the last punch out"),
    "every_pair": gettext_lazy("Every stretch between a punch in and the punch out after it"),
}
MISSING: dict[str, Text] = {
    "zero": gettext_lazy("Nothing counts until it is corrected"),
    "to_schedule": gettext_lazy("The planned start or end stands in for it"),
}
COUNTINGS: dict[str, Text] = {
    "within_shift": gettext_lazy("Time between start and end is work; after the end it is overtime"),
    "as_punched": gettext_lazy("All punched time is work; there is no daily overtime"),
    "all_overtime": gettext_lazy("All punched time is overtime; nothing is owed"),
}
ROUNDINGS = (1, 5, 6, 10, 15, 30)

DAY_CLASSES: dict[DayClass, Text] = {
    DayClass.HOLIDAY: gettext_lazy("Public holiday"),
    DayClass.RESTDAY: gettext_lazy("Day off"),
    DayClass.WORKDAY: gettext_lazy("Working day"),
}
# How somebody may write a class in a pasted list.
CLASS_WORDS: dict[str, DayClass] = {
    "holiday": DayClass.HOLIDAY, "public holiday": DayClass.HOLIDAY, "节假日": DayClass.HOLIDAY,
    "法定节假日": DayClass.HOLIDAY,
    "off": DayClass.RESTDAY, "day off": DayClass.RESTDAY, "restday": DayClass.RESTDAY, "休": DayClass.RESTDAY,
    "休息日": DayClass.RESTDAY, "work": DayClass.WORKDAY, "working day": DayClass.WORKDAY, "workday": DayClass.WORKDAY,
    "班": DayClass.WORKDAY, "工作日": DayClass.WORKDAY,
}  # fmt: skip

PATTERN_FAULTS: dict[str, Text] = {
    "bad_rounding": gettext_lazy("Rounding steps divide the hour: 1, 5, 6, 10, 15 or 30 minutes."),
    "negative_minutes": gettext_lazy("A length cannot be negative."),
    "bad_flex": gettext_lazy(
        "The core must lie between start and end, and what the day owes must fit between them less the break."
    ),
    "too_early": gettext_lazy("Changed rules begin tomorrow at the earliest: days that were worked stay as they are."),
    "in_use": gettext_lazy("Somebody is planned for this shift. Put it away instead."),
}
ROSTER_FAULTS: dict[str, Text] = {
    "past": gettext_lazy("Days that have passed stay as they are. Ask for a correction of the day instead."),
    "too_much": gettext_lazy("That is too much at once. Choose fewer weeks."),
    "unknown_shift": gettext_lazy("A shift of that code is not among this site's patterns."),
}


def rotation_fault(fault: RosterError) -> str:
    """Why a rotation was not taken."""
    match fault.code:
        case "not_seven_days":
            return _("Week %(week)s has %(days)s days. Write seven, from Monday to Sunday.") % fault.facts
        case "too_many_shifts":
            return _("Week %(week)s has more than four shifts on one day.") % fault.facts
        case "twice":
            return _("Week %(week)s has %(shift)s twice on one day.") % fault.facts
        case "too_many_weeks":
            return _("A rotation has at most 12 weeks.")
    return _("Write a week a line: seven codes from Monday to Sunday, and - for a day off.")


def doubt(of: Doubted) -> str:
    """One doubt with its date: "Tue 3 March: 8:00 h of rest ..."."""
    said = {"day": short_day(of.date), "length": hours(of.minutes)}
    match of.doubt:
        case Doubt.OVERLAP:
            return _("%(day)s: two shifts overlap by %(length)s h") % said
        case Doubt.REST_SHORT:
            return _("%(day)s: %(length)s h of rest since the shift before, under 11 h") % said
        case Doubt.WEEK_LONG:
            return _("%(length)s h are planned in this week, over 48 h") % said
        case Doubt.CANCELLED:
            return _("%(day)s: the calendar has a holiday or a day off, so the shift is cancelled") % said
        case Doubt.ON_LEAVE:
            return _("%(day)s: on leave all day") % said
