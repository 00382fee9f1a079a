"""Whose staff number this is: a search at the keeper, counted and logged as any other."""

from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person, Site

FOUND_LIMIT = 25


def person_of(number: str, site: Site, who: SignedIn, purpose: str) -> Person | Refused | None:
    """The person of the site with exactly this staff number; None for none."""
    hits = keeping.find(number, who.token, FOUND_LIMIT, queries.findable([site]))
    if isinstance(hits, Refused):
        return hits
    found = list(queries.people_by_id(hits, [site]).values())
    named = looks.briefs(found, who.by.authority, purpose)
    if isinstance(named, Refused):
        return named
    return next((one.person for one in named if one.brief.number.casefold() == number.strip().casefold()), None)
