"""Joiners, and what a joiner and a mover share. Each step changes nothing when it was taken before, so a form whose
answer was lost is sent again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError

from gatehouse.domain import approvals, pay_facts
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import PayKind, Term
from gatehouse.keeper.protocol import Refused
from gatehouse.server.audit.by import By
from gatehouse.server.payroll import actions as pay
from gatehouse.server.payroll import looks as pay_looks
from gatehouse.server.payroll import queries as pay_queries
from gatehouse.server.people import actions, departments
from gatehouse.server.people.cells import TermWish
from gatehouse.server.people.models import Department, Group, Person, PersonState, Site

PURPOSE = "staff.change"


@dataclass(frozen=True, slots=True)
class NotChanged:
    """Why nothing was changed: `waits` when a change waits already, `left`, `past`, `over` when it has come into force,
    a code of `departments.NotSet` or of the keeper's."""

    code: str


def join(
    site: Site, new_id: UUID, facts: actions.Facts, *, groups: Iterable[Group], by: By, at: datetime
) -> Person | NotChanged:
    """The person of this id: made now, or by the try before, and then with the facts as they are said this time. So a
    form that was sent twice, or again after a fault, makes one person. Raises KeeperAway."""
    chosen = list(groups)
    held = Person.objects.filter(pk=new_id).first()
    if held is None:
        try:
            return actions.hire_person(site, facts, groups=chosen, new_id=new_id, by=by, at=at)
        except IntegrityError:  # the same form, a moment earlier
            held = Person.objects.get(pk=new_id)
    if held.site_id != site.pk or held.state != PersonState.ACTIVE:
        return NotChanged("left")
    actions.set_groups(held, chosen, by=by, at=at)
    return actions.edit_person(held, facts, by=by, at=at)


def put_into(person: Person, department: Department | None, on: date, *, by: By, at: datetime) -> NotChanged | None:
    """In this department from `on` on; its managers may read their requests. Raises KeeperAway."""
    to = str(department.pk) if department else None

    def change(facts: list[approvals.Department]) -> Iterable[approvals.Department]:
        return approvals.moved(facts, str(person.pk), to, on)

    return staffed(person.site, change, by=by, at=at)


def staffed(site: Site, change: departments.Changed, *, by: By, at: datetime) -> NotChanged | None:
    not_set = departments.change_staff(site, change, by=by, at=at)
    if not_set is not None:
        return NotChanged(not_set.code)
    refused = departments.tell_keeper(site, by=by, at=at)
    return None if refused is None else NotChanged(refused.code)


def set_terms(person: Person, wish: TermWish, on: date, *, by: By, at: datetime) -> NotChanged | None:
    """These terms of pay from `on` on; earlier ones end there, later ones are taken back. Raises KeeperAway,
    DomainError for terms that can not be."""
    held = pay_looks.contract(pay_queries.contract_of(person), by.authority, PURPOSE)
    if isinstance(held, Refused):
        return NotChanged(held.code)
    insured = None if wish.insured_minor is None else Money(wish.insured_minor, wish.currency)
    term = Term(PayKind(wish.kind), Money(wish.rate_minor, wish.currency), on, None, insured)
    terms = (*ended(held.terms if held else (), on), term)
    if held is None or held.terms != terms:
        pay.set_contract(person, pay_facts.Contract(terms), by=by, at=at)
    return None


def ended(terms: Sequence[Term], on: date) -> tuple[Term, ...]:
    """As they are until `on`."""
    return tuple(
        term if term.until is not None and term.until <= on else replace(term, until=on)
        for term in terms
        if term.since < on
    )
