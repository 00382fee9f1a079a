"""My pass: a code on the worker's own phone that is good for a minute and for one opening, and makes itself anew while
it is looked at. A photograph of it is worth nothing a minute later, or once it was used."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.server.console.enrolment import why_not
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.moment import now
from gatehouse.server.people.credential_actions import PHONE_PASS_HOLDS, PHONE_PASS_NEXT, NotEnrolled, show_pass
from gatehouse.server.portal.worker import worker_of


@require_safe
def my_pass(request: HttpRequest) -> HttpResponse:
    """The page; the code comes by itself."""
    worker_of(request)
    context = {"next_s": int(PHONE_PASS_NEXT.total_seconds()), "holds_s": int(PHONE_PASS_HOLDS.total_seconds())}
    return render(request, "portal/my_pass.html", context)


@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """The next code. Asked for by POST, so that no preview or history spends one."""
    who, person = worker_of(request)
    shown = show_pass(person, by=who.by, at=now())
    if isinstance(shown, NotEnrolled):
        return render(request, "portal/my_pass_code.html", {"problem": why_not(shown.code)}, status=422)
    return render(request, "portal/my_pass_code.html", {"qr": qr_svg(shown, _("QR code of your pass"))})
