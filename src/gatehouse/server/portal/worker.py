"""The worker whose own page is asked for."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone

from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console.access import reader
from gatehouse.server.people import queries
from gatehouse.server.people.models import Person


def worker_of(request: HttpRequest) -> tuple[SignedIn, Person]:
    """The worker and their own row, with the site's clock made the page's. Raises Http404."""
    who = reader(request)
    person = queries.person(who.subject, queries.sites_visible_to(who)) if who.subject else None
    if person is None:
        raise Http404
    timezone.activate(ZoneInfo(person.site.zone))
    return who, person
