"""A month's statement: prepared from what was counted, approved by a second person, paid; then it stands."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain import payouts
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payouts import Line, LineKind, Sum
from gatehouse.domain.periods import local_date
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Garage
from gatehouse.server.takings.counting import count_day, stale_days
from gatehouse.server.takings.models import DayTakings, Holding, PayoutState, PayoutStatement, Proprietor
from gatehouse.server.takings.owners import as_fact, holdings

EARLIER_MONTHS = 12  # so far back approved months are looked at again

OwnLine = tuple[str, Line]  # the garage's id, "" for none


class StatementError(DomainError):
    """Codes: `month_not_over`, `nothing_held`, `not_draft`, `same_person`, `not_approved`."""


def prepare(owner: Proprietor, month: Month, *, by: By, at: datetime) -> list[PayoutStatement]:
    """Make the month's drafts anew, one for each currency; what is approved stands. Raises StatementError,
    KeeperAway."""
    held = holdings([owner])
    within = [row for row in held if row.starts < month.until and (row.ends is None or row.ends > month.first)]
    approved = _approved(owner)
    currencies = {row.garage.currency for row in within} | {row.currency for row in approved}
    if not currencies:
        raise StatementError("nothing_held", "no garage belongs to this owner in that month")
    for garage in {row.garage_id: row.garage for row in held}.values():
        _count(garage, month, at)
    made = [_prepare(owner, month, currency, held, by=by, at=at) for currency in sorted(currencies)]
    return [row for row in made if row is not None]


def _count(garage: Garage, month: Month, at: datetime) -> None:
    if local_date(at, ZoneInfo(garage.site.zone)) < month.until:
        raise StatementError("month_not_over", "a month is stated when it is over", month=str(month))
    for day in stale_days(garage, month.first, month.until):
        count_day(garage, day, at)


def _prepare(
    owner: Proprietor, month: Month, currency: str, held: Sequence[Holding], *, by: By, at: datetime
) -> PayoutStatement | None:
    lines = reckoned(month, currency, held)
    with transaction.atomic():
        # One at a time for an owner: two who prepare at once must not both carry the same correction.
        Proprietor.objects.select_for_update().get(pk=owner.pk)
        lines += _corrections(owner, month, currency, held)
        which = PayoutStatement.objects.filter(proprietor=owner, month=str(month), currency=currency)
        before = which.first()
        if before is not None and before.state != PayoutState.DRAFT:
            return before
        if before is None and not lines:
            return None
        facts = {
            "lines": [as_row(line) for line in lines],
            "payout_minor": payouts.payout((line for _, line in lines), currency).minor,
            "prepared_by": by.actor,
        }
        if before is None:
            before = PayoutStatement.objects.create(proprietor=owner, month=str(month), currency=currency, **facts)
        else:
            which.filter(state=PayoutState.DRAFT).update(**facts)
        record("payout.prepared", "payout", before.pk, by=by, at=at)
    before.refresh_from_db()
    return before


def reckoned(month: Month, currency: str, held: Sequence[Holding]) -> list[OwnLine]:
    """What the month comes to by what is counted now: the lines of these holdings' owner, garage by garage."""
    mine = {row.pk for row in held}
    garages = {row.garage_id: row.garage for row in held if row.garage.currency == currency}
    beside = Holding.objects.filter(garage__in=garages).select_related("garage").order_by("starts", "id")
    days = DayTakings.objects.filter(garage__in=garages, on__gte=month.first, on__lt=month.until)
    lines: list[OwnLine] = []
    for garage in sorted(garages.values(), key=lambda one: (one.name, str(one.pk))):
        sums = [
            Sum(row.on, provider, None if rate is None else Fraction(rate), Money(minor, currency))
            for row in days
            if row.garage_id == garage.pk
            for provider, rate, minor in row.taken
        ]
        shares = [row for row in beside if row.garage_id == garage.pk]
        found = payouts.month_lines(month, sums, [as_fact(row) for row in shares], currency)
        for row in shares:
            if row.pk in mine:
                lines += [(str(garage.pk), line) for line in found.get(str(row.pk), [])]
    return lines


def _approved(owner: Proprietor) -> list[PayoutStatement]:
    return list(PayoutStatement.objects.filter(proprietor=owner).exclude(state=PayoutState.DRAFT).order_by("month"))


def _corrections(owner: Proprietor, month: Month, currency: str, held: Sequence[Holding]) -> list[OwnLine]:
    """For each earlier approved month what it comes to now beyond what was stated and corrected since."""
    before = [row for row in _approved(owner) if row.currency == currency and row.month < str(month)]
    lines: list[OwnLine] = []
    for row in before[-EARLIER_MONTHS:]:
        of = Month.of(date.fromisoformat(f"{row.month}-01"))
        stated = payouts.payout(payouts.own(line for _, line in lines_of(row)), currency)
        corrected = total(
            (
                line.amount
                for later in before
                for _, line in lines_of(later)
                if line.kind is LineKind.EARLIER and line.params["month"] == row.month
            ),
            currency,
        )
        now = payouts.payout((line for _, line in reckoned(of, currency, held)), currency)
        line = payouts.correction(of, stated, corrected, now)
        if line is not None:
            lines.append(("", line))
    return lines


def as_row(one: OwnLine) -> list[object]:
    garage, line = one
    return [garage, line.kind.value, dict(line.params), line.amount.minor]


def lines_of(row: PayoutStatement) -> list[OwnLine]:
    return [
        (garage, Line(LineKind(kind), cast(dict[str, str | int], params), Money(minor, row.currency)))
        for garage, kind, params, minor in row.lines
    ]


def approve(row: PayoutStatement, *, seen_minor: int, by: By, at: datetime) -> None:
    """By somebody else than who prepared it, for the payout that they saw. Raises StatementError."""
    if row.prepared_by == by.actor:
        raise StatementError("same_person", "a second person approves it")
    with transaction.atomic():
        draft = PayoutStatement.objects.filter(pk=row.pk, state=PayoutState.DRAFT, payout_minor=seen_minor)
        if not draft.exclude(prepared_by=by.actor).update(state=PayoutState.APPROVED, approved_by=by.actor):
            raise StatementError("not_draft", "it was approved or prepared anew meanwhile; look again")
        record("payout.approved", "payout", row.pk, by=by, at=at)


@transaction.atomic
def mark_paid(row: PayoutStatement, on: date, *, by: By, at: datetime) -> None:
    """Raises StatementError."""
    approved = PayoutStatement.objects.filter(pk=row.pk, state=PayoutState.APPROVED)
    if not approved.update(state=PayoutState.PAID, paid_on=on):
        raise StatementError("not_approved", "only an approved statement is paid, and once")
    record("payout.paid", "payout", row.pk, by=by, at=at)


def garage_names(row: PayoutStatement) -> dict[str, str]:
    ids: list[UUID] = [UUID(garage) for garage, _ in lines_of(row) if garage]
    return {str(pk): name for pk, name in Garage.objects.filter(pk__in=ids).values_list("pk", "name")}
