"""The schools that a reader sees, and the people of one that an address names. Times are then the school's."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone

from gatehouse.server.console.access import reader
from gatehouse.server.people.models import Person, Site, SiteType
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.pickup import queries
from gatehouse.server.pickup.models import Collector


def schools(request: HttpRequest) -> list[Site]:
    return [site for site in sites_visible_to(reader(request)) if site.type == SiteType.SCHOOL]


def pupil_of(request: HttpRequest, person_id: UUID) -> Person:
    """Raises Http404."""
    found = queries.pupil(person_id, schools(request))
    if found is None:
        raise Http404
    timezone.activate(ZoneInfo(found.site.zone))
    return found


def collector_of(request: HttpRequest, person_id: UUID) -> Collector:
    """Raises Http404."""
    found = queries.collector(person_id, schools(request))
    if found is None:
        raise Http404
    timezone.activate(ZoneInfo(found.person.site.zone))
    return found
