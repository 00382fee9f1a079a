"""Permits and pools: terms, renewals, and bays whose car has left unseen. `actions` adds and ends a single permit."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from gatehouse.domain.periods import DAY, can_be_meant, local_date
from gatehouse.domain.permits import MONTHS, next_end
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.actions import PermitError
from gatehouse.server.parking.facts import StayUnreadable, entries
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import FreedBay, Garage, OpenStay, Period, Permit, PermitPool, PoolVehicle
from gatehouse.server.parking.stays import close_unseen
from gatehouse.server.people.actions import bump_clearances, bump_roster
from gatehouse.server.people.models import Site, Vehicle

PERMITS = By.job("permits")
ENDING_WITHIN = 14 * DAY
MOST_GRACE = 60
MOST_BAYS = 5000
FREED_KEPT = 7 * DAY
FEED = By.job("feed")

Renewable = Permit | PermitPool


class Freed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In a site.text/1 cell: the vehicle that has left its bay unseen, and when somebody said so."""

    vehicle: str
    at: datetime


@transaction.atomic
def set_terms(right: Renewable, *, period: Period, renews: bool, grace_days: int, by: By, at: datetime) -> None:
    """How it is renewed, and how many days after its end it still opens. Raises PermitError with `renews` for an
    automatic renewal without a period, `grace`."""
    if renews and (period == Period.NONE or right.ends is None):
        raise PermitError("renews", "only a permit with an end and a period renews by itself")
    if not 0 <= grace_days <= MOST_GRACE:
        raise PermitError("grace", f"0 to {MOST_GRACE} days of grace")
    type(right).objects.filter(pk=right.pk).update(period=period, renews=renews, grace_days=grace_days)
    record("permit.terms_set", "permit", right.pk, by=by, at=at)
    bump_roster(right.garage.site_id)


def renew(rights: Iterable[Renewable], *, by: By, at: datetime) -> int:
    """Each for its next period, from its end on; how many were. One that was renewed meanwhile is left alone, so that
    two clicks renew once."""
    return sum(_renew(right, by=by, at=at) for right in rights)


@transaction.atomic
def _renew(right: Renewable, *, by: By, at: datetime) -> bool:
    if right.ends is None or right.period not in MONTHS or right.ends <= right.starts:
        return False
    until = next_end(right.starts, right.ends, right.period)
    if not can_be_meant(until) or not type(right).objects.filter(pk=right.pk, ends=right.ends).update(ends=until):
        return False
    record("permit.renewed", "permit", right.pk, by=by, at=at)
    bump_roster(right.garage.site_id)
    return True


def renew_by_themselves(site: Site, *, at: datetime) -> int:
    """Those that renew automatically and end by tomorrow, until they do not; how many renewals."""
    tomorrow, done = local_date(at, ZoneInfo(site.zone)) + DAY, 0
    for model in (Permit, PermitPool):
        due: Q = Q(garage__site=site, renews=True, ends__lte=tomorrow)
        for right in model.objects.filter(due).select_related("garage"):
            while right.ends is not None and right.ends <= tomorrow and _renew(right, by=PERMITS, at=at):
                right.refresh_from_db()
                done += 1
    return done


# --- pools -------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_pool(
    garage: Garage,
    code: str,
    *,
    bays: int,
    starts: date,
    ends: date | None,
    period: Period = Period.MONTH,
    renews: bool = False,
    grace_days: int = 0,
    price_minor: int = 0,
    by: By,
    at: datetime,
) -> PermitPool:
    """Raises PermitError with `order`, `bays`, `renews`, `grace`."""
    if ends is not None and ends <= starts:
        raise PermitError("order", f"a contract from {starts} ends later than {ends}")
    if not 1 <= bays <= MOST_BAYS:
        raise PermitError("bays", f"a contract has 1 to {MOST_BAYS} bays")
    pool = PermitPool.objects.create(
        garage=garage, code=code, bays=bays, starts=starts, ends=ends, price_minor=price_minor
    )
    record("pool.added", "permit", pool.pk, by=by, at=at)
    set_terms(pool, period=period, renews=renews, grace_days=grace_days, by=by, at=at)
    pool.refresh_from_db()
    return pool


@transaction.atomic
def change_bays(pool: PermitPool, bays: int, *, by: By, at: datetime) -> None:
    """Fewer bays send nobody out: whoever is inside stays, and the next waits. Raises PermitError."""
    if not 1 <= bays <= MOST_BAYS:
        raise PermitError("bays", f"a contract has 1 to {MOST_BAYS} bays")
    PermitPool.objects.filter(pk=pool.pk).update(bays=bays)
    record("pool.bays_changed", "permit", pool.pk, by=by, at=at)
    bump_roster(pool.garage.site_id)


@transaction.atomic
def end_pool(pool: PermitPool, *, ends: date, by: By, at: datetime) -> None:
    """On the first date without it; by itself it is not renewed any more. Raises PermitError."""
    if ends < pool.starts:
        raise PermitError("order", f"a contract from {pool.starts} ends no earlier than that")
    PermitPool.objects.filter(pk=pool.pk).update(ends=ends, renews=False)
    record("pool.ended", "permit", pool.pk, by=by, at=at)
    bump_roster(pool.garage.site_id)


@transaction.atomic
def join_pool(pool: PermitPool, vehicle: Vehicle, *, by: By, at: datetime) -> PoolVehicle:
    """Raises PermitError with `other_site`."""
    if vehicle.site_id != pool.garage.site_id:
        raise PermitError("other_site", "vehicle and garage belong to one site")
    member, new = PoolVehicle.objects.get_or_create(pool=pool, vehicle=vehicle)
    if new:
        record("pool.joined", "permit", pool.pk, by=by, at=at)
        bump_roster(vehicle.site_id)
    return member


@transaction.atomic
def leave_pool(member: PoolVehicle, *, by: By, at: datetime) -> None:
    if PoolVehicle.objects.filter(pk=member.pk).delete()[0]:
        record("pool.left", "permit", member.pool_id, by=by, at=at)
        bump_roster(member.pool.garage.site_id)


# --- who stands in a bay -----------------------------------------------------------------------------------------


def in_bays(pool: PermitPool) -> list[tuple[OpenStay, UUID]]:
    """The open stays of the pool's vehicles that came in under it, each with its vehicle. Raises KeeperAway."""
    members = set(PoolVehicle.objects.filter(pool=pool).values_list("vehicle_id", flat=True))
    stays = list(OpenStay.objects.filter(garage=pool.garage).select_related("garage__site", "garage__tariff"))
    try:
        known = entries({stay.pk: bytes(stay.entry_cell) for stay in stays}) if members else {}
    except StayUnreadable:
        return []
    by_id = {str(member): member for member in members}
    found = []
    for stay in stays:
        entry = known.get(stay.pk)
        if entry is not None and entry.reason == "permit" and entry.vehicle in by_id:
            found.append((stay, by_id[entry.vehicle]))
    return found


def free_bay(stay: OpenStay, vehicle: Vehicle, *, by: By, at: datetime) -> bool:
    """An operator says that this vehicle has left unseen: its stay is closed and the edge frees its bay. False when the
    stay was over already; the edge is told all the same."""
    closed = close_unseen([stay], by=by, at=at)
    freed = Freed(str(vehicle.pk), at)
    row = FreedBay(site_id=vehicle.site_id, on=_today(vehicle.site, at))
    row.cell = keeping.seal_one("site.text/1", vehicle.site_id, row.pk, msgspec.json.encode(freed))
    with transaction.atomic():
        lock_site(vehicle.site_id)
        FreedBay.objects.filter(site_id=vehicle.site_id, on__lt=row.on - FREED_KEPT).delete()
        row.save(force_insert=True)
        bump_clearances(vehicle.site_id)
        record("pool.bay_freed", "vehicle", vehicle.pk, by=by, at=at)
    return closed == 1


def freed_bays(site: Site, at: datetime) -> list[tuple[Vehicle, datetime]]:
    """Of the last days. Raises KeeperAway."""
    rows = list(FreedBay.objects.filter(site=site, on__gt=_today(site, at) - FREED_KEPT).order_by("id"))
    cells = [keeping.cell("site.text/1", row.pk, row.cell) for row in rows]
    opened = keeping.reveal(cells, FEED.authority, "pool.freed")
    if isinstance(opened, Refused):
        return []
    freed = [msgspec.json.decode(data, type=Freed) for data in opened if data is not None]
    known = {str(one.pk): one for one in Vehicle.objects.filter(pk__in=[one.vehicle for one in freed])}
    return [(known[one.vehicle], one.at) for one in freed if one.vehicle in known]


def _today(site: Site, at: datetime) -> date:
    return local_date(at, ZoneInfo(site.zone))


# --- reading -----------------------------------------------------------------------------------------------------


def pools(sites: Iterable[Site]) -> QuerySet[PermitPool]:
    found = PermitPool.objects.filter(garage__site__in=list(sites)).annotate(count=Count("members"))
    return found.select_related("garage__site").order_by("garage__code", "code")


def is_code_taken(garage: Garage, code: str) -> bool:
    return PermitPool.objects.filter(garage=garage, code=code).exists()


def permits(sites: Iterable[Site]) -> QuerySet[Permit]:
    """Those that end soonest first."""
    found = Permit.objects.filter(garage__site__in=list(sites)).select_related("vehicle", "garage__site")
    return found.order_by("ends", "id")


def in_force(today: date) -> Q:
    """Not over, its days of grace left aside."""
    return Q(starts__lte=today) & (Q(ends=None) | Q(ends__gt=today))


def ending(today: date) -> Q:
    """Within the next two weeks, or so lately that its days of grace may still run."""
    return Q(ends__lte=today + ENDING_WITHIN, ends__gt=today - MOST_GRACE * DAY)
