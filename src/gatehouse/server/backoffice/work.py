"""Shift patterns, plans, calendars, and what workers ask for."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.errors import DomainError
from gatehouse.domain.leave_requests import Objection
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY
from gatehouse.domain.shifts import DayClass
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import actions, looks, queries
from gatehouse.server.attendance.answers import write_word
from gatehouse.server.attendance.models import CalendarDay, NoteState, ShiftPattern, WorkNote
from gatehouse.server.attendance.notes import LeaveNote, Note
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.attendance.workdays import WorkdaysRefused, reckon_again
from gatehouse.server.audit.by import By
from gatehouse.server.backoffice.base import PERSONNEL, OfficeAdmin, OfficeForm, chosen_site
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console import saying, words, words_leave, words_work
from gatehouse.server.console.access import reader
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.moment import now
from gatehouse.server.payroll.actions import redraft_payslips
from gatehouse.server.people import looks as people_looks
from gatehouse.server.people.models import Site
from gatehouse.server.staffing import leave

PURPOSE = "note.answer"


class NewPattern(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    code = forms.SlugField(label=_("Code"), max_length=32)
    name = forms.CharField(label=_("Name"), max_length=80)
    start = forms.TimeField(label=_("Starts"))
    end = forms.TimeField(label=_("Ends"), help_text=_("Earlier than the start means the next date."))
    break_min = forms.IntegerField(label=_("Break (minutes)"), min_value=0, max_value=240, initial=60)
    break_over_min = forms.IntegerField(label=_("Break when longer than (minutes)"), min_value=0, initial=360)
    grace_in_min = forms.IntegerField(label=_("Grace at the start (minutes)"), min_value=0, max_value=120, initial=5)
    grace_out_min = forms.IntegerField(label=_("Grace at the end (minutes)"), min_value=0, max_value=120, initial=5)
    overtime_from_min = forms.IntegerField(label=_("Overtime counts from (minutes)"), min_value=0, initial=15)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                pattern_fact(data["code"], _rules(data))
            except (DomainError, msgspec.ValidationError) as fault:
                raise ValidationError(str(fault)) from fault
        return data


def _rules(data: dict[str, Any]) -> dict[str, object]:
    minutes = ("break_min", "break_over_min", "grace_in_min", "grace_out_min", "overtime_from_min")
    rules: dict[str, object] = {name: data[name] for name in minutes}
    return rules | {"start": data["start"].isoformat(), "end": data["end"].isoformat()}


@admin.register(ShiftPattern, site=backoffice)
class ShiftPatternAdmin(OfficeAdmin):
    viewers = creators = PERSONNEL
    new_form = NewPattern
    list_display = ("name", "code", "site")
    shown = ("name", "code", "site")

    def create(self, data: dict[str, Any], by: By, at: datetime) -> ShiftPattern:
        return actions.add_pattern(chosen_site(data), data["code"], data["name"], _rules(data), by=by, at=at)


class NewCalendarDay(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    date = forms.DateField(label=_("Date"))
    day_class = forms.ChoiceField(
        label=_("It is a"),
        choices=[
            (DayClass.HOLIDAY.value, _("public holiday")),
            (DayClass.RESTDAY.value, _("day off")),
            (DayClass.WORKDAY.value, _("working day")),
        ],
    )


@admin.register(CalendarDay, site=backoffice)
class CalendarDayAdmin(OfficeAdmin):
    viewers = creators = PERSONNEL
    new_form = NewCalendarDay
    list_display = ("date", "day_class", "site")
    shown = list_display
    ordering = ("-date",)

    def create(self, data: dict[str, Any], by: By, at: datetime) -> CalendarDay:
        site = chosen_site(data)
        actions.set_calendar_day(site, data["date"], DayClass(data["day_class"]), by=by, at=at)
        return CalendarDay.objects.get(site=site, date=data["date"])


_ASKED_FIRST = Case(When(state=NoteState.ASKED, then=0), default=1)


class AnswerForm(OfficeForm):
    """What was asked, to look at, and the answer."""

    person = forms.CharField(label=_("Who"), disabled=True, required=False)
    on = forms.CharField(label=_("Date"), disabled=True, required=False)
    asked = forms.CharField(label=_("Asked for"), disabled=True, required=False)
    why = forms.CharField(label=_("Reason"), disabled=True, required=False)
    day = forms.CharField(label=_("The day as it counts now"), disabled=True, required=False)
    state = forms.ChoiceField(
        label=_("Answer"), choices=[(NoteState.APPROVED, _("approved")), (NoteState.DECLINED, _("declined"))]
    )


@admin.register(WorkNote, site=backoffice)
class WorkNoteAdmin(OfficeAdmin):
    """What was asked for is sealed: opening one shows it, which the keeper counts and logs."""

    site_path = "person__site"
    viewers = changers = PERSONNEL
    change_form = AnswerForm
    list_display = ("id", "kind", "state")
    shown = list_display

    def get_queryset(self, request: Any) -> QuerySet[WorkNote]:
        return super().get_queryset(request).select_related("person__site").order_by(_ASKED_FIRST, "id")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An answer stands."""
        return (obj is None or obj.state == NoteState.ASKED) and super().has_change_permission(request, obj)

    def known(self, row: WorkNote, who: SignedIn) -> dict[str, Any]:
        """Raises PermissionDenied where the keeper tells no more."""
        note = _note(row, who.by)
        named = people_looks.names([row.person], who.by.authority, PURPOSE)
        if note is None or isinstance(named, Refused):
            raise PermissionDenied
        zone = ZoneInfo(row.person.site.zone)
        return {
            "person": f"{named[0].name} ({named[0].brief.number})",
            "on": saying.day(note.date),
            "asked": words_work.asked(note, zone),
            "why": note.reason,
            "day": _counts_now(row, note.date, zone, who.by),
            "state": NoteState.APPROVED,
        }

    def save_model(self, request: HttpRequest, obj: WorkNote, form: Any, change: bool) -> None:
        """Where the day is over, it is reckoned anew at once, and the drafts of pay that stand on it."""
        by, at, state = reader(request).by, now(), NoteState(form.cleaned_data["state"])
        asked = _note(obj, by)
        if isinstance(asked, LeaveNote):
            self._answer_leave(request, obj, asked, state)
            return
        approved = state is NoteState.APPROVED
        if not write_word(obj, approved=approved, reason="", by=by, at=at) or not approved:
            return
        try:
            note = _note(obj, by)
            done = note is not None and reckon_again(obj.person.site, note.date, by=by, at=at)
            if done and note is not None:
                redraft_payslips(obj.person, Month.of(note.date), by=by, at=at)
        except (WorkdaysRefused, KeeperAway):
            done = False
        said = _("The day was reckoned anew.") if done else _("The day is reckoned anew in the night.")
        self.message_user(request, said)

    def _answer_leave(self, request: HttpRequest, row: WorkNote, note: LeaveNote, state: NoteState) -> None:
        """Leave is approved only where it fits, and every date of it is reckoned anew."""
        by, at = reader(request).by, now()
        against = leave.objection_to(row, note, by=by) if state is NoteState.APPROVED else None
        if isinstance(against, Objection):
            self.message_user(request, words_leave.against(against), "ERROR")
        elif against is not None:
            self.message_user(request, words.refused(against.code).what, "ERROR")
        elif (
            write_word(row, approved=state is NoteState.APPROVED, reason="", by=by, at=at)
            and state is NoteState.APPROVED
        ):
            leave.settle(row, note, by=by, at=at, as_hr=True)
            self.message_user(request, _("The days were reckoned anew."))


def _note(row: WorkNote, by: By) -> Note | None:
    """What was asked; None when it may not be read, or its key is gone."""
    found = looks.notes([row], by.authority, PURPOSE)
    return None if isinstance(found, Refused) else found.get(row.pk)


def _counts_now(row: WorkNote, day: date, zone: ZoneInfo, by: By) -> str:
    found = looks.workdays(list(queries.workdays([row.person], day, day + DAY)), by.authority, PURPOSE)
    shifts = [] if isinstance(found, Refused) else found.get((row.person_id, day), [])
    return "; ".join(words_work.title(shift, zone) for shift in shifts) or str(_("not reckoned yet"))
