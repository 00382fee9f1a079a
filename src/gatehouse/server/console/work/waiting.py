"""What waits for an answer on which day, for a strip of days."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import worklist_looks
from gatehouse.server.console import words_worklist
from gatehouse.server.people.models import Person


def waiting_by_day(
    who: SignedIn, people: Sequence[Person], of: Month, purpose: str
) -> dict[UUID, dict[date, list[str]]] | Refused:
    """By person and date, in words. Raises KeeperAway."""
    found = worklist_looks.found(people, of.first, of.until, who.by.authority, purpose)
    if isinstance(found, Refused):
        return found
    said: dict[UUID, dict[date, list[str]]] = {}
    for person, its in found.items():
        for one in its.waiting:
            said.setdefault(person, {}).setdefault(one.date, []).append(str(words_worklist.KINDS[one.kind]))
    return said
