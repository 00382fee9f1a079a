"""Permits and shared bays of somebody who leaves."""

from datetime import date, datetime

from django.db.models import Q

from gatehouse.server.audit.by import By
from gatehouse.server.parking import permits
from gatehouse.server.parking.actions import end_permit
from gatehouse.server.parking.models import Period, Permit, PoolVehicle
from gatehouse.server.people.models import Person


def end_permits_of(person: Person, ends: date, *, by: By, at: datetime) -> int:
    """Every permit of their vehicles ends before this date and renews no more, and the vehicles leave shared bays; how
    many rights ended. Done again it changes nothing."""
    open_ended = Q(ends=None) | Q(ends__gt=ends) | Q(renews=True)
    held = list(Permit.objects.filter(open_ended, vehicle__owner=person).select_related("garage"))
    for permit in held:
        if permit.renews or permit.period != Period.NONE:
            permits.set_terms(permit, period=Period.NONE, renews=False, grace_days=0, by=by, at=at)
        if permit.ends is None or permit.ends > ends:
            end_permit(permit, ends=max(ends, permit.starts), by=by, at=at)
    shared = list(PoolVehicle.objects.filter(vehicle__owner=person).select_related("pool__garage"))
    for member in shared:
        permits.leave_pool(member, by=by, at=at)
    return len(held) + len(shared)
