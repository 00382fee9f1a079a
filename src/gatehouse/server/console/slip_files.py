"""Payslips and statements as files to be saved: built in memory, never kept, never cached."""

from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.console.slip_pdf import payslip_pdf
from gatehouse.server.console.slips import year_slip
from gatehouse.server.people import looks
from gatehouse.server.people.models import Person


def year_pdf(person: Person, year: int, by: Authority, purpose: str) -> HttpResponse:
    """Raises Http404 where nothing was paid in that year; PermissionDenied where the keeper says no."""
    found, named = year_slip(person, year, by, purpose), looks.names([person], by, purpose)
    if isinstance(found, Refused) or isinstance(named, Refused):
        raise PermissionDenied
    if found is None:
        raise Http404
    heading = _("Statement of the year %(year)s") % {"year": year}
    pdf = payslip_pdf(found, heading=heading, person=named[0].name, number=named[0].brief.number, site=person.site.name)
    return attached(pdf, _("statement-%(year)s.pdf") % {"year": year})


def attached(pdf: bytes, name: str) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
