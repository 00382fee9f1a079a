"""The frame of a site's Access pages: its tabs, and whether the draft waits to be published."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gatehouse.keeper.protocol import Role
from gatehouse.server.console.access import reader
from gatehouse.server.gates import policies
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to

KEEPERS = frozenset({Role.OWNER, Role.SECURITY})
TABS = (
    ("access-rules", _("Rules")),
    ("access-hours", _("Hours")),
    ("access-zones", _("Zones and doors")),
    ("access-expected", _("Expectations")),
    ("access-what-if", _("What if")),
    ("access-versions", _("Versions")),
)


def frame(request: HttpRequest, site: Site, here: str) -> dict[str, object]:
    """For the template `access/base.html`."""
    number, held = policies.in_force(site)
    return {
        "site": site,
        "sites": sites_visible_to(reader(request)),
        "tabs": [{"href": reverse(name, args=[site.pk]), "name": said, "here": name == here} for name, said in TABS],
        "number": number,
        "waits": number > 0 and policies.draft(site) != held,
    }
