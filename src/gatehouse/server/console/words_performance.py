"""Figures, contests, goals and reviews in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.performance import Measure
from gatehouse.server.console import saying
from gatehouse.server.console.words import Text
from gatehouse.server.console.words_work import MEASURES
from gatehouse.server.performance.cells import About, AboutDay, AboutFigure, GoalState
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.models import ContestState

# Said, tone and mark.
CONTESTS: dict[str, tuple[Text, str, str]] = {
    ContestState.OPEN: (gettext_lazy("waits for an answer"), "warn", "clock"),
    ContestState.ANSWERED: (gettext_lazy("answered"), "good", "yes"),
    ContestState.WITHDRAWN: (gettext_lazy("withdrawn"), "off", "info"),
}
OUTCOMES: dict[str, Text] = {
    "granted": gettext_lazy("The person is right: the day was corrected."),
    "stands": gettext_lazy("It stays as it is."),
}
GOALS: dict[GoalState, tuple[Text, str, str]] = {
    "open": (gettext_lazy("open"), "off", "clock"),
    "met": (gettext_lazy("reached"), "good", "yes"),
    "not_met": (gettext_lazy("not reached"), "warn", "info"),
    "dropped": (gettext_lazy("dropped"), "off", "no"),
}
GROUP_MEANINGS: dict[Measure, Text] = {
    Measure.PUNCTUALITY: gettext_lazy("Days on time, of all days the group attended."),
    Measure.ATTENDANCE_RATE: gettext_lazy("Days attended, of all days the group owed."),
    Measure.LATE_MINUTES: gettext_lazy("Late minutes in the month, the mean of a person."),
    Measure.OVERTIME_MINUTES: gettext_lazy("Overtime in the month, the mean of a person."),
    Measure.ABSENCE_DAYS: gettext_lazy("Days absent in the month, the mean of a person."),
}
WITHHELD_GROUP = gettext_lazy("not shown")

_ERRORS: dict[str, Text] = {
    "no_text": gettext_lazy("Write something first."),
    "no_such_day": gettext_lazy("Choose one of the person's days of the last 400 days that is over and counted."),
    "no_such_month": gettext_lazy("There is no counted day in that month."),
    "there": gettext_lazy("This is contested already. Go on in that thread."),
    "not_your_turn": gettext_lazy("The other side writes next."),
    "over": gettext_lazy("This has changed meanwhile. Look at it again."),
    "bad_state": gettext_lazy("Choose an answer."),
    "replied": gettext_lazy("There is a reply to this review already. It stays as it is."),
    "no_correction": gettext_lazy("Say when the person came or left: that is what the correction holds."),
}


def error(fault: PerformanceError) -> str:
    match fault.code:
        case "too_long":
            return _("That is too long: at most %(limit)s characters.") % fault.facts
        case "too_many":
            return _("There are too many already. Finish or withdraw one first.")
        case "bad_days":
            return _("Write a number of days from 0 to %(most)s.") % fault.facts
        case "bad_date":
            return _("Choose other dates: a goal ends today or later, a review is about dates that are over, in order.")
    return str(_ERRORS.get(fault.code, fault.code))


def about(what: About) -> str:
    """What is contested: a day, or a month's figure."""
    match what:
        case AboutDay(date=day):
            return saying.day(day)
        case AboutFigure(first=first, measure=measure):
            return f"{MEASURES[measure][0]}, {saying.month(first)}"
