"""Who manages a department and who stands in: one word each, of HR or an owner; the keeper is told with it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from uuid import UUID

from gatehouse.domain import approvals
from gatehouse.domain.approvals import Delegation, Span
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.people import looks
from gatehouse.server.people.models import Department, Person, PersonState, Site
from gatehouse.server.staffing.joining import NotChanged, staffed

MOST_FOUND = 10


def somebody(site: Site, text: str, by: By, token: str) -> Person | NotChanged:
    """The one active person of the site whom these words mean: the one with this very staff number, or the only one who
    is found. `nobody`, `several`. Everybody who is found counts as seen. Raises KeeperAway."""
    among = list(Person.objects.filter(site=site, state=PersonState.ACTIVE).values_list("pk", flat=True))
    hits = keeping.find(text, token, MOST_FOUND, among)
    if isinstance(hits, Refused):
        return NotChanged(hits.code)
    people = list(Person.objects.filter(pk__in=[UUID(hit) for hit in hits]).select_related("site"))
    named = looks.briefs(people, by.authority, "people.list")
    if isinstance(named, Refused):
        return NotChanged(named.code)
    meant = [one.person for one in named if one.brief.number.casefold() == text.strip().casefold()] or people
    if len(meant) != 1:
        return NotChanged("several" if meant else "nobody")
    return meant[0]


def name_manager(row: Department, person: Person, span: Span, *, by: By, at: datetime) -> NotChanged | None:
    """Raises KeeperAway."""
    return _changed(row, lambda one: approvals.managed(one, str(person.pk), span), by=by, at=at)


def end_manager(row: Department, person_id: str, on: date, *, by: By, at: datetime) -> NotChanged | None:
    """From `on` on they manage it no more, and nobody stands in for them there."""
    return _changed(row, lambda one: approvals.unmanaged(one, person_id, on), by=by, at=at)


def name_delegate(row: Department, of: str, to: Person, span: Span, *, by: By, at: datetime) -> NotChanged | None:
    def change(one: approvals.Department) -> approvals.Department:
        return approvals.delegated(one, Delegation(of, str(to.pk), span))

    return _changed(row, change, by=by, at=at)


def end_delegate(row: Department, of: str, to: str, on: date, *, by: By, at: datetime) -> NotChanged | None:
    return _changed(row, lambda one: approvals.undelegated(one, of, to, on), by=by, at=at)


def _changed(
    row: Department, change: Callable[[approvals.Department], approvals.Department], *, by: By, at: datetime
) -> NotChanged | None:
    def all_of(facts: list[approvals.Department]) -> Iterable[approvals.Department]:
        return [change(one) if one.id == str(row.pk) else one for one in facts]

    return staffed(row.site, all_of, by=by, at=at)
