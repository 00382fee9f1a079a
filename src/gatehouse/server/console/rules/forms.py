"""Forms of Access: every choice is the site's own, and times are on the site's clock."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.expectations import BY_RULE, GRANTED, REFUSED
from gatehouse.domain.periods import at_local, can_be_meant
from gatehouse.server.console import words, words_access
from gatehouse.server.console.forms import Day
from gatehouse.server.console.staff.forms import WEEKDAYS
from gatehouse.server.gates import queries
from gatehouse.server.gates.models import Gate, Schedule
from gatehouse.server.people.models import Group, Site, Zone

MOST_DATES = 400


class _Named(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class _AllNamed(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class SiteForm(forms.Form):
    """Of one site."""

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        self.site = site
        super().__init__(*args, **({"label_suffix": ""} | kwargs))
        rows: dict[type, Any] = {
            Group: site.groups.order_by("name"),
            Gate: queries.gates([site]),
            Schedule: queries.schedules(site),
            Zone: site.zones.order_by("name"),
        }
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                field.queryset = rows[field.queryset.model]


class Moment(forms.DateTimeField):
    """A date and time as a wall clock shows them; the form's site says where it hangs."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class RuleForm(SiteForm):
    groups = _AllNamed(Group.objects.none(), label=_("Who"))
    gates = _AllNamed(Gate.objects.none(), label=_("Where"))
    schedule = _Named(Schedule.objects.none(), label=_("When"), required=False, empty_label=_("always"))
    deny = forms.ChoiceField(
        label=_("What"),
        choices=[("", _("Lets them in")), ("deny", _("Keeps them out: this beats every rule that lets in"))],
        required=False,
        widget=forms.RadioSelect,
        initial="",
    )
    starts = Moment(label=_("Holds from"), required=False, help_text=_("Empty: from its publication on."))
    ends = Moment(label=_("Holds until"), required=False, help_text=_("Empty: until somebody removes it."))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        zone = ZoneInfo(self.site.zone)
        for name in ("starts", "ends"):
            shown: datetime | None = data.get(name)
            if shown is None:
                continue
            if not can_be_meant(shown.date()):
                self.add_error(name, _("Write a date from 2000-01-01 to 2199-12-31."))
                continue
            data[name] = at_local(shown.date(), shown.time(), zone)
        if data.get("starts") and data.get("ends") and data["ends"] <= data["starts"]:
            self.add_error("ends", _("It ends before it begins."))
        return data


class HoursForm(SiteForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    start = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    end = forms.TimeField(
        label=_("Until"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Not later than the start: it ends on the next date. 00:00 is midnight."),
    )
    more = forms.BooleanField(label=_("A second window"), required=False)
    weekdays2 = forms.TypedMultipleChoiceField(
        label=_("On"), choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    start2 = forms.TimeField(
        label=_("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    end2 = forms.TimeField(
        label=_("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    closed_on = forms.CharField(
        label=_("Holidays"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One date a line, as 2026-12-25. No window begins on these."),
    )

    def clean_closed_on(self) -> list[date]:
        found = []
        for line in self.cleaned_data["closed_on"].split():
            try:
                found.append(date.fromisoformat(line))
            except ValueError as fault:
                raise ValidationError(_("%(line)s is no date."), params={"line": line}) from fault
        if len(found) > MOST_DATES:
            raise ValidationError(_("At most %(count)d dates."), params={"count": MOST_DATES})
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("more") and not (data.get("weekdays2") and data.get("start2") and data.get("end2")):
            self.add_error("more", _("Say on which days, from when and until when."))
        return data

    def windows(self) -> list[dict[str, object]]:
        data = self.cleaned_data
        made = [_window(data["weekdays"], data["start"], data["end"])]
        return [*made, _window(data["weekdays2"], data["start2"], data["end2"])] if data["more"] else made


def _window(days: list[int], start: time, end: time) -> dict[str, object]:
    return {"weekdays": sorted(days), "start": start.isoformat("minutes"), "end": end.isoformat("minutes")}


class ZoneForm(SiteForm):
    passback = forms.ChoiceField(
        label=_("Somebody comes in who is inside already:"), choices=list(words_access.PASSBACK.items())
    )
    passback_s = forms.FloatField(
        label=_("A while is (seconds)"), min_value=1, max_value=86_400, initial=300, help_text=_("Only for a while.")
    )
    soft_when_away = forms.BooleanField(
        label=_("Without the server nobody is refused for it"),
        required=False,
        help_text=_("The gates know by themselves who is inside. But nobody can be forgotten then."),
    )
    limit = forms.IntegerField(
        label=_("At most so many people"), required=False, min_value=1, max_value=100_000, help_text=_("Empty: any.")
    )
    two_person = forms.BooleanField(label=_("Never one alone: two go in together"), required=False)
    first_in = _AllNamed(Group.objects.none(), label=_("Somebody of these comes first every day"), required=False)
    escorted = _AllNamed(Group.objects.none(), label=_("These come in only after an escort"), required=False)
    escorts = _AllNamed(Group.objects.none(), label=_("Escorts are"), required=False)
    together_s = forms.FloatField(
        label=_("Somebody waits for the other (seconds)"), min_value=5, max_value=600, initial=30
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("escorted") and not data.get("escorts"):
            self.add_error("escorts", _("Say who may escort them, or nobody of them comes in."))
        if data.get("two_person") and data.get("limit") == 1:
            self.add_error("limit", _("Two go in together: the limit is two at least."))
        return data


class DoorForm(SiteForm):
    zone = _Named(Zone.objects.none(), label=_("Leads into"), required=False, empty_label=_("the site"))
    outer = _Named(Zone.objects.none(), label=_("From"), required=False, empty_label=_("the street"))
    interlock = forms.CharField(
        label=_("Vestibule"),
        required=False,
        max_length=32,
        help_text=_("Doors with the same word here are never open at once."),
    )
    unlocks = _Named(Schedule.objects.none(), label=_("Stands unlocked"), required=False, empty_label=_("never"))
    unlock_after = _AllNamed(Group.objects.none(), label=_("But only once one of these was let in"), required=False)
    held_s = forms.FloatField(label=_("Held open is told after (seconds)"), min_value=5, max_value=3600, initial=30)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("zone") and data.get("zone") == data.get("outer"):
            self.add_error("outer", _("A door leads from one zone into another."))
        if data.get("interlock") and data.get("unlocks"):
            self.add_error("unlocks", _("A door of a vestibule never stands unlocked."))
        return data


ANSWERS = [(GRANTED, _("let in")), (REFUSED, _("not let in, whatever the reason"))] + [
    (reason.value, words.reason(reason.value).what) for reason in BY_RULE
]


class ExpectationForm(SiteForm):
    number = forms.CharField(label=_("Staff number"), required=False, max_length=40)
    group = _Named(Group.objects.none(), label=_("or anybody of"), required=False, empty_label=_("no group"))
    gate = _Named(Gate.objects.none(), label=_("Gate"), empty_label=None)
    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=WEEKDAYS, coerce=int)
    clock = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    answer = forms.ChoiceField(label=_("must be"), choices=ANSWERS)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("number")) == bool(data.get("group")):
            raise ValidationError(_("Write a staff number or choose a group."))
        return data


class WhatIfForm(SiteForm):
    gate = _Named(Gate.objects.none(), label=_("Who could pass here"), required=False, empty_label=_("any gate"))
    group = _Named(Group.objects.none(), label=_("or where may they pass"), required=False, empty_label=_("no group"))
    number = forms.CharField(label=_("or where may this staff number pass"), required=False, max_length=40)
    on = Day(label=_("On"))
    clock = forms.TimeField(label=_("At"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    which = forms.ChoiceField(
        label=_("Under"), choices=[("", _("what is in force")), ("draft", _("the draft"))], required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if sum(bool(data.get(name)) for name in ("gate", "group", "number")) != 1:
            raise ValidationError(_("Choose a gate, a group, or write a staff number: one of them."))
        return data
