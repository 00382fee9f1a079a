"""What is said by hand about pay: a site's setup, what goes with a contract, what one month brings."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import transaction

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.pay_journal import DEFAULT_ACCOUNTS, Accounts
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.payroll import run_queries
from gatehouse.server.payroll.models import CLOSED, Contract, PayAgain, PayInput, PayRun, PaySetup, RunKind, RunSlip
from gatehouse.server.payroll.rules import book
from gatehouse.server.payroll.run_cells import Extras, Input, Payer, components, recurring, to_bytes
from gatehouse.server.people.models import Person, Site

ARREARS_REACH = timedelta(days=366)


def set_setup(
    site: Site, *, rulebook: str, accounts: Mapping[str, str], payer: Payer | None, by: By, at: datetime
) -> PaySetup:
    """How the site pays; `payer` None leaves the payer as it is. Raises RulebookError, JournalError, KeeperAway."""
    if rulebook:
        book(rulebook)
    Accounts({**DEFAULT_ACCOUNTS, **accounts})
    defaults: dict[str, object] = {"rulebook": rulebook, "accounts": dict(accounts)}
    if payer is not None:
        defaults["cell"] = keeping.seal_one("pay.setup/1", site.pk, site.pk, to_bytes(payer))
    with transaction.atomic():
        row, _ = PaySetup.objects.update_or_create(site=site, defaults=defaults)
        record("pay.set_up", "site", site.pk, by=by, at=at)
    return row


def set_extras(person: Person, extras: Extras, *, by: By, at: datetime) -> bool:
    """Allowances, deductions of every month and special deductions; False without a contract. Raises KeeperAway,
    MoneyError, ValueError."""
    recurring(extras)
    held = Contract.objects.filter(person=person).first()
    if held is None:
        return False
    cell = keeping.seal_one("contract.extras/1", person.pk, held.pk, to_bytes(extras))
    with transaction.atomic():
        Contract.objects.filter(pk=held.pk).update(extras_cell=cell)
        record("contract.extras_set", "person", person.pk, by=by, at=at)
        mark_again(person, at.date() - ARREARS_REACH)
        touch_runs(person.site, by)
    return True


def set_input(person: Person, month: Month, kind: RunKind, given: Input, *, by: By, at: datetime) -> PayInput | None:
    """What this month brings; None where an ordinary run has paid it already: then it goes into the next one. Raises
    KeeperAway, MoneyError, ValueError."""
    components(given)
    if kind is not RunKind.OFF_CYCLE and run_queries.closed_month(person, month):
        return None
    held = run_queries.input_of(person, month, kind)
    row_id = held.pk if held else uuid4()
    cell = keeping.seal_one("pay.input/1", person.pk, row_id, to_bytes(given))
    with transaction.atomic():
        facts = {"person": person, "month": month.first, "kind": kind, "cell": cell}
        row, _ = PayInput.objects.update_or_create(pk=row_id, defaults=facts)
        record("pay.input_set", "person", person.pk, by=by, at=at)
        touch_runs(person.site, by)
    return row


def touch_runs(site: Site, by: By) -> None:
    """Whoever changes what an open run is reckoned from has a hand in it. Inside the caller's transaction."""
    run = PayRun.objects.select_for_update().filter(site=site, state__in=["draft", "review", "approved"]).first()
    if run is not None and by.actor not in run.hands:
        PayRun.objects.filter(pk=run.pk).update(hands=sorted({*run.hands, by.actor}))


def mark_again(person: Person, since: date, *, until: date | None = None) -> int:
    """Locked months from the one of `since` on (before `until`) are to be reckoned again; how many. Inside the
    caller's transaction, whose entry says what was changed."""
    months = [m for m in run_queries.closed_months(person, since.replace(day=1)) if until is None or m < until]
    for month in months:
        PayAgain.objects.update_or_create(person=person, month=month, defaults={"taken_by": None})
    return len(months)


def mark_everybody_again(site: Site, days: Iterable[date]) -> int:
    """As `mark_again`, of everybody whom a locked run of these dates' months paid, where it cannot be told whose days
    changed: the next run finds no difference for the others. Inside the caller's transaction."""
    months = {day.replace(day=1) for day in days}
    paid = RunSlip.objects.filter(run__site=site, run__month__in=months, run__state__in=CLOSED)
    pairs = set(paid.values_list("person_id", "run__month"))
    for person, month in sorted(pairs):
        PayAgain.objects.update_or_create(person_id=person, month=month, defaults={"taken_by": None})
    return len(pairs)
