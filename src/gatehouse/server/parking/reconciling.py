"""Every date's payments and refunds against what the provider says it did: the differences are listed and kept until
somebody has explained them.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from gatehouse.domain.periods import DAY, Period, local_date
from gatehouse.domain.reconciliation import Found, Key, Line, compare, sums
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import orders
from gatehouse.server.parking.models import (
    Difference,
    DifferenceState,
    Payment,
    PaymentState,
    ProviderAccount,
    Refund,
    RefundState,
    Statement,
)
from gatehouse.server.parking.providers import builtin
from gatehouse.server.parking.providers.known import speak
from gatehouse.server.parking.providers.protocol import ProviderFault, Row, our_id
from gatehouse.server.people.models import Site

log = structlog.get_logger()

TAKEN = (PaymentState.SETTLED, PaymentState.LATE)
CATCH_UP = timedelta(days=7)  # so far back a statement that could not be had is asked for again
IN_DATABASE = 500  # ids to a question
T = TypeVar("T")


def scopes(site: Site) -> list[tuple[str, ProviderAccount | None]]:
    """Provider and account of everything that this site ever took money by."""
    held: list[tuple[str, ProviderAccount | None]] = [
        (one.provider, one) for one in ProviderAccount.objects.filter(site=site).order_by("provider", "code")
    ]
    used = Payment.objects.filter(garage__site=site, provider=builtin.NAME).exists()
    return [*held, (builtin.NAME, None)] if used else held


def compare_day(site: Site, day: date, *, by: By, at: datetime) -> list[Statement]:
    """Compare every account of the site. A provider that has no statement, or does not answer, is written down as
    such. Raises KeeperAway."""
    return [compare_account(site, provider, account, day, by=by, at=at) for provider, account in scopes(site)]


def compare_account(
    site: Site, provider: str, account: ProviderAccount | None, day: date, *, by: By, at: datetime
) -> Statement:
    """Compare again as often as one likes: what was listed before and is no more is gone, what was explained stays
    so."""
    try:
        rows = speak(account, site.pk).statement(day, ZoneInfo(site.zone), at)
    except ProviderFault as fault:
        log.warning("statement.not_had", code=fault.code, day=day.isoformat(), site=str(site.pk))
        return _keep(site, provider, account, day, fault.code, [], [], by=by, at=at)
    _ask_about_unsettled(rows, at)
    theirs = [Line(row.kind, _ours_by_ref(provider, row), row.amount.minor) for row in rows]
    ours, due = _ours(site, provider, account, day, theirs)
    missing = due - {line.key for line in theirs}
    elsewhere = _beside(site, account, day, at) if missing else set()
    found = compare(theirs, ours, due, elsewhere)
    return _keep(site, provider, account, day, "", theirs, found, by=by, at=at)


def _ask_about_unsettled(rows: Sequence[Row], at: datetime) -> None:
    """Money that the provider has and whose notice never came is no difference: it is settled now."""
    ids = [found for row in rows if row.kind == "payment" and (found := our_id(row.id))]
    for some in _in_parts(ids):
        unsettled = Payment.objects.filter(pk__in=some).exclude(state__in=TAKEN)
        for payment in unsettled.select_related("garage__site", "account"):
            try:
                orders.ask(payment, at)
            except ProviderFault as fault:
                log.warning("payment.not_asked", code=fault.code)


def _ours_by_ref(provider: str, row: Row) -> str:
    """Our id of a row. Money that came twice for one order is told apart by the provider's own names."""
    if row.kind == "payment":
        found = Payment.objects.filter(provider=provider, provider_ref=row.ref).values_list("pk", flat=True).first()
        if found is not None:
            return str(found)
    return row.id


def _ours(
    site: Site, provider: str, account: ProviderAccount | None, day: date, theirs: Sequence[Line]
) -> tuple[dict[Key, int], set[Key]]:
    """What we have among their lines and of the date, and which of it their statement of that date must hold."""
    span = Period.local_day(day, ZoneInfo(site.zone))
    paid = Payment.objects.filter(garage__site=site, provider=provider, account=account, state__in=TAKEN)
    back = Refund.objects.filter(payment__garage__site=site, payment__provider=provider, payment__account=account)
    back = back.exclude(state=RefundState.FAILED)
    ours: dict[Key, int] = {}
    for some in _in_parts([found for line in theirs if line.kind == "payment" and (found := our_id(line.id))]):
        ours |= {
            ("payment", str(pk)): minor for pk, minor in paid.filter(pk__in=some).values_list("pk", "amount_minor")
        }
    for some in _in_parts([found for line in theirs if line.kind == "refund" and (found := our_id(line.id))]):
        ours |= {("refund", str(pk)): minor for pk, minor in back.filter(pk__in=some).values_list("pk", "amount_minor")}
    of_day = paid.filter(at__gte=span.start, at__lt=span.end).values_list("pk", "amount_minor")
    due = {("payment", str(pk)): minor for pk, minor in of_day}
    done = back.filter(day=day, state=RefundState.DONE).values_list("pk", "amount_minor")
    due |= {("refund", str(pk)): minor for pk, minor in done}
    return ours | due, set(due)


def _beside(site: Site, account: ProviderAccount | None, day: date, at: datetime) -> set[Key]:
    """What the provider lists on the dates before and after, as far as it has them."""
    zone, found = ZoneInfo(site.zone), set()
    for other in (day - DAY, day + DAY):
        if other < local_date(at, zone):
            try:
                rows = speak(account, site.pk).statement(other, zone, at)
            except ProviderFault:
                continue
            found |= {(row.kind, row.id) for row in rows}
    return found


def _in_parts(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[start : start + IN_DATABASE] for start in range(0, len(ids), IN_DATABASE)]


@transaction.atomic
def _keep(
    site: Site,
    provider: str,
    account: ProviderAccount | None,
    day: date,
    code: str,
    theirs: Sequence[Line],
    found: Sequence[Found],
    *,
    by: By,
    at: datetime,
) -> Statement:
    total = sums(theirs)
    facts: dict[str, str | int] = {
        "code": code,
        "rows": len(theirs),
        "paid_minor": total["payment"],
        "refunded_minor": total["refund"],
    }
    scope = {"site": site, "provider": provider, "account": account, "day": day}
    held = Statement.objects.select_for_update().filter(**scope).first()
    if held is not None and code:
        return held if not held.code else _again(held, facts)
    statement = _again(held, facts) if held else Statement.objects.create(**scope, **facts)
    if not code:
        _list(statement, found, site.currency)
    record("statement.compared", "statement", statement.pk, by=by, at=at)
    return statement


def _again(held: Statement, facts: dict[str, str | int]) -> Statement:
    Statement.objects.filter(pk=held.pk).update(**facts)
    held.refresh_from_db()
    return held


def _list(statement: Statement, found: Sequence[Found], currency: str) -> None:
    before = {(one.kind, one.subject): one for one in Difference.objects.filter(statement=statement)}
    now = {}
    for one in found:
        kind = f"refund_{one.kind}" if one.of == "refund" else str(one.kind)
        now[kind, one.id[:80]] = {"ours_minor": one.ours, "theirs_minor": one.theirs, "currency": currency}
    for key, facts in now.items():
        row = before.get(key)
        if row is None:
            Difference.objects.create(statement=statement, kind=key[0], subject=key[1], **facts)
        elif row.state == DifferenceState.GONE:
            Difference.objects.filter(pk=row.pk).update(state=DifferenceState.OPEN, **facts)
    gone = [row.pk for key, row in before.items() if key not in now and row.state == DifferenceState.OPEN]
    Difference.objects.filter(pk__in=gone).update(state=DifferenceState.GONE)


@transaction.atomic
def explain(difference: Difference, explanation: str, *, by: By, at: datetime) -> None:
    """Somebody has looked and says why."""
    held = Difference.objects.filter(pk=difference.pk, state=DifferenceState.OPEN)
    if held.update(state=DifferenceState.EXPLAINED, explanation=explanation):
        record("difference.explained", "difference", difference.pk, by=by, at=at)


def compare_lately(site: Site, day: date, *, by: By, at: datetime) -> None:
    """A date, and the dates before it whose statement could not be had. Raises KeeperAway."""
    compare_day(site, day, by=by, at=at)
    waiting = Statement.objects.filter(site=site, day__gte=day - CATCH_UP, day__lt=day).exclude(code="")
    for one in waiting.select_related("account"):
        compare_account(site, one.provider, one.account, one.day, by=by, at=at)
