"""Merchants give their customers time or money. A merchant's page says the same for every plate.

Whatever a merchant types takes the same from the budget and writes the same row: a plate that is not there gets a
validation that nobody has. Those go overnight, and the budget has them back.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Sum
from django.utils.crypto import constant_time_compare, salted_hmac

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.actions import find_stay
from gatehouse.server.parking.facts import is_cleared
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Garage, GiftKind, Merchant, MerchantMonth, OpenStay, Validation
from gatehouse.server.people.models import Site

MERCHANTS = By.job("merchants")
WRONG_PINS = 10  # in a row, then the link is dead until an operator gives a new one
CODE_HOLDS = timedelta(minutes=10)
UNDO_HOLDS = timedelta(minutes=10)
MOST_MINUTES = 366 * 24 * 60
MOST_MINOR = 10**9


class MerchantError(DomainError):
    """A merchant that cannot be. Codes: `gives`, `most_per_stay`, `month_budget`."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merchant gives: minutes, or whole minor units of the garage's money."""

    kind: GiftKind
    gives: int
    most_per_stay: int
    month_budget: int

    def __post_init__(self) -> None:
        most = MOST_MINUTES if self.kind == GiftKind.MINUTES else MOST_MINOR
        if not 0 < self.gives <= most:
            raise MerchantError("gives", f"a validation gives 1 to {most}, not {self.gives}")
        if not self.gives <= self.most_per_stay <= most:
            raise MerchantError("most_per_stay", f"the most per stay is {self.gives} to {most}")
        if not self.gives <= self.month_budget <= MOST_MINOR * 1000:
            raise MerchantError("month_budget", "a month's budget holds at least one validation")


# --- who they are ------------------------------------------------------------------------------------------------


def _hashed(kind: str, text: str) -> str:
    """Keyed by the keeper's signing secret: a copy of the table opens no merchant's page and tells no PIN."""
    return salted_hmac(f"gatehouse.merchant.{kind}", text, algorithm="sha256").hexdigest()


@transaction.atomic
def add_merchant(garage: Garage, name: str, terms: Terms, *, by: By, at: datetime) -> tuple[Merchant, str]:
    """The merchant and the code of its link, which is nowhere kept."""
    code = secrets.token_urlsafe(24)
    merchant = Merchant.objects.create(
        garage=garage,
        name=name,
        kind=terms.kind,
        gives=terms.gives,
        most_per_stay=terms.most_per_stay,
        month_budget=terms.month_budget,
        link_hash=_hashed("link", code),
    )
    record("merchant.added", "merchant", merchant.pk, by=by, at=at)
    return merchant, code


@transaction.atomic
def change_terms(merchant: Merchant, terms: Terms, *, by: By, at: datetime) -> None:
    """From the next validation on; `kind` stays as it is, since budget and statement are counted in it."""
    Merchant.objects.filter(pk=merchant.pk).update(
        gives=terms.gives, most_per_stay=terms.most_per_stay, month_budget=terms.month_budget
    )
    record("merchant.changed", "merchant", merchant.pk, by=by, at=at)


@transaction.atomic
def give_new_link(merchant: Merchant, *, by: By, at: datetime) -> str:
    """The old link is dead at once, and the PIN is chosen anew."""
    code = secrets.token_urlsafe(24)
    Merchant.objects.filter(pk=merchant.pk).update(
        link_hash=_hashed("link", code), pin_hash="", wrong_pins=0, active=True
    )
    record("merchant.link_given", "merchant", merchant.pk, by=by, at=at)
    return code


@transaction.atomic
def stop_merchant(merchant: Merchant, *, by: By, at: datetime) -> None:
    """Its link is dead; what it has given stays given."""
    if Merchant.objects.filter(pk=merchant.pk, active=True).update(active=False):
        record("merchant.stopped", "merchant", merchant.pk, by=by, at=at)


def merchant_by_code(code: str) -> Merchant | None:
    found = Merchant.objects.select_related("garage__site", "garage__tariff").filter(active=True)
    return found.filter(link_hash=_hashed("link", code), wrong_pins__lt=WRONG_PINS).first()


def merchant_by_id(merchant_id: UUID) -> Merchant | None:
    found = Merchant.objects.select_related("garage__site", "garage__tariff").filter(active=True)
    return found.filter(pk=merchant_id).first()


@transaction.atomic
def choose_pin(merchant: Merchant, pin: str, *, at: datetime) -> bool:
    """At the first use of a link. False when somebody was first."""
    chosen = Merchant.objects.filter(pk=merchant.pk, pin_hash="", link_hash=merchant.link_hash)
    if not chosen.update(pin_hash=_hashed("pin", f"{merchant.pk}\0{pin}")):
        return False
    record("merchant.pin_chosen", "merchant", merchant.pk, by=MERCHANTS, at=at)
    return True


def is_pin(merchant: Merchant, pin: str) -> bool:
    """Counted before it is compared: tries that come at once are no more tries."""
    tried = Merchant.objects.filter(pk=merchant.pk, wrong_pins__lt=WRONG_PINS)
    if not tried.update(wrong_pins=F("wrong_pins") + 1):
        return False
    if not merchant.pin_hash or not constant_time_compare(merchant.pin_hash, _hashed("pin", f"{merchant.pk}\0{pin}")):
        return False
    Merchant.objects.filter(pk=merchant.pk).update(wrong_pins=0)
    return True


# --- what they give ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A validation was written; whether a car has it is not said."""

    validation: UUID


class BudgetSpent(Exception):
    """This month's budget holds no further validation."""


def validate(merchant: Merchant, plate: str, *, at: datetime) -> Given | Refused:
    """For a typed plate: the same answer, and the same work, whether or not that car is parked here. Raises
    BudgetSpent, KeeperAway."""
    # Asked as a source of its own, so that one shop neither tries plates nor takes another's tries.
    found = find_stay(merchant.garage, plate, address=f"merchant {merchant.pk}")
    if isinstance(found, Refused):
        return found
    with transaction.atomic():
        lock_site(merchant.garage.site_id)
        row = _claim(merchant, at)
        stay = queries.open_stay(found.pk) if found else None
        if stay is not None and _may_have(row, stay, at):
            Validation.objects.filter(pk=row.pk).update(stay=stay.pk)
        else:
            Validation.objects.filter(pk=row.pk).update(stay=row.pk)
        record("merchant.validated", "merchant", merchant.pk, by=MERCHANTS, at=at)
    return Given(row.pk)


@transaction.atomic
def show_code(merchant: Merchant, *, at: datetime) -> Given:
    """A validation that the first driver who scans it within `CODE_HOLDS` has. Raises BudgetSpent."""
    lock_site(merchant.garage.site_id)
    row = _claim(merchant, at)
    record("merchant.validated", "merchant", merchant.pk, by=MERCHANTS, at=at)
    return Given(row.pk)


def _claim(merchant: Merchant, at: datetime) -> Validation:
    """A validation that nobody has yet, its gift taken from the month's budget by compare-and-set."""
    held = Merchant.objects.get(pk=merchant.pk)
    month = local_date(at, ZoneInfo(merchant.garage.site.zone)).replace(day=1)
    MerchantMonth.objects.get_or_create(merchant=held, month=month)
    room = MerchantMonth.objects.filter(merchant=held, month=month, taken__lte=held.month_budget - held.gives)
    if held.month_budget < held.gives or not room.update(taken=F("taken") + held.gives):
        raise BudgetSpent
    row = Validation(merchant=held, given=held.gives, month=month)
    row.stay = row.pk
    row.save(force_insert=True)
    return row


def _may_have(row: Validation, stay: OpenStay, at: datetime) -> bool:
    """Not beyond the most for one stay, and not when all is paid and the stay may leave."""
    had = Validation.objects.filter(merchant=row.merchant, stay=stay.pk).aggregate(sum=Sum("given"))["sum"] or 0
    return had + row.given <= row.merchant.most_per_stay and not is_cleared(stay, at)


def scan(validation_id: UUID, stay: OpenStay, *, at: datetime) -> bool:
    """The driver's own stay has what a code gives; a code serves once. False when it was used, taken back, is too old,
    or this stay has the merchant's most already."""
    with transaction.atomic():
        lock_site(stay.garage.site_id)
        row = Validation.objects.select_related("merchant").filter(pk=validation_id, stay=validation_id).first()
        held = queries.open_stay(stay.pk)
        if row is None or held is None or row.merchant.garage_id != held.garage_id or not row.merchant.active:
            return False
        if not _may_have(row, held, at):
            return False
        if not Validation.objects.filter(pk=row.pk, stay=row.pk).update(stay=held.pk):
            return False
        record("merchant.scanned", "merchant", row.merchant_id, by=MERCHANTS, at=at)
        return True


def take_back(merchant: Merchant, validation_id: UUID, *, at: datetime) -> None:
    """A validation that its merchant regrets. When the car has left it stays given; the answer is the same."""
    with transaction.atomic():
        lock_site(merchant.garage.site_id)
        row = Validation.objects.filter(pk=validation_id, merchant=merchant).first()
        if row is not None and Validation.objects.filter(pk=row.pk).delete()[0]:
            _give_back(row.merchant_id, row.month, row.given)
        record("merchant.took_back", "merchant", merchant.pk, by=MERCHANTS, at=at)


def _give_back(merchant_id: UUID, month: date, given: int) -> None:
    held = MerchantMonth.objects.filter(merchant_id=merchant_id, month=month, taken__gte=given)
    held.update(taken=F("taken") - given)


@transaction.atomic
def give_back_unused(site: Site, *, at: datetime) -> int:
    """At night, validations that nobody has go, and the budgets have them back; how many."""
    lock_site(site.pk)
    rows = list(Validation.objects.filter(merchant__garage__site=site, stay=F("id")))
    for row in rows:
        _give_back(row.merchant_id, row.month, row.given)
    Validation.objects.filter(pk__in=[row.pk for row in rows], stay=F("id")).delete()
    if rows:
        record("merchants.unused_given_back", "site", site.pk, by=MERCHANTS, at=at)
    return len(rows)


def waiting_merchant(validation_id: UUID) -> Merchant | None:
    """Whose code this is, while nobody has used it."""
    row = Validation.objects.select_related("merchant__garage__site", "merchant__garage__tariff")
    held = row.filter(pk=validation_id, stay=validation_id, merchant__active=True).first()
    return held.merchant if held else None
