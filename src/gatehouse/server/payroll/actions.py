"""Contracts, and payslips drafted from them and from the month's workdays. A draft may be drafted anew at any time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import msgspec
from django.db import transaction

from gatehouse.domain import pay_facts, payroll
from gatehouse.domain.errors import DomainError
from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.payroll import looks, queries, run_queries
from gatehouse.server.payroll.cells import contract_to_bytes, slip_to_bytes
from gatehouse.server.payroll.computing import Books, reckon
from gatehouse.server.payroll.gathering import Scope, Unreadable, gather
from gatehouse.server.payroll.inputs import ARREARS_REACH, mark_again, touch_runs
from gatehouse.server.payroll.models import Contract, Payslip, PayslipState, RunKind
from gatehouse.server.people.models import Person, Site

PAYSLIPS = By.job("payslips")
PURPOSE = "payslip.draft"
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class NotDrafted:
    """Why there is no draft: `no_contract`, the domain's reason (such as not_employed) in lower case, the code of a
    fault in the facts, or `unreadable` where a cell of this person does not open as it should."""

    code: str


@dataclass(frozen=True, slots=True)
class Drafted:
    row: Payslip
    slip: payroll.Payslip


@dataclass(frozen=True, slots=True)
class SiteDrafts:
    """A site's month: how many drafts were written, and who got none and why."""

    made: int
    without: tuple[tuple[Person, NotDrafted], ...] = ()


def set_contract(person: Person, contract: pay_facts.Contract, *, by: By, at: datetime) -> Contract:
    """The person's terms, all of them; replaces what was there. Locked months of the last year are held against them
    by the next run, which pays the difference. Raises KeeperAway."""
    held = queries.contract_of(person)
    row_id = held.pk if held else uuid4()
    cell = keeping.seal_one("contract.terms/1", person.pk, row_id, contract_to_bytes(contract))
    with transaction.atomic():
        row, _ = Contract.objects.update_or_create(pk=row_id, defaults={"person": person, "cell": cell})
        record("contract.set", "person", person.pk, by=by, at=at)
        mark_again(person, at.date() - ARREARS_REACH)
        touch_runs(person.site, by)
    return row


def draft_payslip(person: Person, month: Month, *, by: By, at: datetime) -> Drafted | NotDrafted | Refused:
    """The month's draft from contract and workdays as they are now. Raises KeeperAway."""
    try:
        slip = _slip(person, month, by)
    except DomainError as fault:
        return NotDrafted(fault.code)
    except (msgspec.DecodeError, ValueError):
        return NotDrafted(UNREADABLE)
    if isinstance(slip, payroll.Refusal):
        return NotDrafted(slip.reason.name.lower())
    return Drafted(_keep(person, slip, by=by, at=at), slip) if isinstance(slip, payroll.Payslip) else slip


def _slip(person: Person, month: Month, by: By) -> payroll.Payslip | payroll.Refusal | NotDrafted | Refused:
    if run_queries.closed_month(person, month):
        return NotDrafted("locked")
    scope = Scope(person.site, month, RunKind.REGULAR, by=by.authority)
    try:
        given = gather(scope, [person.pk])[person.pk]
    except keeping.KeeperRefused as refused:
        return Refused(refused.code, refused.facts)
    if given.contract is None:
        return NotDrafted("no_contract")
    before = looks.payslip(queries.payslip_before(person, month), by.authority, PURPOSE)
    if isinstance(before, Refused):
        return before
    answer = reckon(scope, given, Books(person.site, month), before)
    return NotDrafted(UNREADABLE) if isinstance(answer, Unreadable) else answer


def _keep(person: Person, slip: payroll.Payslip, *, by: By, at: datetime) -> Payslip:
    held = queries.payslip_of(person, slip.month)
    row_id = held.pk if held else uuid4()
    cell = keeping.seal_one("payslip.lines/1", person.pk, row_id, slip_to_bytes(slip))
    facts = {"person": person, "month": slip.month.first, "state": PayslipState.DRAFT, "cell": cell}
    with transaction.atomic():
        row, _ = Payslip.objects.update_or_create(pk=row_id, defaults=facts)
        record("payslip.drafted", "person", person.pk, by=by, at=at)
    return row


def draft_payslips(site: Site, month: Month, *, at: datetime, by: By = PAYSLIPS) -> SiteDrafts:
    """Drafts of everybody with a contract. What is wrong with one person's facts keeps nobody else's draft back.
    Raises KeeperAway, KeeperRefused."""
    made, without = 0, []
    for person in queries.people_with_contract(site):
        answer = draft_payslip(person, month, by=by, at=at)
        if isinstance(answer, Refused):
            if answer.code != "bad_request":  # which is about this person's cells; all else is about who asks
                raise keeping.KeeperRefused(answer.code, answer.facts)
            answer = NotDrafted(UNREADABLE)
        if isinstance(answer, NotDrafted):
            without.append((person, answer))
        else:
            made += 1
    return SiteDrafts(made, tuple(without))


def redraft_payslips(person: Person, since: Month, *, by: By, at: datetime) -> Refused | None:
    """After a day of this month became another: its draft and those of the later months of its year anew, where there
    are any; where a run has paid the month, the next run is told to reckon it again. None when done. Raises
    KeeperAway."""
    with transaction.atomic():
        mark_again(person, since.first, until=since.until)
    for row in list(queries.payslips_since(person, since)):
        answer = draft_payslip(person, Month.of(row.month), by=by, at=at)
        if isinstance(answer, Refused):
            return answer
    return None
