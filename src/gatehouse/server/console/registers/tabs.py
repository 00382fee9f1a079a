"""The tabs of registers: those of a school, and those of a construction site, each where a site that the reader sees
is one."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.access import KNOWERS, PAYROLL, reader
from gatehouse.server.console.tabs import Group, Tab
from gatehouse.server.people.models import Site, SiteType
from gatehouse.server.people.queries import sites_visible_to

_SCHOOL: tuple[Tab, ...] = (("registers", _("Classes"), PAYROLL), ("registers-inside", _("Who is in"), KNOWERS))
_CONSTRUCTION: tuple[Tab, ...] = (
    ("registers-crews", _("Teams"), PAYROLL),
    ("registers-heads", _("Head-count"), PAYROLL),
    ("registers-wages", _("Wages"), PAYROLL),
)


def registers(request: HttpRequest) -> tuple[Group, ...]:
    """One group, or none where no site has registers."""
    school, construction = sites_of(request, SiteType.SCHOOL), sites_of(request, SiteType.CONSTRUCTION)
    shown = (_SCHOOL if school else ()) + (_CONSTRUCTION if construction else ())
    return ((_("Registers"), shown),) if shown else ()


def sites_of(request: HttpRequest, kind: SiteType) -> list[Site]:
    """The sites of a type that the reader sees."""
    return [site for site in sites_visible_to(reader(request)) if site.type == kind]
