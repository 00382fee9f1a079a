"""Garages, permits and clearances. Stays open and close in `parking.stays`, money comes in `parking.payments`."""

from datetime import date, datetime, timedelta

from django.db import transaction

from gatehouse.domain import tariffs
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import exponent
from gatehouse.domain.plates import normalise
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import matching
from gatehouse.server.parking.facts import UNPRICED, quote
from gatehouse.server.parking.lane_acts import Why, note_act
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import (
    Act,
    ExitClearance,
    Garage,
    LaneException,
    OpenState,
    OpenStay,
    Permit,
    Tariff,
)
from gatehouse.server.people.actions import bump_clearances, bump_roster
from gatehouse.server.people.models import Site, Vehicle, Zone

FREE_CLEARANCE = timedelta(minutes=5)  # for a car that stands at the exit and owes nothing


class PermitError(DomainError):
    """A permit that can not be. Codes: `other_site`, `order`."""


@transaction.atomic
def add_tariff(site: Site, code: str, versions: dict[str, object], *, by: By, at: datetime) -> Tariff:
    """`versions` as `domain.tariff_json` writes a tariff, in the money and by the clock of the site. Raises
    TariffError."""
    check_tariff(site, tariff_from_dict(versions))
    tariff = Tariff.objects.create(site=site, code=code, versions=versions)
    record("tariff.added", "tariff", tariff.pk, by=by, at=at)
    return tariff


@transaction.atomic
def change_tariff(tariff: Tariff, versions: dict[str, object], *, by: By, at: datetime) -> Tariff:
    """A stay is priced by the version in force when it began. Raises TariffError as `add_tariff`."""
    check_tariff(tariff.site, tariff_from_dict(versions))
    Tariff.objects.filter(pk=tariff.pk).update(versions=versions)
    record("tariff.changed", "tariff", tariff.pk, by=by, at=at)
    tariff.refresh_from_db()
    return tariff


def check_tariff(site: Site, tariff: tariffs.Tariff) -> None:
    """Raises TariffError with `other_currency` or `other_zone` than the site's."""
    if tariff.currency != site.currency:
        raise TariffError("other_currency", "currency", f"write the site's own, {site.currency}")
    if tariff.zone.key != site.zone:
        raise TariffError("other_zone", "zone", f"write the site's own, {site.zone}")


@transaction.atomic
def add_garage(
    site: Site, zone: Zone, code: str, name: str, tariff: Tariff, *, leave_min: int = 15, by: By, at: datetime
) -> Garage:
    """Its lanes are the lanes that stand in `zone`. Raises MoneyError for an unknown currency of the site."""
    exponent(site.currency)
    garage = Garage.objects.create(
        site=site, zone=zone, code=code, name=name, tariff=tariff, currency=site.currency, leave_min=leave_min
    )
    record("garage.added", "garage", garage.pk, by=by, at=at)
    return garage


@transaction.atomic
def add_permit(vehicle: Vehicle, garage: Garage, *, starts: date, ends: date | None, by: By, at: datetime) -> Permit:
    """On the dates [starts, ends) of the site, for one of its own vehicles. Raises PermitError."""
    if vehicle.site_id != garage.site_id:
        raise PermitError("other_site", "vehicle and garage belong to one site")
    if ends is not None and ends <= starts:
        raise PermitError("order", f"a permit from {starts} ends later than {ends}", starts=starts, ends=ends)
    permit = Permit.objects.create(vehicle=vehicle, garage=garage, starts=starts, ends=ends)
    record("permit.added", "permit", permit.pk, by=by, at=at)
    bump_roster(garage.site_id)
    return permit


@transaction.atomic
def end_permit(permit: Permit, *, ends: date, by: By, at: datetime) -> None:
    """On the first date without it; its own first date takes it back altogether. Raises PermitError."""
    if ends < permit.starts:
        raise PermitError("order", f"a permit from {permit.starts} ends no earlier than that", ends=ends)
    Permit.objects.filter(pk=permit.pk).update(ends=ends)
    record("permit.ended", "permit", permit.pk, by=by, at=at)
    bump_roster(permit.garage.site_id)


def find_stay(garage: Garage, plate: str, *, address: str) -> OpenStay | Refused | None:
    """The open stay of a typed plate, or the only one of a plate that looks the same. The keeper answers for any plate,
    and caps how often an address may ask. Raises KeeperAway."""
    canonical = normalise(plate)
    if not canonical:
        return None
    for _ in range(2):
        stay_day = Site.objects.get(pk=garage.site_id).stay_day
        tokens = keeping.locate(garage.site_id, stay_day, canonical, keeping.source_of(address))
        if isinstance(tokens, Refused):
            return tokens
        found = matching.find(garage, tokens).stay
        if found is not None or Site.objects.get(pk=garage.site_id).stay_day == stay_day:
            return found
    return None


def clear(stay: OpenStay, ends: datetime) -> None:
    """Let the stay leave until `ends`. Must run under the site's lock."""
    ExitClearance.objects.update_or_create(stay=stay, defaults={"garage": stay.garage, "ends": ends})
    OpenStay.objects.filter(pk=stay.pk).update(state=OpenState.CLEARED)
    bump_clearances(stay.garage.site_id)


@transaction.atomic
def clear_free(stay: OpenStay, *, by: By, at: datetime) -> datetime:
    """A stay that owes nothing may leave until the answered instant; an earlier, longer clearance stands. A stay that
    has left is answered by `at`."""
    lock_site(stay.garage.site_id)
    held = ExitClearance.objects.filter(stay=stay, ends__gt=at).first()
    if held is not None:
        return held.ends
    if not OpenStay.objects.filter(pk=stay.pk).exists():
        return at
    record("stay.cleared_free", "garage", stay.garage_id, by=by, at=at)
    clear(stay, at + FREE_CLEARANCE)
    return at + FREE_CLEARANCE


def free_pass(
    stay: OpenStay, *, by: By, at: datetime, reason: str = Why.OTHER, waived_minor: int | None = None
) -> datetime:
    """An operator lets a stay out without payment, until the answered instant. A stay that has left is answered by
    `at`. What it owed is written down with the operator and the reason; it is reckoned here unless given."""
    waived = waived_by(stay, at) if waived_minor is None else waived_minor
    with transaction.atomic():
        lock_site(stay.garage.site_id)
        if not OpenStay.objects.filter(pk=stay.pk).exists():
            return at
        ends = at + timedelta(minutes=stay.garage.leave_min)
        record("stay.free_pass", "garage", stay.garage_id, by=by, at=at)
        note_act(stay.garage, Act.FREE_PASS, reason, waived_minor=waived, by=by, at=at)
        clear(stay, ends)
    return ends


def waived_by(stay: OpenStay, at: datetime) -> int:
    """What a free pass gives away, in minor units; 0 where the stay has no price."""
    try:
        return quote(stay, at).due.minor
    except UNPRICED:
        return 0


@transaction.atomic
def settle_exception(exception: LaneException, *, by: By, at: datetime) -> None:
    if LaneException.objects.filter(pk=exception.pk, done=False).update(done=True):
        record("lane.exception_settled", "exception", exception.pk, by=by, at=at)
