"""The site that an address names, among those that the reader sees."""

from uuid import UUID

from django.http import Http404, HttpRequest

from gatehouse.server.console.access import reader
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to


def site_of(request: HttpRequest, site_id: UUID) -> Site:
    """Raises Http404."""
    found = next((site for site in sites_visible_to(reader(request)) if site.pk == site_id), None)
    if found is None:
        raise Http404
    return found
