"""How people stand on the pages of pick-up: by name, and by staff number and initials once the reader's limit of names
is reached. A gate at the end of a school day sees more children than a guard may see names."""

from collections.abc import Sequence
from uuid import UUID

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.people import looks
from gatehouse.server.people.models import Person


def called(people: Sequence[Person], by: Authority, purpose: str) -> dict[UUID, str] | Refused:
    """Raises KeeperAway."""
    named = looks.names(people, by, purpose)
    if isinstance(named, Refused) and named.code == "over_budget":
        named = looks.briefs(people, by, purpose)
    if isinstance(named, Refused):
        return named
    return {one.person.pk: f"{one.name or one.brief.initials} ({one.brief.number})" for one in named}
