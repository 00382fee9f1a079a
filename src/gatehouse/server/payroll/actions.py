"""Contracts, and payslips drafted from them and from the month's workdays. A draft may be drafted anew at any time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import msgspec
from django.db import transaction

from gatehouse.domain import pay_facts, payroll
from gatehouse.domain.errors import DomainError
from gatehouse.domain.pay_facts import Month, MonthFacts, days_worked, paid_overtime, unpaid_absence
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.withholding import YearToDate
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.payroll import looks, queries
from gatehouse.server.payroll.cells import contract_to_bytes, slip_to_bytes
from gatehouse.server.payroll.models import Contract, Payslip, PayslipState
from gatehouse.server.payroll.rules import rules_for
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
    """The person's terms, all of them; replaces what was there. Raises KeeperAway."""
    held = queries.contract_of(person)
    row_id = held.pk if held else uuid4()
    cell = keeping.seal_one("contract.terms/1", person.pk, row_id, contract_to_bytes(contract))
    with transaction.atomic():
        row, _ = Contract.objects.update_or_create(pk=row_id, defaults={"person": person, "cell": cell})
        record("contract.set", "person", person.pk, by=by, at=at)
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
    contract = looks.contract(queries.contract_of(person), by.authority, PURPOSE)
    if contract is None or isinstance(contract, Refused):
        return NotDrafted("no_contract") if contract is None else contract
    days = _workdays(person, month, by)
    before = looks.payslip(queries.payslip_before(person, month), by.authority, PURPOSE)
    if isinstance(days, Refused):
        return days
    if isinstance(before, Refused):
        return before
    terms = contract.within(month)
    if not terms:
        return NotDrafted("not_employed")
    currency = terms[-1].rate.currency
    so_far = before.to_date if before else YearToDate.start(month.year, currency)
    return payroll.payslip(contract, _facts(person.site, month, days), so_far, rules_for(currency))


def _workdays(person: Person, month: Month, by: By) -> list[Workday] | Refused:
    rows = list(work.workdays([person], month.first, month.until))
    found = work_looks.workdays(rows, by.authority, PURPOSE)
    return found if isinstance(found, Refused) else [day for days in found.values() for day in days]


def _facts(site: Site, month: Month, days: list[Workday]) -> MonthFacts:
    return MonthFacts(
        month=month,
        workdays=month.workdays(work.calendar(site)),
        overtime_min=paid_overtime(days),
        absence_min=unpaid_absence(days),
        days_worked=days_worked(days),
        worked_min=sum(day.worked_min for day in days),
    )


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
    """The drafts of this month and of the later ones of its year anew, where there are any; None when done. Raises
    KeeperAway."""
    for row in list(queries.payslips_since(person, since)):
        answer = draft_payslip(person, Month.of(row.month), by=by, at=at)
        if isinstance(answer, Refused):
            return answer
    return None
