"""Owners of garages, what belongs to them, and their monthly statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q

from gatehouse.domain import payouts
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Garage
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.takings.models import Holding, PayoutStatement, Proprietor

PROPRIETORS = "proprietors"  # whose key the accounts of garage owners are sealed under: they span sites
BANK = "proprietor.bank/1"


class OwnerError(DomainError):
    """Codes: `no_name`, `taken_name`, `bad_percent`, `bad_iban`, `order`, `overlap`, and those of PayoutError."""


@dataclass(frozen=True, slots=True)
class NewHolding:
    """As typed: percentages are decimals in text."""

    garage: Garage
    starts: date
    ends: date | None = None
    parts: int = 1
    commission_percent: str = "0"
    fixed_fee: int = 0
    vat_percent: str = "0"
    provider_percents: tuple[tuple[str, str], ...] = ()


def percent(typed: str) -> Fraction:
    """A percentage as somebody types it: "8.25", "8,25". Raises OwnerError."""
    try:
        number = Decimal(typed.strip().replace(",", ".") or "0") if typed.isascii() else Decimal("NaN")
        if not number.is_finite() or not 0 <= number <= 100 or number != round(number, 4):
            raise InvalidOperation
    except InvalidOperation as fault:
        raise OwnerError("bad_percent", "write a percentage from 0 to 100 with at most four decimals") from fault
    return Fraction(number)


def iban(typed: str) -> str:
    """The account without spaces, its check digits verified (ISO 13616). Raises OwnerError."""
    text = "".join(typed.split()).upper()
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text[:2].isalpha() and text[2:4].isdigit()):
        raise OwnerError("bad_iban", "an IBAN is two letters, two check digits and the account")
    digits = "".join(str(int(sign, 36)) for sign in text[4:] + text[:4])
    if int(digits) % 97 != 1:
        raise OwnerError("bad_iban", "the check digits of this IBAN do not fit")
    return text


def add_proprietor(name: str, *, by: By, at: datetime) -> Proprietor:
    """Raises OwnerError."""
    name = " ".join(name.split())
    if not name or "\0" in name or len(name) > 80:
        raise OwnerError("no_name", "write a name of at most 80 characters")
    try:
        with transaction.atomic():
            row = Proprietor.objects.create(name=name)
            record("proprietor.added", "proprietor", row.pk, by=by, at=at)
    except IntegrityError as fault:
        raise OwnerError("taken_name", "an owner of this name is there already") from fault
    return row


def set_account(row: Proprietor, typed: str, *, by: By, at: datetime) -> None:
    """Keep the account, sealed. Raises OwnerError, KeeperAway."""
    cell = keeping.seal_one(BANK, PROPRIETORS, row.pk, iban(typed).encode())
    with transaction.atomic():
        Proprietor.objects.filter(pk=row.pk).update(bank_cell=cell)
        record("proprietor.account_set", "proprietor", row.pk, by=by, at=at)


def account(row: Proprietor, by: By) -> str | Refused | None:
    """The account, None where none is kept; a look, counted. Raises KeeperAway."""
    if row.bank_cell is None:
        return None
    data = keeping.reveal([keeping.cell(BANK, row.pk, row.bank_cell)], by.authority, "payout.account")
    if isinstance(data, Refused):
        return data
    return data[0].decode() if data[0] else None


@transaction.atomic
def add_holding(row: Proprietor, new: NewHolding, *, by: By, at: datetime) -> Holding:
    """Raises OwnerError, PayoutError."""
    texts = (new.commission_percent, new.vat_percent, *(text for _, text in new.provider_percents))
    commission, vat, *fees = [payouts.text(percent(text)) for text in texts]
    names = [name.strip()[:16] for name, _ in new.provider_percents]
    lock_site(new.garage.site_id)
    holding = Holding(
        id=uuid4(),
        proprietor=row,
        garage=new.garage,
        parts=new.parts,
        commission_percent=commission,
        fixed_fee_minor=new.fixed_fee,
        vat_percent=vat,
        provider_percents=dict(zip(names, fees, strict=True)),
        starts=new.starts,
        ends=new.ends,
    )
    as_fact(holding)
    beside = Holding.objects.filter(garage=new.garage, proprietor=row).filter(Q(ends=None) | Q(ends__gt=new.starts))
    if new.ends is not None:
        beside = beside.filter(starts__lt=new.ends)
    if beside.exists():
        raise OwnerError("overlap", "this owner holds the garage on these dates already; end that first")
    holding.save(force_insert=True)
    record("holding.added", "holding", holding.pk, by=by, at=at)
    return holding


@transaction.atomic
def end_holding(holding: Holding, *, ends: date, by: By, at: datetime) -> None:
    """On the first date without it. Raises OwnerError."""
    if ends <= holding.starts:
        raise OwnerError("order", "a holding ends after it starts")
    Holding.objects.filter(pk=holding.pk).update(ends=ends)
    record("holding.ended", "holding", holding.pk, by=by, at=at)


def as_fact(row: Holding) -> payouts.Holding:
    """Raises PayoutError."""
    terms = payouts.Terms(
        fixed_fee=Money(row.fixed_fee_minor, row.garage.currency),
        commission_percent=Fraction(row.commission_percent),
        vat_percent=Fraction(row.vat_percent),
        provider_percents={name: Fraction(text) for name, text in row.provider_percents.items()},
    )
    return payouts.Holding(str(row.pk), row.parts, terms, row.starts, row.ends)


# --- reading -----------------------------------------------------------------------------------------------------


def proprietors(who: SignedIn) -> list[Proprietor]:
    """Those all of whose garages the reader sees; those without any, if the reader sees every site."""
    seen = {site.pk for site in sites_visible_to(who)}
    held: dict[UUID, set[UUID]] = {}
    for owner, site in Holding.objects.values_list("proprietor_id", "garage__site_id"):
        held.setdefault(owner, set()).add(site)
    rows = Proprietor.objects.order_by("name")
    return [row for row in rows if (held[row.pk] <= seen if row.pk in held else who.sees_every_site)]


def proprietor(which: UUID, who: SignedIn) -> Proprietor | None:
    return next((row for row in proprietors(who) if row.pk == which), None)


def holdings(rows: Iterable[Proprietor]) -> list[Holding]:
    found = Holding.objects.filter(proprietor__in=list(rows)).select_related("garage__site", "garage__tariff")
    return list(found.order_by("garage__name", "starts", "id"))


def statements(rows: Iterable[Proprietor]) -> list[PayoutStatement]:
    """Newest month first."""
    found = PayoutStatement.objects.filter(proprietor__in=list(rows)).select_related("proprietor")
    return list(found.order_by("-month", "proprietor__name", "currency"))


def statement(which: UUID, who: SignedIn) -> PayoutStatement | None:
    found = PayoutStatement.objects.select_related("proprietor").filter(pk=which).first()
    return found if found is not None and proprietor(found.proprietor_id, who) is not None else None


def months_to_state(today: date) -> Sequence[Month]:
    """Months that are over, the latest first: those of the last year."""
    months, of = [], Month.of(today)
    for _ in range(12):
        of = Month(of.year - (of.number == 1), 12 if of.number == 1 else of.number - 1)
        months.append(of)
    return months
