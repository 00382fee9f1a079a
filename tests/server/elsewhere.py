"""A second site with one of everything, which an operator of the first must neither see nor touch."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Model
from tests.server.world import SETUP, TARIFF, ZONE, World

from gatehouse.domain import policy
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.sightings import Means
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.actions import add_operator
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.models import CalendarDay, NoteState
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates import actions as gates
from gatehouse.server.gates.models import DeviceKind, Gate, GateAlarm
from gatehouse.server.parking import actions as parking
from gatehouse.server.parking.models import ClosedStay, LaneException, Payment
from gatehouse.server.people import actions as people
from gatehouse.server.people.models import Group, Person, Site, SiteType, Vehicle, Zone
from gatehouse.server.people.vehicle_actions import register_vehicle

NAME = "Elsewhere"  # of everything that has a name


@dataclass
class Elsewhere:
    """`rows` holds one row of every model that the back office shows."""

    site: Site
    rows: dict[type[Model], Any]
    alarm: GateAlarm

    def __getitem__(self, model: type[Model]) -> Any:
        return self.rows[model]


def elsewhere(world: World) -> Elsewhere:
    at, day = world.now(), date(2026, 3, 2)
    by: dict[str, Any] = {"by": SETUP, "at": at}
    site = people.add_site("else", NAME, SiteType.GARAGE, zone=ZONE, currency="CNY", **by)
    zone = people.add_zone(site, "zone", NAME, **by)
    group = people.add_group(site, NAME, **by)
    fact = policy.Gate("far", policy.GateKind.LANE, policy.Direction.OUT, frozenset({Means.PLATE}))
    gate = gates.add_gate(site, fact, NAME, zone=zone, **by)
    schedule = gates.add_schedule(site, NAME, [{"weekdays": [0], "start": "08:00", "end": "17:00"}], [], **by)
    tariff = parking.add_tariff(site, "far", TARIFF, **by)
    garage = parking.add_garage(site, zone, "far", NAME, tariff, **by)
    person = people.hire_person(site, people.Facts(number="E-1", name="Lin Farr"), groups=[group], **by)
    vehicle = register_vehicle(site, "沪E99999", owner=person, **by)
    work.set_calendar_day(site, day, DayClass.HOLIDAY, **by)
    money = {"garage": garage, "amount_minor": 4242, "currency": "CNY"}
    rows = [
        site, zone, group, gate, schedule, tariff, garage, person, vehicle,
        CalendarDay.objects.get(site=site),
        people.add_department(site, NAME, **by),
        gates.add_device(gate, DeviceKind.CAMERA, "stream", "/srv/elsewhere.mp4", **by),
        gates.add_rule(site, [group], [gate], schedule=schedule, **by),
        gates.add_edge("edge-elsewhere", site, bytes(32), **by),
        parking.add_permit(vehicle, garage, starts=day, ends=day + timedelta(days=9), **by),
        work.add_pattern(site, "far", NAME, {"start": "09:00:00", "end": "18:00:00"}, **by),
        work.add_note(person, LeaveNote(date=day, part="whole", reason="rest"), state=NoteState.ASKED, **by),
        ClosedStay.objects.create(id=uuid4(), left_on=day, paid_minor=0, state="unpaid", cell=b"", **money),
        Payment.objects.create(stay=uuid4(), provider="test", at=at, **money),
        LaneException.objects.create(garage=garage, kind="entered_twice", at=at),
        add_operator("elsewhere-desk", Role.SECURITY, sites=[site.pk], **by),
        Entry.objects.order_by("-pk").first(),
    ]  # fmt: skip
    alarm = GateAlarm.objects.create(site=site, gate=gate.code, at=at, kind="forced")
    assert {Gate, Group, Person, Vehicle, Zone} <= {type(row) for row in rows}
    return Elsewhere(site, {type(row): row for row in rows}, alarm)
