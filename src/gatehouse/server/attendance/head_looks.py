"""Heads of a construction site by contractor and team, by somebody's authority: who came on a date, who is inside.

A date of the last days is read from its punches, an older one from workdays. A contractor's own count is made by the
job `crews`, which learns random ids; a name is opened by the contractor's own ticket alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from gatehouse.domain import heads, registers
from gatehouse.domain.heads import CrewKey, Heads
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.reckoning import Workday
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks, queries, register_looks
from gatehouse.server.audit.by import By
from gatehouse.server.people import roster_looks, roster_queries
from gatehouse.server.people.models import Contractor, Person, Site
from gatehouse.server.people.roster_cells import RosterFacts

CREWS = By.job("crews")


@dataclass(frozen=True, slots=True)
class Presence:
    """Who came on a date, and of them who is inside now; nobody is inside on a date that is over."""

    came: frozenset[UUID]
    inside: frozenset[UUID]


def heads_of(site: Site, on: date, at: datetime, by: Authority, purpose: str) -> tuple[Heads, ...] | Refused:
    """Everybody of the site. Counts as a look at whose roster entries these are, and at who passed, in brief."""
    people = list(roster_queries.active([site]))
    facts = roster_looks.roster(people, by, purpose)
    if isinstance(facts, Refused):
        return facts
    found = presence(site, people, on, at, by, purpose)
    return found if isinstance(found, Refused) else _counted(facts, found, site)


def presence(
    site: Site, people: Sequence[Person], on: date, at: datetime, by: Authority, purpose: str
) -> Presence | Refused:
    today = local_date(at, ZoneInfo(site.zone))
    if on < today - register_looks.WHO_DAYS:
        return _reckoned(people, on, by, purpose)
    made = register_looks.passed_on(site, on, by)
    if isinstance(made, Refused):
        return made
    inside = [pk for pk, punches in made.items() if registers.inside_now(punches)] if on == today else []
    return Presence(frozenset(made), frozenset(inside))


def _reckoned(people: Sequence[Person], on: date, by: Authority, purpose: str) -> Presence | Refused:
    days = looks.workdays(list(queries.workdays(people, on, on + DAY)), by, purpose)
    if isinstance(days, Refused):
        return days
    return Presence(frozenset(pk for (pk, _), own in days.items() if any(map(_came, own))), frozenset())


def _came(day: Workday) -> bool:
    return day.first_in is not None or day.worked_min > 0


def _counted(facts: Mapping[UUID, RosterFacts], found: Presence, site: Site) -> tuple[Heads, ...]:
    owners = {str(team.pk): str(team.contractor_id) for team in roster_queries.teams([site])}
    where = {str(pk): CrewKey(owners.get(one.team, ""), one.team) for pk, one in facts.items()}
    return heads.count(where, {str(pk) for pk in found.came}, {str(pk) for pk in found.inside})


# --- a contractor's own -------------------------------------------------------------------------------------------


def own_people(contractor: Contractor) -> dict[Person, RosterFacts]:
    """Who works for this contractor, by their own roster entries. Raises KeeperAway, KeeperRefused."""
    active = list(roster_queries.active([contractor.site]))
    facts = roster_looks.for_job(active, CREWS.authority, "crews.own")
    own = str(contractor.pk)
    return {person: facts[person.pk] for person in active if person.pk in facts and facts[person.pk].contractor == own}


def own_presence(contractor: Contractor, own: Mapping[Person, RosterFacts], on: date, at: datetime) -> Presence:
    """Of these people alone. Raises KeeperAway, KeeperRefused."""
    found = presence(contractor.site, list(own), on, at, CREWS.authority, "crews.own")
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    mine = {person.pk for person in own}
    return Presence(found.came & mine, found.inside & mine)


def own_heads(contractor: Contractor, own: Mapping[Person, RosterFacts], found: Presence) -> tuple[Heads, ...]:
    return _counted({person.pk: facts for person, facts in own.items()}, found, contractor.site)
