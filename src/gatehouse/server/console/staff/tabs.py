"""The tabs of the pages about people."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import KNOWERS, PAYROLL, reader
from gatehouse.server.console.tabs import Group, tabs_of
from gatehouse.server.people.models import SiteType
from gatehouse.server.people.queries import sites_visible_to

GROUPS: tuple[Group, ...] = (
    (
        _("People"),
        (
            ("people", _("People"), KNOWERS),
            ("faces", _("Faces"), PAYROLL),
            ("departments", _("Departments"), PAYROLL),
            ("answers", _("Answers to requests"), PAYROLL),
            ("requests", _("Requests"), PAYROLL),
            ("visitors", _("Visitors"), KNOWERS),
        ),
    ),
)
# Where a site that the reader sees is a school.
_SCHOOL: tuple[Group, ...] = (
    (_("Pupils"), (("pickup", _("Pick-up"), KNOWERS), ("pickup-missed", _("Missed at the bell"), PAYROLL))),
)


def tabs(request: HttpRequest, here: str) -> dict[str, object]:
    school = any(site.type == SiteType.SCHOOL for site in sites_visible_to(reader(request)))
    return tabs_of(GROUPS + (_SCHOOL if school else ()), request, here)
