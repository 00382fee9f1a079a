"""What merchants have given to open stays, as facts that a price is made of; and what it came to when a stay ends."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F

from gatehouse.domain import stays as domain
from gatehouse.domain.money import Money
from gatehouse.server.parking.models import GiftKind, MerchantDay, Validation


@dataclass(frozen=True, slots=True)
class Gift:
    """One validation of a stay."""

    id: UUID
    merchant: UUID
    given: int
    fact: domain.Validation


Given = tuple[Gift, ...]
NOTHING: Given = ()


def given_to(stays: Iterable[UUID]) -> dict[UUID, Given]:
    """What each of these open stays was given, in an order that stays the same; only those that were given anything."""
    rows = Validation.objects.filter(stay__in=list(stays)).exclude(stay=F("id"))
    found: dict[UUID, list[Gift]] = defaultdict(list)
    for row in rows.select_related("merchant__garage").order_by("merchant__name", "id"):
        found[row.stay].append(Gift(row.pk, row.merchant_id, row.given, _fact(row)))
    return {stay: tuple(gifts) for stay, gifts in found.items()}


def _fact(row: Validation) -> domain.Validation:
    merchant = row.merchant
    if merchant.kind == GiftKind.MINUTES:
        return domain.ValidatedTime(timedelta(minutes=row.given), merchant.name)
    return domain.ValidatedAmount(Money(row.given, merchant.garage.currency), merchant.name)


def facts_of(given: Given) -> tuple[domain.Validation, ...]:
    return tuple(gift.fact for gift in given)


@dataclass(frozen=True, slots=True)
class Worth:
    """By how much one validation lowered the price of a stay that is over."""

    gift: Gift
    minor: int


def settle(worths: Mapping[UUID, Sequence[Worth]], ended: Iterable[UUID], on: Mapping[UUID, date]) -> None:
    """The validations of stays that are over become lines of their merchants' statements, by the dates `on` which the
    stays ended. Must run inside the transaction that closes them."""
    assert connection.in_atomic_block
    lines: dict[tuple[UUID, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for stay, counted in worths.items():
        for merchant in {one.gift.merchant for one in counted}:
            lines[merchant, on[stay]][0] += 1
        for one in counted:
            line = lines[one.gift.merchant, on[stay]]
            line[1] += one.gift.given
            line[2] += one.minor
    for (merchant, day), (stays, given, minor) in sorted(lines.items()):
        MerchantDay.objects.get_or_create(merchant_id=merchant, date=day)
        MerchantDay.objects.filter(merchant_id=merchant, date=day).update(
            stays=F("stays") + stays, given=F("given") + given, worth_minor=F("worth_minor") + minor
        )
    if lines:
        Validation.objects.filter(stay__in=list(ended)).delete()
