"""Faces that want somebody: records that may be one person, pictures to take again, faces of an older model."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.portraits import grade_of
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, pairs, queries
from gatehouse.server.people.models import CredentialState, PairState
from gatehouse.vision.faces import MODEL

WORST_SHOWN = 25
GRADES: dict[str, words.Text] = {
    "good": gettext_lazy("good"),
    "fair": gettext_lazy("fair"),
    "poor": gettext_lazy("poor"),
}
WORST: dict[str, words.Text] = {
    "light": gettext_lazy("the light"),
    "sharpness": gettext_lazy("blurred"),
    "pose": gettext_lazy("looks aside"),
    "size": gettext_lazy("too far away"),
}


@require_safe
def faces(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, **more: object) -> HttpResponse:
    sites = queries.sites_visible_to(reader(request))
    known = queries.faces(sites).filter(state=CredentialState.ACTIVE)
    context = tabs(request, "faces") | {
        "waiting": pairs.waiting(sites),
        "twins": pairs.twins(sites),
        "count": known.count(),
        "outdated": pairs.outdated(sites, MODEL),
    }
    return render(request, "staff/faces.html", context | more)


@require_POST
def pairs_shown(request: HttpRequest) -> HttpResponse:
    """Who they are, opened on a click: each counts as a look."""
    who = reader(request)
    sites = queries.sites_visible_to(who)
    found = pairs.pairs(sites, PairState.OPEN, who.by.authority)
    twins = pairs.pairs(sites, PairState.TWO, who.by.authority)
    for answered in (found, twins):
        if isinstance(answered, Refused):
            return _page(request, refused=words.refused(answered.code))
    assert not isinstance(found, Refused)
    assert not isinstance(twins, Refused)
    return _page(request, opened=True, pairs=[_pair(one) for one in found], two=[_pair(one) for one in twins])


def _pair(one: pairs.Pair) -> dict[str, object]:
    return {
        "id": one.row.pk,
        "same": one.how == "same",
        "people": [
            {"id": of.person.pk, "said": f"{of.brief.number} {of.brief.initials}".strip(), "spare": spare}
            for of, spare in zip(one.people, one.spare, strict=True)
        ],
    }


@require_POST
def answer(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """One person: a record is closed. Two people: both go on, each with something besides the face."""
    who = reader(request)
    sites = queries.sites_visible_to(who)
    row = pairs.pair(pair_id, sites)
    if row is None:
        raise Http404
    said, closing = request.POST.get("said", ""), None
    if said != "two":
        wanted = queries.uuid_from(said)
        closing = queries.person(wanted, sites) if wanted else None
        if closing is None or not pairs.is_of(row, closing, who.by.authority):
            raise Http404
    done = pairs.answer(row, "two" if closing is None else "one", closing, by=who.by, at=now())
    if isinstance(done, Refused):
        wording = words.refused(done.code)
        messages.error(request, f"{wording.what}. {wording.do}", "warn")
    elif not done:
        messages.error(request, _("Somebody has answered this before."), "info")
    elif closing is None:
        messages.success(request, _("Two people. A face alone opens for neither: each uses card, PIN or pass."), "yes")
    else:
        messages.success(request, _("One person. The other record is closed and opens nothing any more."), "yes")
    return HttpResponseRedirect(reverse("faces"))


@require_POST
def worst(request: HttpRequest) -> HttpResponse:
    """The pictures that are most worth taking again."""
    who = reader(request)
    found = pairs.worst_shots(queries.sites_visible_to(who), who.by.authority, WORST_SHOWN)
    if isinstance(found, Refused):
        return _page(request, refused=words.refused(found.code))
    named = looks.briefs([shot.person for shot in found], who.by.authority, "faces.quality")
    if isinstance(named, Refused):
        return _page(request, refused=words.refused(named.code))
    shots = [
        {
            "id": shot.person.pk,
            "said": f"{one.brief.number} {one.brief.initials}".strip(),
            "score": shot.score,
            "grade": grade_of(shot.score).value,
            "grade_said": GRADES[grade_of(shot.score).value],
            "worst": WORST[shot.worst],
        }
        for shot, one in zip(found, named, strict=True)
    ]
    return _page(request, shots=shots, shots_opened=True)
