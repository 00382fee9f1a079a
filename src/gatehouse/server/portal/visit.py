"""A visitor's own page, by their link: when and where, their pass, what is kept and until when.

The link opens on one phone: the first that takes the pass keeps a secret, and any other is told so. Nobody's name
stands here: whoever holds the link learns when a visit is and where, and no more. A link that was replaced, a visit
that is destroyed and an address that somebody made up get one and the same answer.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain import visits as rules
from gatehouse.domain.periods import DAY
from gatehouse.domain.visits import Standing
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.visits import links
from gatehouse.server.moment import now
from gatehouse.server.visits import actions, looks, passes, queries
from gatehouse.server.visits.cells import VisitSpan
from gatehouse.server.visits.models import Visit, VisitState

PURPOSE = "visit.page"
_FINAL = (Standing.LEFT, Standing.MISSED)


def _found(code: str) -> tuple[Visit, VisitSpan] | None:
    visit = links.visit_of(code)
    if visit is None:
        return None
    timezone.activate(ZoneInfo(visit.site.zone))
    said = looks.spans_for_job([visit], actions.VISITS.authority, PURPOSE).get(visit.pk)
    return None if said is None else (visit, said)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/visit_gone.html", status=404)


def _cookie(visit: Visit) -> str:
    return f"gatehouse_visit_{visit.pk.hex[:12]}"


def _is_mine(request: HttpRequest, visit: Visit) -> bool:
    return actions.is_bound_to(visit, request.COOKIES.get(_cookie(visit), ""))


@require_safe
def visit(request: HttpRequest, code: str) -> HttpResponse:
    found = _found(code)
    if found is None:
        return _gone(request)
    of, said = found
    at = now()
    context = _code_part(request, of, said, at) | {
        "of": of,
        "code": code,
        "starts": said.starts,
        "ends": said.ends,
        "car": of.plate_cell is not None,
        "destroyed_on": rules.destroyed_on(of.last_on, queries.keep_days(of.site)),
        "may_erase": _is_mine(request, of) and _is_over(of, said, at),
    }
    return render(request, "portal/visit.html", context)


def _is_over(of: Visit, said: VisitSpan, at: datetime) -> bool:
    return of.state == VisitState.CANCELLED or (said.ends <= at and rules.standing(said.span, at) in _FINAL)


def _code_part(request: HttpRequest, of: Visit, said: VisitSpan, at: datetime) -> dict[str, object]:
    """Where the pass stands: `state`, and the code where it opens now."""
    context: dict[str, object] = {"opens": said.span.opens, "every": passes.ASKED_EVERY_S}
    if of.state == VisitState.CANCELLED:
        return context | {"state": "cancelled"}
    if at >= said.ends:
        return context | {"state": "over"}
    if not _is_mine(request, of):
        return context | {"state": "free" if of.device is None else "elsewhere"}
    if not said.span.holds(at):
        return context | {"state": "early"}
    text = passes.phone_pass(of, said, at)
    if not isinstance(text, str):
        return context | {"state": "refused"}
    return context | {"state": "pass", "qr": qr_svg(text, _("QR code of your pass"))}


@require_safe
def code_part(request: HttpRequest, code: str) -> HttpResponse:
    """The part with the pass, asked anew before the code in it ends."""
    found = _found(code)
    if found is None:
        return _gone(request)
    of, said = found
    return render(request, "portal/visit_code.html", _code_part(request, of, said, now()) | {"code": code})


@require_POST
def take_pass(request: HttpRequest, code: str) -> HttpResponse:
    """This phone is the one. Asked by a button, so that a mail program that looks into links takes no pass."""
    found = _found(code)
    if found is None:
        return _gone(request)
    of, said = found
    answer = HttpResponseRedirect(reverse("visit", args=[code]))
    secret = actions.bind(of, at=now())
    if secret is not None:
        lives_s = int((said.ends - now() + 40 * DAY).total_seconds())
        answer.set_cookie(
            _cookie(of),
            secret,
            max_age=lives_s,
            path="/visit/",
            httponly=True,
            secure=request.is_secure(),
            samesite="Lax",  # the link in a mail is opened from elsewhere
        )
    elif not _is_mine(request, of):
        messages.error(request, _("This link was opened on another phone."), "warn")
    return answer


@require_POST
def erase(request: HttpRequest, code: str) -> HttpResponse:
    """The visitor ends the keeping: after the visit, on their own phone."""
    found = _found(code)
    if found is None:
        return _gone(request)
    of, said = found
    if not _is_mine(request, of) or not _is_over(of, said, now()):
        return HttpResponseRedirect(reverse("visit", args=[code]))
    actions.destroy(of, at=now())
    return render(request, "portal/visit_gone.html", {"erased": True})
