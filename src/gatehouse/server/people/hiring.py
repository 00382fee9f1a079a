"""Many people at once, as a file brings them; and away with those that nobody has needed yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from gatehouse.keeper.protocol import KeyClass, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import Written, record, record_all
from gatehouse.server.audit.by import By
from gatehouse.server.people.actions import Facts, bump_roster, cells_of
from gatehouse.server.people.models import Membership, Person, Site


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody new under an id that was chosen before, with the groups by id."""

    id: UUID
    facts: Facts
    groups: tuple[UUID, ...]


def sealed_people(site: Site, newcomers: Sequence[Newcomer]) -> list[Person]:
    """Rows that are not written yet. Raises KeeperAway."""
    columns = [cells_of(one.id, one.facts) for one in newcomers]
    cells = iter(keeping.seal_many([plain for one in columns for plain in one.values()]))
    return [
        Person(id=one.id, site=site, **{name: next(cells) for name in plains})
        for one, plains in zip(newcomers, columns, strict=True)
    ]


def write_people(people: Sequence[Person], newcomers: Sequence[Newcomer], *, by: By, at: datetime) -> None:
    """All of one site. Must run inside a transaction; after it gates and searches know them."""
    assert connection.in_atomic_block
    if not people:
        return
    Person.objects.bulk_create(people)
    Membership.objects.bulk_create(
        Membership(person_id=one.id, group_id=group) for one in newcomers for group in one.groups
    )
    record_all([Written("person.hired", "person", one.pk) for one in people], by=by, at=at)
    bump_roster(people[0].site_id)
    transaction.on_commit(lambda: _index(people))


def _index(people: Sequence[Person]) -> None:
    labels = ("brief", "name")
    keeping.index_soon(
        [
            keeping.cell(f"person.{one}/1", person.pk, getattr(person, f"{one}_cell"))
            for person in people
            for one in labels
        ]
    )


def is_used(person: Person) -> bool:
    """Whether any row but that of a group names this person: a shift, a way in, a contract, a day ..."""
    for relation in Person._meta.related_objects:
        if relation.related_model is not Membership:
            name = relation.field.name
            if relation.related_model._base_manager.filter(**{name: person}).exists():
                return True
    return False


def unhire(person: Person, *, by: By, at: datetime) -> Refused | bool:
    """Gone, keys and all, as if never hired; False for somebody who is used since. The row goes first: a key without a
    row is nothing. Raises KeeperAway."""
    with transaction.atomic():
        Person.objects.select_for_update().filter(pk=person.pk).first()
        if is_used(person):
            return False
        record("person.unhired", "person", person.pk, by=by, at=at)
        site = person.site_id
        Person.objects.filter(pk=person.pk).delete()
        bump_roster(site)
    refused = keeping.forget(person.pk, [KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK], by.authority)
    return refused if isinstance(refused, Refused) else True
