"""What vehicles may without paying at the exit: permits, bays of a pool, bookings, lists; for edges and prices."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from gatehouse.domain import policy
from gatehouse.domain.periods import DAY, EARLIEST, LATEST, local_date, start_of_day
from gatehouse.domain.permits import Span
from gatehouse.server.gates.models import Gate
from gatehouse.server.parking.models import (
    Booking,
    BookingState,
    Garage,
    GarageRoom,
    ListEntry,
    ListKind,
    Permit,
    PermitPool,
    PoolVehicle,
)
from gatehouse.server.people.models import Site

KEPT_AFTER = 7 * DAY  # an edge that was cut off still lets out whose booking or permit ended lately, by its own clock


@dataclass(slots=True)
class Rights:
    """Of one vehicle."""

    permits: list[policy.Permit] = field(default_factory=list)
    welcome: list[policy.Permit] = field(default_factory=list)
    emergency: list[policy.Permit] = field(default_factory=list)
    blocked: bool = False
    blocked_until: datetime | None = None

    def block(self, until: datetime | None) -> None:
        """Until the latest of all."""
        if not self.blocked:
            self.blocked, self.blocked_until = True, until
        elif self.blocked_until is not None:
            self.blocked_until = until if until is None else max(self.blocked_until, until)


def lanes_by_garage(site: Site) -> dict[UUID, frozenset[str]]:
    zones = dict(Garage.objects.filter(site=site).values_list("zone_id", "pk"))
    found: dict[UUID, set[str]] = {garage: set() for garage in zones.values()}
    for code, zone in Gate.objects.filter(site=site, zone_id__in=zones).values_list("code", "zone_id"):
        if zone is not None:
            found[zones[zone]].add(code)
    return {garage: frozenset(codes) for garage, codes in found.items()}


def rights_by_vehicle(site: Site, at: datetime) -> dict[UUID, Rights]:
    """All that edges must know of the site's vehicles, what ended long ago left out."""
    zone, lanes = ZoneInfo(site.zone), lanes_by_garage(site)
    since = local_date(at, zone) - KEPT_AFTER
    found: dict[UUID, Rights] = defaultdict(Rights)
    for permit in Permit.objects.filter(_not_over(since), garage__site=site).order_by("id"):
        right = _right(str(permit.pk), lanes[permit.garage_id], permit, zone)
        found[permit.vehicle_id].permits.append(right)
    members = PoolVehicle.objects.filter(_not_over(since, "pool__"), pool__garage__site=site)
    for member in members.select_related("pool").order_by("id"):
        right = _right(str(member.pk), lanes[member.pool.garage_id], member.pool, zone)
        shared = policy.Permit(right.id, right.gates, right.starts, right.ends, str(member.pool_id), member.pool.bays)
        found[member.vehicle_id].permits.append(shared)
    bookings = Booking.objects.filter(garage__site=site, state=BookingState.EXPECTED, ends__gt=at - KEPT_AFTER)
    for booking in bookings.order_by("id"):
        own = str(booking.pk)
        starts = booking.starts - timedelta(minutes=booking.tolerance_min)
        right = policy.Permit(own, lanes[booking.garage_id], starts, booking.ends, own, 1, once=True)
        found[booking.vehicle_id].permits.append(right)
    everywhere = frozenset[str]().union(*lanes.values())
    listed = ListEntry.objects.filter(Q(ends=None) | Q(ends__gt=local_date(at, zone)), vehicle__site=site)
    for entry in listed.order_by("id"):
        gates = everywhere if entry.garage_id is None else lanes[entry.garage_id]
        _list(found[entry.vehicle_id], entry, gates, zone)
    return found


def _not_over(since: date, path: str = "") -> Q:
    return Q(**{f"{path}ends": None}) | Q(**{f"{path}ends__gte": since - timedelta(days=366)})


def _right(own: str, gates: frozenset[str], of: Permit | PermitPool, zone: ZoneInfo) -> policy.Permit:
    starts, ends = _span(of, zone)
    return policy.Permit(own, gates, starts, ends)


def _span(of: Permit | PermitPool, zone: ZoneInfo) -> Span:
    """The days of grace included: in them the vehicle still comes in, and somebody may renew."""
    ends = None if of.ends is None else of.ends + timedelta(days=of.grace_days if of.ends > of.starts else 0)
    return _start(of.starts, zone), None if ends is None else _start(ends, zone)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return start_of_day(min(max(day, EARLIEST), LATEST), zone)


def _list(rights: Rights, entry: ListEntry, gates: frozenset[str], zone: ZoneInfo) -> None:
    ends = None if entry.ends is None else _start(entry.ends, zone)
    right = policy.Permit(str(entry.pk), gates, _start(EARLIEST, zone), ends)
    match entry.kind:
        case ListKind.BLOCKED:
            rights.block(ends)
        case ListKind.WELCOME:
            rights.welcome.append(right)
        case ListKind.EMERGENCY:
            rights.emergency.append(right)


def lanes_by_form(site: Site) -> frozenset[str]:
    """The lanes that emergency vehicles pass by the form of their plates."""
    not_by_form = set(GarageRoom.objects.filter(garage__site=site, emergency_forms=False).values_list("pk", flat=True))
    codes = [lanes for garage, lanes in lanes_by_garage(site).items() if garage not in not_by_form]
    return frozenset[str]().union(*codes)


# --- for prices --------------------------------------------------------------------------------------------------

Pair = tuple[UUID, str]  # garage and vehicle


def spans_of(pairs: Iterable[Pair]) -> dict[Pair, tuple[Span, ...]]:
    """In which spans these vehicles may be in these garages for what they have paid otherwise."""
    wanted = set(pairs)
    if not wanted:
        return {}
    found: dict[Pair, list[Span]] = defaultdict(list)
    garages, vehicles = {pair[0] for pair in wanted}, {pair[1] for pair in wanted}
    for permit in Permit.objects.filter(garage_id__in=garages, vehicle_id__in=vehicles).select_related("garage__site"):
        span = _span(permit, ZoneInfo(permit.garage.site.zone))
        found[permit.garage_id, str(permit.vehicle_id)].append(span)
    members = PoolVehicle.objects.filter(pool__garage_id__in=garages, vehicle_id__in=vehicles)
    for member in members.select_related("pool__garage__site"):
        span = _span(member.pool, ZoneInfo(member.pool.garage.site.zone))
        found[member.pool.garage_id, str(member.vehicle_id)].append(span)
    # A cancelled one too: whoever is inside by it came in by right.
    for booking in Booking.objects.filter(garage_id__in=garages, vehicle_id__in=vehicles):
        starts = booking.starts - timedelta(minutes=booking.tolerance_min)
        found[booking.garage_id, str(booking.vehicle_id)].append((starts, booking.ends))
    return {pair: tuple(spans) for pair, spans in found.items() if pair in wanted}
