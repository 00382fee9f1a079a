"""A worker's own payslips, as pages and as PDFs in their language. Nobody else's."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import saying, words, words_payruns
from gatehouse.server.console.access import reader
from gatehouse.server.console.slip_files import attached, year_pdf
from gatehouse.server.console.slip_pdf import payslip_pdf
from gatehouse.server.console.slips import Slip, paid_slip
from gatehouse.server.payroll import run_queries
from gatehouse.server.payroll.models import RunKind, RunSlip
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person

PURPOSE = "me.page"
SHOWN = 36


def my_slips(person: Person) -> list[dict[str, object]]:
    """What was paid, the newest first: rows only, nothing of it is opened."""
    return [
        {"id": row.pk, "month": row.run.month, "kind": kind_of(row)} for row in run_queries.slips_of(person)[:SHOWN]
    ]


def my_years(slips: list[dict[str, object]]) -> list[int]:
    return sorted({one["month"].year for one in slips if isinstance(one["month"], date)}, reverse=True)


def kind_of(row: RunSlip) -> str:
    """Said only where it is not the month's ordinary run."""
    return "" if row.run.kind == RunKind.REGULAR else str(words_payruns.KINDS[row.run.kind][0])


def _mine(request: HttpRequest, slip_id: UUID) -> tuple[SignedIn, RunSlip, Slip | Refused]:
    """Raises Http404 for another's."""
    who = reader(request)
    person = queries.person(who.subject, queries.sites_visible_to(who)) if who.subject else None
    row = run_queries.slips_of(person).filter(pk=slip_id).first() if person else None
    if row is None:
        raise Http404
    timezone.activate(ZoneInfo(row.run.site.zone))
    found = paid_slip(row, who.by.authority, PURPOSE)
    if found is None:
        raise Http404
    return who, row, found


@require_POST
def slip(request: HttpRequest, slip_id: UUID) -> HttpResponse:
    _who, row, found = _mine(request, slip_id)
    context: dict[str, object] = {"slip_id": row.pk, "month": row.run.month, "kind": kind_of(row)}
    context |= {"refused": words.refused(found.code)} if isinstance(found, Refused) else {"payslip": found}
    return render(request, "portal/slip.html", context)


@require_POST
def slip_file(request: HttpRequest, slip_id: UUID) -> HttpResponse:
    who, row, found = _mine(request, slip_id)
    named = looks.names([row.person], who.by.authority, PURPOSE)
    if isinstance(found, Refused) or isinstance(named, Refused):
        code = found.code if isinstance(found, Refused) else named.code if isinstance(named, Refused) else ""
        refused = {"slip_id": row.pk, "month": row.run.month, "refused": words.refused(code)}
        return render(request, "portal/slip.html", refused, status=429)
    heading = " · ".join(filter(None, [_("Payslip"), saying.month(row.run.month), kind_of(row)]))
    pdf = payslip_pdf(
        found, heading=heading, person=named[0].name, number=named[0].brief.number, site=row.run.site.name
    )
    name = _("payslip-%(month)s.pdf") % {"month": f"{row.run.month:%Y-%m}"}
    return attached(pdf, name)


@require_POST
def year_file(request: HttpRequest, year: int) -> HttpResponse:
    """What one's own year came to, for the tax office or the next employer."""
    who = reader(request)
    person = queries.person(who.subject, queries.sites_visible_to(who)) if who.subject else None
    if person is None:
        raise Http404
    return year_pdf(person, year, who.by.authority, PURPOSE)
