"""Gates, what stands at them, who may pass and when; the edges; what happened is for Watch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gatehouse.domain import offline, policy
from gatehouse.domain.liveness import Liveness
from gatehouse.domain.sightings import Means
from gatehouse.server.audit.by import By
from gatehouse.server.backoffice.base import GUARDS, NOBODY, OWNERS, OfficeAdmin, OfficeForm, chosen_site
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console.words import DIRECTIONS, GATE_KINDS, LIVENESS, MEANS
from gatehouse.server.console.words_offline import CAMERA_LOST, SERVER_AWAY
from gatehouse.server.gates import actions, queries
from gatehouse.server.gates.models import Device, DeviceKind, Edge, Gate, GateMode, Rule, Schedule
from gatehouse.server.people.models import Group, Site, Zone
from gatehouse.server.portal.display import display_address


def _choices(codes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(codes.items())


class GateForm(OfficeForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=_choices(GATE_KINDS))
    direction = forms.ChoiceField(label=_("Direction"), choices=_choices(DIRECTIONS))
    means = forms.MultipleChoiceField(
        label=_("Ways in"),
        choices=[(code, said) for code, said in MEANS.items() if code not in (Means.OPERATOR, Means.RECEIPT)],
    )
    open_s = forms.FloatField(label=_("Open for (seconds)"), min_value=0.5, max_value=60, initial=3)
    confirm_s = forms.FloatField(label=_("Wait for a passage (seconds)"), min_value=1, max_value=300, initial=15)
    freshness_s = forms.FloatField(label=_("Evidence is fresh for (seconds)"), min_value=1, max_value=60, initial=10)
    admits_unknown = forms.BooleanField(label=_("Lets in vehicles that it does not know"), required=False)
    collects = forms.BooleanField(label=_("Lets out only paid stays"), required=False)
    has_sensor = forms.BooleanField(label=_("Has a loop or door contact"), required=False)
    server_away = forms.ChoiceField(
        label=_("Without the server"), choices=_choices(SERVER_AWAY), initial=offline.ServerAway.BY_LANE
    )
    server_away_s = forms.FloatField(
        label=_("The server counts as gone after (seconds)"), min_value=60, max_value=3600, initial=120
    )
    camera_lost = forms.ChoiceField(
        label=_("Without a camera picture"), choices=_choices(CAMERA_LOST), initial=offline.CameraLost.BY_LANE
    )
    liveness = forms.ChoiceField(
        label=_("A known face"),
        choices=_choices(LIVENESS),
        initial=Liveness.NONE,
        help_text=_(
            "A terminal at the gate says what to do, also for a fixed camera. It stops prints and still screens, no"
            " videos and no masks: where that matters, leave faces out of the ways in."
        ),
    )


class NewGate(GateForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    code = forms.SlugField(label=_("Code"), max_length=32)
    zone = forms.ModelChoiceField(Zone.objects.none(), label=_("Zone"), required=False)
    counts_attendance = forms.BooleanField(label=_("Counts as a punch for attendance"), required=False)
    field_order = ("site", "code")

    def rows(self, name: str) -> QuerySet[Any]:
        return Zone.objects.filter(site__in=self.sites) if name == "zone" else super().rows(name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("zone") and data["zone"].site_id != getattr(data.get("site"), "pk", None):
            raise ValidationError(_("The zone belongs to another site."))
        return data


def _fact(data: dict[str, Any], code: str, mode: str) -> policy.Gate:
    return policy.Gate(
        code=code,
        kind=policy.GateKind(data["kind"]),
        direction=policy.Direction(data["direction"]),
        means=frozenset(Means(means) for means in data["means"]),
        open_s=data["open_s"],
        confirm_s=data["confirm_s"],
        freshness_s=data["freshness_s"],
        admits_unknown=data["admits_unknown"],
        collects=data["collects"],
        has_sensor=data["has_sensor"],
        mode=mode,
        server_away=offline.ServerAway(data["server_away"]),
        server_away_s=data["server_away_s"],
        camera_lost=offline.CameraLost(data["camera_lost"]),
        liveness=Liveness(data["liveness"]),
    )


@admin.register(Gate, site=backoffice)
class GateAdmin(OfficeAdmin):
    creators = OWNERS
    changers = GUARDS
    new_form, change_form = NewGate, GateForm
    list_display = ("name", "code", "kind", "direction", "mode", "site", "screen")
    shown = ("name", "code", "kind", "direction", "mode", "site")

    @admin.display(description=_("Display"))
    def screen(self, row: Gate) -> str | SafeString:
        if row.kind != policy.GateKind.LANE:
            return ""
        return format_html('<a href="{}">{}</a>', display_address(row), _("Open"))

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Gate:
        fact = _fact(data, data["code"], GateMode.CONTROLLED)
        counts = data["counts_attendance"]
        return actions.add_gate(
            chosen_site(data), fact, data["name"], zone=data["zone"], counts_attendance=counts, by=by, at=at
        )

    def change(self, row: Gate, data: dict[str, Any], by: By, at: datetime) -> None:
        actions.change_gate(row, _fact(data, row.code, row.mode), data["name"], by=by, at=at)


_DRIVERS = {DeviceKind.CAMERA: "stream", DeviceKind.RELAY: "shelly", DeviceKind.READER: "osdp"}
_BEGINNINGS = {
    "stream": ("rtsp://", "rtsps://", "http://", "https://", "tcp://", "file://", "/"),
    "shelly": ("http://", "https://"),
    "osdp": ("serial:///",),
}
_BEGINS = {
    "stream": _("A camera's address begins with rtsp://, http:// or tcp://, or is a file's path from the root."),
    "shelly": _("A relay's address begins with http://"),
    "osdp": _("A reader's address is serial:///dev/NAME?address=N; its key of 32 hex digits goes into the password."),
}


class NewDevice(OfficeForm):
    gate = forms.ModelChoiceField(Gate.objects.none(), label=_("Gate"))
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind, DeviceKind(kind).label) for kind in _DRIVERS])
    driver = forms.ChoiceField(
        label=_("Driver"), choices=[("stream", "RTSP / HTTP"), ("shelly", "Shelly Gen2"), ("osdp", "OSDP")]
    )
    address = forms.CharField(label=_("Address"), max_length=200, help_text=_("Without a password in it."))
    secret = forms.CharField(label=_("Password"), max_length=100, required=False)

    def rows(self, name: str) -> QuerySet[Any]:
        return queries.gates(self.sites) if name == "gate" else super().rows(name)

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        if "@" in address.split("//", 1)[-1].split("/", 1)[0]:
            raise ValidationError(_("Write the password into its own field: there it is sealed."))
        return address

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, driver, address = data.get("kind"), data.get("driver"), data.get("address")
        if kind and driver and driver != _DRIVERS[DeviceKind(kind)]:
            self.add_error(
                "driver", _("A camera's driver is RTSP / HTTP, a relay's is Shelly Gen2, a reader's is OSDP.")
            )
        elif driver and address and not address.startswith(_BEGINNINGS[driver]):
            self.add_error("address", _BEGINS[driver])
        return data


@admin.register(Device, site=backoffice)
class DeviceAdmin(OfficeAdmin):
    site_path = "gate__site"
    viewers = GUARDS
    creators = OWNERS
    new_form = NewDevice
    list_display = ("gate", "kind", "driver", "address")
    shown = list_display

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Device:
        kind = DeviceKind(data["kind"])
        return actions.add_device(
            data["gate"], kind, data["driver"], data["address"], secret=data["secret"], by=by, at=at
        )


WEEKDAYS = [
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")),
    (4, _("Friday")), (5, _("Saturday")), (6, _("Sunday")),
]  # fmt: skip


class NewSchedule(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    name = forms.CharField(label=_("Name"), max_length=80)
    weekdays = forms.MultipleChoiceField(label=_("On"), choices=WEEKDAYS)
    start = forms.TimeField(label=_("From"), help_text="08:00")
    end = forms.TimeField(label=_("Until"), help_text=_("Earlier than the start means the next date."))


@admin.register(Schedule, site=backoffice)
class ScheduleAdmin(OfficeAdmin):
    viewers = creators = GUARDS
    new_form = NewSchedule
    list_display = ("name", "site", "windows")
    shown = ("name", "site", "windows", "closed_on")

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Schedule:
        window: dict[str, object] = {
            "weekdays": [int(day) for day in data["weekdays"]],
            "start": data["start"].isoformat("minutes"),
            "end": data["end"].isoformat("minutes"),
        }
        return actions.add_schedule(chosen_site(data), data["name"], [window], [], by=by, at=at)


class NewRule(OfficeForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"))
    groups = forms.ModelMultipleChoiceField(Group.objects.none(), label=_("Who"))
    gates = forms.ModelMultipleChoiceField(Gate.objects.none(), label=_("Where"))
    schedule = forms.ModelChoiceField(
        Schedule.objects.none(), label=_("When"), required=False, help_text=_("Empty means always.")
    )
    deny = forms.BooleanField(label=_("Keeps out (beats every rule that lets in)"), required=False)

    def rows(self, name: str) -> QuerySet[Any]:
        models: dict[str, Any] = {"groups": Group, "gates": Gate, "schedule": Schedule}
        return models[name].objects.filter(site__in=self.sites) if name in models else super().rows(name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        named = [*data.get("groups", ()), *data.get("gates", ()), *filter(None, [data.get("schedule")])]
        if any(row.site_id != getattr(data.get("site"), "pk", None) for row in named):
            raise ValidationError(_("Who, where and when belong to the rule's own site."))
        return data


@admin.register(Rule, site=backoffice)
class RuleAdmin(OfficeAdmin):
    viewers = creators = GUARDS
    new_form = NewRule
    list_display = ("who", "where", "schedule", "deny", "site")
    shown = ("who", "where", "schedule", "deny", "starts", "ends", "site")

    @admin.display(description=_("Who"))
    def who(self, row: Rule) -> str:
        return ", ".join(group.name for group in row.groups.all())

    @admin.display(description=_("Where"))
    def where(self, row: Rule) -> str:
        return ", ".join(gate.name for gate in row.gates.all())

    def create(self, data: dict[str, Any], by: By, at: datetime) -> Rule:
        return actions.add_rule(
            chosen_site(data),
            data["groups"],
            data["gates"],
            schedule=data["schedule"],
            deny=data["deny"],
            by=by,
            at=at,
        )


@admin.register(Edge, site=backoffice)
class EdgeAdmin(OfficeAdmin):
    """An edge is enrolled at the keeper by an owner, not here."""

    viewers = GUARDS
    creators = NOBODY
    list_display = ("id", "site", "last_seq", "active")
    shown = list_display
