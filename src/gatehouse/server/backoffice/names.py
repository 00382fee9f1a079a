"""What the back office calls things, in the reader's language. Column and table names stay what they are."""

from django.apps import apps
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gatehouse.server.accounts.models import Operator
from gatehouse.server.attendance.models import CalendarDay, ShiftPattern, WorkNote
from gatehouse.server.audit.models import Entry
from gatehouse.server.backoffice.wording import name_columns
from gatehouse.server.gates.models import Device, Edge, Gate, Rule, Schedule
from gatehouse.server.parking.models import ClosedStay, Garage, LaneException, Payment, Permit, Tariff
from gatehouse.server.people.models import Department, Group, Person, Site, Vehicle, Zone

ROOMS: dict[str, Promise] = {
    "accounts": _("Operators"),
    "attendance": _("Working time"),
    "audit": _("Log"),
    "gates": _("Gates"),
    "parking": _("Parking"),
    "people": _("People and places"),
}

NAMES: dict[type[Model], tuple[Promise, Promise]] = {
    Operator: (_("operator"), _("operators")),
    CalendarDay: (_("special date"), _("special dates")),
    ShiftPattern: (_("shift"), _("shifts")),
    WorkNote: (_("request"), _("requests")),
    Entry: (_("log entry"), _("log entries")),
    Device: (_("device"), _("devices")),
    Edge: (_("gate computer"), _("gate computers")),
    Gate: (_("gate"), _("gates")),
    Rule: (_("rule"), _("rules")),
    Schedule: (_("schedule"), _("schedules")),
    ClosedStay: (_("finished stay"), _("finished stays")),
    Garage: (_("garage"), _("garages")),
    LaneException: (_("lane exception"), _("lane exceptions")),
    Payment: (_("payment"), _("payments")),
    Permit: (_("permit"), _("permits")),
    Tariff: (_("tariff"), _("tariffs")),
    Department: (_("department"), _("departments")),
    Group: (_("group"), _("groups")),
    Person: (_("person"), _("people")),
    Site: (_("site"), _("sites")),
    Vehicle: (_("vehicle"), _("vehicles")),
    Zone: (_("zone"), _("zones")),
}


def name_everything() -> None:
    """Once, when the back office is loaded: the tables' own definitions hold no words for people."""
    for label, room in ROOMS.items():
        vars(apps.get_app_config(label))["verbose_name"] = room
    for model, (one, many) in NAMES.items():
        vars(model._meta).update(verbose_name=one, verbose_name_plural=many)
        name_columns(model)
