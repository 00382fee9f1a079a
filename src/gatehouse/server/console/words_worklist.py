"""The worklist in words: what was found, how it may be answered, which law says so."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.attendance import Result
from gatehouse.domain.findings import Answer, Finding, Kind, Way
from gatehouse.domain.work_limits import Measured
from gatehouse.server.console.saying import hours, time_of_day
from gatehouse.server.console.words import Text

KINDS: dict[Kind, Text] = {
    Kind.REQUEST: gettext_lazy("Asked for"),
    Kind.MISSING_IN: gettext_lazy("No punch in"),
    Kind.MISSING_OUT: gettext_lazy("No punch out"),
    Kind.FORGOTTEN_OUT: gettext_lazy("Too long in one stretch"),
    Kind.ABSENT: gettext_lazy("Absent"),
    Kind.LATE: gettext_lazy("Late"),
    Kind.EARLY: gettext_lazy("Left early"),
    Kind.OVERTIME: gettext_lazy("Overtime not approved"),
    Kind.WORKED_ON_LEAVE: gettext_lazy("Worked on leave"),
    Kind.UNASSIGNED: gettext_lazy("Punch outside every shift"),
    Kind.FAR_PUNCHES: gettext_lazy("At two sites too soon"),
    Kind.OVER_DAY_OVERTIME: gettext_lazy("Overtime of a day over the limit"),
    Kind.OVER_WEEK_HOURS: gettext_lazy("Week over the limit"),
    Kind.OVER_WEEK_AVERAGE: gettext_lazy("Average week over the limit"),
    Kind.OVER_WEEK_OVERTIME: gettext_lazy("Weekly overtime"),
    Kind.OVER_MONTH_OVERTIME: gettext_lazy("Overtime of the month over the limit"),
    Kind.OVER_REST: gettext_lazy("Too little rest between shifts"),
}

MARKS: dict[Kind, tuple[str, str]] = {
    Kind.ABSENT: ("stop", "no"),
    Kind.FORGOTTEN_OUT: ("stop", "clock"),
    Kind.FAR_PUNCHES: ("stop", "warn"),
    Kind.REQUEST: ("off", "info"),
}

WAYS: dict[Way, tuple[Text, Text]] = {
    Way.ADD_PUNCH: (
        gettext_lazy("Add the missing punch"),
        gettext_lazy("At the planned start or end. The punches themselves stay as they were made."),
    ),
    Way.LEAVE: (gettext_lazy("Mark as leave"), gettext_lazy("The whole day. Nothing is owed of it then.")),
    Way.PAY: (gettext_lazy("Approve overtime, paid"), gettext_lazy("All of it, or up to so many minutes each.")),
    Way.BANK: (
        gettext_lazy("Approve overtime, as time off"),
        gettext_lazy("All of it, or up to so many minutes each."),
    ),
    Way.EXCUSE: (gettext_lazy("Excuse"), gettext_lazy("No minute changes; the reason stands beside it.")),
    Way.AS_IS: (gettext_lazy("Leave it as it is"), gettext_lazy("No minute changes. Overtime stays unpaid.")),
    Way.GRANT: (gettext_lazy("Approve what was asked for"), gettext_lazy("The day is counted anew with it.")),
    Way.DECLINE: (gettext_lazy("Decline what was asked for"), gettext_lazy("The day stays as it is.")),
}

LAWS: dict[str, Text] = {
    "none": gettext_lazy("No limits"),
    "cn": gettext_lazy("China: 36 hours of overtime a month, 3 a day"),
    "eu": gettext_lazy("European Union: 48 hours a week, 11 hours of rest"),
    "us": gettext_lazy("United States: overtime over 40 hours a week"),
    "own": gettext_lazy("Our own numbers"),
}

MEASURED: dict[Measured, Text] = {
    Measured.DAY_OVERTIME: gettext_lazy("Most overtime a day"),
    Measured.WEEK_HOURS: gettext_lazy("Most hours in any week"),
    Measured.WEEK_AVERAGE: gettext_lazy("Most hours a week, on average over 17 weeks"),
    Measured.WEEK_OVERTIME: gettext_lazy("Hours a week, over which there is overtime"),
    Measured.MONTH_OVERTIME: gettext_lazy("Most overtime a month"),
    Measured.REST: gettext_lazy("Least rest between shifts"),
}

NOT_DONE: dict[str, Text] = {
    "answered": gettext_lazy("answered before, or settled meanwhile"),
    "not_likely": gettext_lazy("not an answer to this"),
    "no_minutes": gettext_lazy("no minutes to approve"),
    "day_destroyed": gettext_lazy("the punches of that date can no longer be read"),
    "not_allowed": gettext_lazy("the keeper does not tell about that date any more"),
    "over_budget": gettext_lazy("your limit of looks is reached; go on later"),
    "busy": gettext_lazy("somebody else was writing at the same time; try again"),
}


def found(of: Finding, zone: ZoneInfo) -> str:
    """How much, in a few words: "0:20", "1:30 not approved, 2 hours over"."""
    kind = of.kind
    if of.far is not None:
        far = of.far
        return _("%(first)s %(here)s, then %(second)s %(there)s; the way takes %(way)s") % {
            "first": time_of_day(far.first_at, zone),
            "here": far.first_site,
            "second": time_of_day(far.second_at, zone),
            "there": far.second_site,
            "way": hours(far.travel_min),
        }
    if of.loose is not None:
        said = time_of_day(of.loose.at, zone)
        return (
            _("in at %(time)s") % {"time": said}
            if of.loose.direction == "in"
            else _("out at %(time)s") % {"time": said}
        )
    if kind is Kind.OVER_REST:
        return _("%(time)s too short") % {"time": hours(of.minutes)}
    if of.limit is not None:
        return _("%(time)s over %(limit)s") % {"time": hours(of.minutes), "limit": hours(of.limit.minutes)}
    if kind in {Kind.MISSING_IN, Kind.MISSING_OUT, Kind.ABSENT}:
        return (
            _("%(time)s owed and not counted") % {"time": hours(of.minutes)} if of.minutes else _("counted as planned")
        )
    return hours(of.minutes)


def adds(planned: tuple[tuple[str, datetime], ...], zone: ZoneInfo) -> str:
    """The punches that would be added."""
    said = [
        _("in at %(time)s") % {"time": time_of_day(at, zone)}
        if way == "in"
        else _("out at %(time)s") % {"time": time_of_day(at, zone)}
        for way, at in planned
    ]
    return _(", ").join(said)


def given(of: Answer, zone: ZoneInfo) -> str:
    """What was answered."""
    said = str(WAYS[of.way][0])
    if of.minutes:
        return f"{said}: {hours(of.minutes)}"
    return f"{said}: {adds(of.adds, zone)}" if of.adds else said


def counted(of: Result) -> list[str]:
    """A date's minutes, for holding two against each other."""
    days = of.workdays
    return [
        hours(sum(w.worked_min for w in days)),
        hours(sum(w.ot_paid_min for w in days)),
        hours(sum(w.ot_banked_min for w in days)),
        hours(sum(w.leave_min for w in days)),
    ]
