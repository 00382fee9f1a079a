"""Pick-up in words: why somebody may not take a pupil, and what could not be written."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gatehouse.domain.pickup import EVERY_DAY, No, Word
from gatehouse.server.console import saying
from gatehouse.server.console.words import Text
from gatehouse.server.pickup.cells import PermissionFacts

NO: dict[No, Text] = {
    No.MUST_NOT: gettext_lazy("must not collect this pupil"),
    No.NOT_LISTED: gettext_lazy("is not on this pupil's list"),
    No.NOT_YET: gettext_lazy("may collect only from a later date"),
    No.OVER: gettext_lazy("the permission is over"),
    No.NOT_ON_THIS_DAY: gettext_lazy("may collect, but not on this day of the week"),
    No.NOT_AT_THIS_HOUR: gettext_lazy("may collect today, but not at this hour"),
}
WORDS: dict[str, Text] = {
    Word.MAY.value: gettext_lazy("may collect"),
    Word.MUST_NOT.value: gettext_lazy("must not collect"),
}
WEEKDAYS: tuple[Text, ...] = (
    pgettext_lazy("weekday", "Mon"), pgettext_lazy("weekday", "Tue"), pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"), pgettext_lazy("weekday", "Fri"), pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)  # fmt: skip
FAULTS: dict[str, Text] = {
    "overtaken": gettext_lazy("Somebody wrote here since you opened it. Look at it again; nothing of yours was saved."),
    "too_many_permissions": gettext_lazy("This pupil has as many as one can have. Take one away first."),
    "too_many_children": gettext_lazy("This collector is on as many lists as one can be."),
    "not_here": gettext_lazy("Set up pick-up for this school first, and choose a collector of it."),
    "grace": gettext_lazy("Minutes after the bell: 0 to 120."),
    "ends_before_start": gettext_lazy("The last day is before the first."),
    "hours_in_order": gettext_lazy("The end of the hours is before their beginning."),
    "no_weekday": gettext_lazy("Choose a day of the week."),
    "deny_is_whole": gettext_lazy(
        "Who must not collect must not at any hour: leave days of the week and hours as they are."
    ),
}
ANSWER_FAULTS: dict[str, Text] = {
    "answered": gettext_lazy("Somebody has answered already. Thank you."),
    "known": gettext_lazy("The school knows more by now, so there is nothing left to answer. Thank you."),
    "full": gettext_lazy("Nothing more can be written here. Please call the school."),
    "gone": gettext_lazy("This can not be answered here any more. Please call the school."),
    "busy": gettext_lazy("The school is writing right now. Please try again in a minute."),
}


def when(one: PermissionFacts) -> str:
    """The dates, days and hours of a permission."""
    parts = []
    if one.since and one.since == one.until:
        parts.append(_("on %(day)s only") % {"day": saying.date_full(one.since)})
    else:
        if one.since:
            parts.append(_("from %(day)s") % {"day": saying.date_full(one.since)})
        if one.until:
            parts.append(_("until %(day)s, that day included") % {"day": saying.date_full(one.until)})
    if set(one.weekdays) != EVERY_DAY:
        parts.append(" ".join(str(WEEKDAYS[day]) for day in sorted(one.weekdays)))
    if one.opens or one.closes:
        opens, closes = (f"{clock:%H:%M}" if clock else "…" for clock in (one.opens, one.closes))
        parts.append(f"{opens}–{closes}")
    return " · ".join(parts) or _("always")
