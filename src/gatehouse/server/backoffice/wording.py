"""What columns of the back office are called and what the codes in them mean, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from gatehouse.domain.shifts import DayClass
from gatehouse.server.accounts.models import Operator
from gatehouse.server.attendance.models import CalendarDay, NoteKind, NoteState, WorkNote
from gatehouse.server.audit.models import Entry
from gatehouse.server.backoffice.wording_log import OBJECTS, VERBS
from gatehouse.server.console import words
from gatehouse.server.console.words import Text
from gatehouse.server.gates.models import Device, DeviceKind, Gate, GateMode
from gatehouse.server.parking.models import (
    ClosedState,
    ClosedStay,
    ExceptionKind,
    LaneException,
    Payment,
    PaymentState,
)
from gatehouse.server.people.models import Person, PersonState, Site, SiteType, Vehicle, VehicleState

COLUMNS: dict[str, Text] = {
    "active": _("May be used"),
    "address": _("Address"),
    "at": _("At"),
    "closed_on": _("Closed on"),
    "code": _("Code"),
    "currency": _("Currency"),
    "date": _("Date"),
    "day_class": _("It is a"),
    "deny": _("Keeps out"),
    "direction": _("Direction"),
    "done": _("Looked at"),
    "driver": _("Driver"),
    "ends": _("Until"),
    "garage": _("Garage"),
    "gate": _("Gate"),
    "handle": _("Handle"),
    "id": _("Id"),
    "kind": _("Kind"),
    "last_seq": _("Last report"),
    "leave_min": _("Minutes to leave after paying"),
    "left_on": _("Left on"),
    "mode": _("Mode"),
    "name": _("Name"),
    "object_type": _("About"),
    "provider": _("Provider"),
    "role": _("Role"),
    "rules": _("Rules"),
    "schedule": _("When"),
    "site": _("Site"),
    "starts": _("From"),
    "state": _("State"),
    "tariff": _("Tariff"),
    "type": _("Type"),
    "verb": _("What was done"),
    "versions": _("Tariff"),
    "windows": _("Hours"),
    "zone": _("Zone"),
}
OWN_COLUMNS: dict[tuple[type[Model], str], Text] = {
    (Site, "zone"): _("Time zone"),
    (Operator, "active"): _("May sign in"),
}

CODES: dict[tuple[type[Model], str], Mapping[Any, Text]] = {
    (Site, "type"): {
        SiteType.WORKPLACE: _("workplace"),
        SiteType.SCHOOL: _("school"),
        SiteType.CONSTRUCTION: _("construction site"),
        SiteType.GARAGE: _("garage"),
    },
    (Person, "state"): {PersonState.ACTIVE: _("active"), PersonState.LEFT: _("has left")},
    (Vehicle, "state"): {
        VehicleState.ACTIVE: _("active"),
        VehicleState.BLOCKED: _("blocked"),
        VehicleState.GONE: _("no longer listed"),
    },
    (Gate, "kind"): words.GATE_KINDS,
    (Gate, "direction"): words.DIRECTIONS,
    (Gate, "mode"): {
        GateMode.CONTROLLED: _("controlled"),
        GateMode.CLOSED: _("closed for everybody"),
        GateMode.OPEN: _("open for everybody"),
    },
    (Device, "kind"): {
        DeviceKind.CAMERA: _("camera"),
        DeviceKind.RELAY: _("relay"),
        DeviceKind.READER: _("reader"),
        DeviceKind.TERMINAL: _("terminal"),
    },
    (ClosedStay, "state"): {
        ClosedState.SETTLED: _("settled"),
        ClosedState.UNPAID: _("left without paying all"),
        ClosedState.UNPRICED: _("could not be priced"),
        ClosedState.EXIT_MISSED: _("left unseen"),
    },
    (Payment, "state"): {
        PaymentState.STARTED: _("started"),
        PaymentState.SETTLED: _("settled"),
        PaymentState.FAILED: _("failed"),
        PaymentState.LATE: _("came after the car had left"),
    },
    (LaneException, "kind"): {
        ExceptionKind.HELD_WITHOUT_STAY: _("at the exit without an entry"),
        ExceptionKind.TWO_ALIKE: _("at the exit, looks like two parked cars"),
        ExceptionKind.UNREAD: _("its plate can not be read"),
        ExceptionKind.HELP: _("the driver asks for help"),
        ExceptionKind.OVERSTAYED: _("paid, then stayed too long"),
        ExceptionKind.TAILGATE: _("passed without being let through"),
        ExceptionKind.REVERSED: _("let out, but not felt to leave"),
        ExceptionKind.EXIT_WITHOUT_STAY: _("left without having come in"),
        ExceptionKind.ENTERED_TWICE: _("came in twice"),
        ExceptionKind.LATE_PAYMENT: _("paid after leaving"),
        ExceptionKind.EXCESS_PAYMENT: _("more than was owed"),
        ExceptionKind.UNPRICED_PAYMENT: _("came for a stay without a price"),
        ExceptionKind.STAY_UNREADABLE: _("a parked car's key is gone"),
    },
    (CalendarDay, "day_class"): {
        DayClass.HOLIDAY: _("public holiday"),
        DayClass.RESTDAY: _("day off"),
        DayClass.WORKDAY: _("working day"),
    },
    (WorkNote, "kind"): {
        NoteKind.CORRECTION: _("Correction"),
        NoteKind.LEAVE: _("Leave"),
        NoteKind.APPROVAL: _("Overtime"),
    },
    (WorkNote, "state"): {
        NoteState.ASKED: _("waits for HR"),
        NoteState.APPROVED: _("approved"),
        NoteState.DECLINED: _("declined"),
        NoteState.WITHDRAWN: _("withdrawn"),
        NoteState.CANCELLED: _("cancelled"),
    },
    (Operator, "role"): words.ROLES,
    (Entry, "verb"): VERBS,
    (Entry, "object_type"): OBJECTS,
}

# Unfold has no Chinese of its own: its words are collected and translated with ours.
UNFOLD: tuple[Text, ...] = (
    _("Dark"), _("Light"), _("System"), _("Go back"), _("Type to search"), _("No results found"), _("True"), _("False"),
    _("Unknown"), _("This page yielded into no results. Create a new item or reset your filters."),
)  # fmt: skip

Column = str | Callable[[Any], Text]


def column(model: type[Model], name: str) -> Column:
    """What a list shows for the column `name`: the code's words where it holds codes, else the column itself."""
    codes = CODES.get((model, name))
    if codes is None:
        return name

    def said(row: Any) -> Text:
        code = getattr(row, name)
        return codes.get(code, code)

    vars(said).update(short_description=heading(model, name), admin_order_field=name)
    said.__name__ = name
    return said


def heading(model: type[Model], name: str) -> Text:
    return OWN_COLUMNS.get((model, name)) or COLUMNS[name]


def name_columns(model: type[Model]) -> None:
    """Once for each table with a list; the tables' own definitions hold no words for people."""
    for name in COLUMNS:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        vars(field)["verbose_name"] = heading(model, name)
