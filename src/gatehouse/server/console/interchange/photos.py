"""People with their photos: a browser announces its files, sends them in pieces, and has them read.

Pieces are small, so that nothing of them is ever written to a disk in clear, and a hand-over that was cut off goes on.
"""

from uuid import UUID

import msgspec
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.photo_files import NoBundle
from gatehouse.domain.tables import NoTable
from gatehouse.server.console import words
from gatehouse.server.console import words_interchange as said
from gatehouse.server.console.access import reader
from gatehouse.server.console.interchange.imports import brought, task_of
from gatehouse.server.interchange import photos
from gatehouse.server.interchange.photos import NotTaken
from gatehouse.server.interchange.sealed_file import PIECE, Part
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

_parts = msgspec.json.Decoder(list[Part])


@require_POST
def announce(request: HttpRequest) -> JsonResponse:
    """What is going to be sent; where its pieces go and how large they are."""
    who = reader(request)
    site = next((one for one in sites_visible_to(who) if str(one.pk) == request.POST.get("site", "")), None)
    try:
        parts = _parts.decode(request.POST.get("parts", ""))
    except msgspec.MsgspecError:
        parts = []
    if site is None:
        return _refused(NotTaken("empty"))
    task = photos.announce(site, parts, by=who.by, at=now())
    if isinstance(task, NotTaken):
        return _refused(task)
    return JsonResponse(
        {
            "piece": PIECE,
            "to": reverse("imports-photos-piece", args=[task.pk, 0]).removesuffix("0"),
            "read": reverse("imports-photos-read", args=[task.pk]),
            "next": 0,
        },
        status=201,
    )


@require_POST
def piece(request: HttpRequest, import_id: UUID, number: int) -> JsonResponse:
    """One piece, sealed as it comes; the answer says which is wanted next."""
    task, data = task_of(request, import_id), request.FILES.get("piece")
    if not isinstance(data, UploadedFile) or (data.size or 0) > PIECE:
        return _refused(NotTaken("wrong_piece"))
    wanted = photos.take_piece(task, number, data.read())
    return _refused(wanted) if isinstance(wanted, NotTaken) else JsonResponse({"next": wanted})


def _refused(why: NotTaken) -> JsonResponse:
    wording = said.NOT_TAKEN[why.code]
    return JsonResponse({"code": why.code, "what": str(wording.what), "do": str(wording.do)}, status=422)


@require_POST
def read(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The table among the files; where its columns tell what they are the pictures are looked at from now on."""
    task, by = task_of(request, import_id), reader(request).by
    try:
        found = photos.read(task, by=by, at=now())
    except NoBundle as fault:
        return _none(request, said.BUNDLE_FAULTS[fault.code])
    except NoTable as fault:
        wording = said.FAULTS[fault.code]
        what = (
            _("Row %(number)d: %(what)s") % {"number": fault.row, "what": wording.what} if fault.row else wording.what
        )
        return _none(request, words.Wording(what, wording.do))
    if isinstance(found, NotTaken):
        wording = said.NOT_TAKEN[found.code]
        messages.error(request, f"{wording.what}. {wording.do}", "warn")
        return HttpResponseRedirect(reverse("imports-one", args=[task.pk]))
    return brought(request, found)


def _none(request: HttpRequest, wording: words.Wording) -> HttpResponse:
    messages.error(request, f"{wording.what}. {wording.do}", "warn")
    return HttpResponseRedirect(reverse("imports"))
