"""Person, Erase: what goes, what stays and until when, holds, and the certificates."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.keeper.protocol import HeldClass, KeyClass, Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.console import words, words_rights
from gatehouse.server.console.access import reader
from gatehouse.server.console.people import visible
from gatehouse.server.console.rights.certificates import Shown, certificate_pdf, shown
from gatehouse.server.console.slip_files import attached
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.models import Person
from gatehouse.server.rights import erasing, queries
from gatehouse.server.rights.errors import RightsError
from gatehouse.server.rights.models import ErasureCertificate

HOLD_DAYS = 365


def erase(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """GET shows what erasing would do; POST does it, after the staff number was typed."""
    of, by, at = visible(request, person_id), reader(request).by, now()
    if request.method != "POST":
        return _page(request, of)
    chosen = [cls for cls in erasing.OF_PERSON if cls.value in request.POST.getlist("classes")]
    number = _number(request, of)
    if number and request.POST.get("number", "").strip().casefold() != number.casefold():
        return _page(request, of, error=_("Type the staff number as it stands above, to be sure."), chosen=chosen)
    try:
        done = erasing.erase(of, chosen, by=by, at=at)
    except RightsError as fault:
        return _page(request, of, error=words_rights.error(fault), chosen=chosen)
    if isinstance(done, Refused):
        return _page(request, of, refused=done, chosen=chosen)
    if done.stays:
        messages.success(
            request, _("Erased, except what is kept below. That goes by itself when its time is over."), "yes"
        )
    else:
        messages.success(request, _("Erased: unreadable from now on, in every backup too."), "yes")
    return HttpResponseRedirect(reverse("person-certificate", args=[of.pk, done.certificate.pk]))


@require_POST
def hold(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by = visible(request, person_id), reader(request).by
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
        key = KeyClass(request.POST.get("key", ""))
    except ValueError:
        return _page(request, of, error=_("Choose what is kept and until which day."))
    laid = keeping.hold(
        of.pk, key, until, request.POST.get("why", ""), request.POST.get("reference", "").strip(), by.authority
    )
    if isinstance(laid, Refused):
        return _page(request, of, error=_not_held(laid) if laid.code == "bad_request" else "", refused=laid)
    messages.success(request, _("Kept until then, whoever asks."), "yes")
    return HttpResponseRedirect(reverse("person-erase", args=[of.pk]))


@require_POST
def lift(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by = visible(request, person_id), reader(request).by
    refused = keeping.lift_hold(request.POST.get("hold", ""), of.pk, by.authority)
    if refused is not None and refused.code != "bad_request":
        return _page(request, of, refused=refused)
    messages.success(request, _("No longer kept. What waited for it was destroyed at once."), "yes")
    return HttpResponseRedirect(reverse("person-erase", args=[of.pk]))


def certificate(request: HttpRequest, person_id: UUID, certificate_id: UUID) -> HttpResponse:
    """To be read and printed."""
    of = visible(request, person_id)
    row, data = _held(request, of, certificate_id)
    return render(
        request, "rights/certificate.html", {"person_id": of.pk, "row": row, "made": _shown(data), "site": of.site}
    )


def certificate_file(request: HttpRequest, person_id: UUID, certificate_id: UUID, kind: str) -> HttpResponse:
    of = visible(request, person_id)
    _row, data = _held(request, of, certificate_id)
    if kind == "pdf":
        return attached(certificate_pdf(_shown(data), of.site.name), f"erasure-{certificate_id}.pdf")
    response = HttpResponse(data, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="erasure-{certificate_id}.json"'
    return response


def _shown(data: bytes) -> Shown:
    """Raises Http404 for one that this version cannot read."""
    try:
        return shown(data)
    except (msgspec.MsgspecError, KeyError) as fault:
        raise Http404 from fault


def _held(request: HttpRequest, of: Person, certificate_id: UUID) -> tuple[ErasureCertificate, bytes]:
    row = queries.certificates_of(of).filter(pk=certificate_id).first()
    if row is None:
        raise Http404
    data = erasing.read_certificate(row, reader(request).by)
    if isinstance(data, Refused) or not data:
        raise Http404
    return row, data


def _not_held(refused: Refused) -> str:
    field = refused.facts.get("field")
    if field == "until":
        return _("A hold ends after today and within 35 years.")
    if field == "reference":
        return _("A case number has at most 40 letters, digits and . / # -")
    return _("Choose what is kept, why, and until which day.")


def _number(request: HttpRequest, of: Person) -> str:
    named = looks.briefs([of], reader(request).by.authority, erasing.PURPOSE)
    return "" if isinstance(named, Refused) else named[0].brief.number


def _page(
    request: HttpRequest,
    of: Person,
    *,
    error: str = "",
    refused: Refused | None = None,
    chosen: Sequence[KeyClass] | None = None,
) -> HttpResponse:
    who, at = reader(request), now()
    context: dict[str, object] = {
        "person_id": of.pk,
        "error": error,
        "number": _number(request, of),
        "why": words_rights.HOLD_WHY.items(),
        "classes": [(cls.value, words_rights.CLASSES[cls][0]) for cls in erasing.OF_PERSON],
        "soon": at.date() + timedelta(days=HOLD_DAYS),
        "certificates": list(queries.certificates_of(of)),
    }
    seen = erasing.preview(of, who.by, at)
    if isinstance(seen, Refused):
        refused = refused or seen
    else:
        picked = erasing.OF_PERSON if chosen is None else tuple(chosen)
        context |= {
            "still_here": seen.still_here,
            "left_on": seen.left_on,
            "parts": [_part(one, picked) for one in seen.parts],
            "vehicles": seen.vehicles,
            "holds": [_hold(one) for one in seen.holds],
        }
    if refused is not None and not error:
        context["refused"] = words.refused(refused.code)
    return render(request, "rights/erase.html", context, status=422 if error else 200)


def _part(one: erasing.Part, picked: Sequence[KeyClass]) -> dict[str, object]:
    name, holds = words_rights.CLASSES[one.key]
    if one.waits:
        tone, mark, said = "warn", "clock", _("asked for; goes by itself")
    elif not one.there:
        tone, mark, said = "off", "closed", _("nothing is kept")
    elif one.kept_until:
        tone, mark, said = "warn", "clock", _("stays for now")
    else:
        tone, mark, said = "stop", "no", _("goes at once")
    reasons = [words_rights.HOLD_WHY[hold.why] for hold in one.holds]
    if one.law_until and not any(hold.why == erasing.LAW for hold in one.holds):
        reasons.append(words_rights.HOLD_WHY[erasing.LAW])
    return {
        "key": one.key.value,
        "name": name,
        "what": holds,
        "tone": tone,
        "mark": mark,
        "said": said,
        "until": one.kept_until if one.there else None,
        "reasons": reasons if one.there else [],
        "picked": one.key in picked,
    }


def _hold(one: HeldClass) -> dict[str, object]:
    return {
        "id": one.id,
        "name": words_rights.CLASSES[one.key][0],
        "why": words_rights.HOLD_WHY[one.why],
        "until": one.until,
        "reference": one.reference,
        "by": handle_of(one.actor),
    }
