"""Shift patterns, plans, calendars, and what workers ask for."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.errors import DomainError
from gatehouse.domain.shifts import DayClass
from gatehouse.server.attendance import actions
from gatehouse.server.attendance.models import CalendarDay, NoteState, ShiftPattern, WorkNote
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.audit.by import By
from gatehouse.server.backoffice.base import PERSONNEL, OfficeAdmin, OfficeForm, chosen_site
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.people.models import Site

PLAN_LIMIT = timedelta(days=366)


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
    shown = ("name", "code", "site", "rules")

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


class AnswerForm(OfficeForm):
    state = forms.ChoiceField(
        label=_("Answer"), choices=[(NoteState.APPROVED, _("approved")), (NoteState.DECLINED, _("declined"))]
    )


@admin.register(WorkNote, site=backoffice)
class WorkNoteAdmin(OfficeAdmin):
    """What was asked for is sealed; it is read with the person's month."""

    site_path = "person__site"
    viewers = changers = PERSONNEL
    change_form = AnswerForm
    list_display = ("id", "kind", "state")
    shown = list_display

    def get_queryset(self, request: Any) -> QuerySet[WorkNote]:
        return super().get_queryset(request).order_by("state", "id")

    def change(self, row: WorkNote, data: dict[str, Any], by: By, at: datetime) -> None:
        actions.answer_note(row, NoteState(data["state"]), by=by, at=at)
