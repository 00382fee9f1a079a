"""Enrol a face, withdraw it, issue a pass: forms of the person's page, written by the actions of `people`."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import local_date
from gatehouse.domain.portraits import Grade, grade_of
from gatehouse.keeper.protocol import KeyClass, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import register_queries
from gatehouse.server.audit.by import By
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.people import show, visible
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.moment import now
from gatehouse.server.people import credential_actions, looks, queries
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.credential_actions import IssuedPass, NotEnrolled
from gatehouse.server.people.models import Credential, CredentialKind, CredentialState, Person, Purpose
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import decode_frame
from gatehouse.vision.guidance import guide

PASS_DAYS = frozenset({1, 7, 30, 365})
CONSENT_WORDING = "face-at-gates/1"
NAME_LIMIT = 80  # characters
FRAME_LIMIT = 512 * 1024
MOST_PIXELS = 1920 * 1080

WHY_NOT: dict[str, words.Text] = {
    "left": gettext_lazy("This person has left, so nothing can be enrolled."),
    "no_consent": gettext_lazy("Tick that the person agreed. Without consent no face is kept."),
    "no_guardian": gettext_lazy("Under 14 a guardian agrees: type the guardian's name."),
    "no_image": gettext_lazy("This is no picture that we can read. Use a JPEG or PNG."),
    "no_face": gettext_lazy("No face was found. Take a portrait from the front, evenly lit."),
    "several_faces": gettext_lazy("There is more than one face in the picture. Only the person should be in it."),
    "bad_card": gettext_lazy("A card number is up to 32 letters and digits, as the reader shows it."),
    "bad_pin": gettext_lazy("A PIN is 4 to 12 digits."),
    "too_large": gettext_lazy("The picture is larger than we look at: at most 12 MB and 40 million pixels."),
    "small": gettext_lazy("The face is too small in the picture. Take it from nearer."),
    "dark": gettext_lazy("The face is too dark. Take another picture in more light."),
    "bright": gettext_lazy("The face is too bright. Take another picture in less light."),
    "blurred": gettext_lazy("The face is blurred. Take another picture, held still."),
    "turned": gettext_lazy("The face looks aside, up or down. Take it straight from the front."),
}


@require_POST
def enrol(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by, at = visible(request, person_id), reader(request).by, now()
    photo = request.FILES.get("photo")
    if request.POST.get("consent") != "yes":
        return show(request, of, errors=[str(WHY_NOT["no_consent"])], status=422)
    if not isinstance(photo, UploadedFile):
        return show(request, of, errors=[str(WHY_NOT["no_image"])], status=422)
    on = local_date(at, ZoneInfo(of.site.zone))
    guardian = request.POST.get("guardian", "").strip()[:NAME_LIMIT]
    of_age = not register_queries.is_pupil(of) or request.POST.get("of_age") == "yes"
    if not guardian and (request.POST.get("under_14") == "yes" or not of_age):
        return show(request, of, errors=[str(WHY_NOT["no_guardian"])], status=422)
    signed = request.POST.get("signed", "").strip()[:NAME_LIMIT]
    wording = f"{CONSENT_WORDING} {get_language() or ''}".strip()
    facts = ConsentFacts(on=on, wording=wording, taken_by=by.actor, guardian=guardian, signed=signed)
    credential_actions.give_consent(of, Purpose.FACE, facts, by=by, at=at)
    match credential_actions.enrol_face(of, photo.read(), by=by, at=at):
        case NotEnrolled(code=code):
            return show(request, of, errors=[why_not(code)], status=422)
        case enrolled:
            messages.success(request, _("The face works at the gates within seconds. The picture was not kept."), "yes")
            tell_quality(request, enrolled.score)
    return HttpResponseRedirect(reverse("person", args=[of.pk]))


def tell_quality(request: HttpRequest, score: int) -> None:
    """How good the picture was, and what to do about a poor one."""
    said = _("Quality of the picture: %(n)d of 100.") % {"n": score}
    if grade_of(score) is Grade.POOR:
        then = _(
            "It works, but more often not at once. A picture from nearer, from the front and in even light is better."
        )
        messages.warning(request, f"{said} {then}", "info")
    else:
        messages.success(request, said, "info")


@require_safe
def camera(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Consent read and signed on the screen, then a portrait by the device's camera, guided while it is looked for."""
    of = visible(request, person_id)
    named = looks.briefs([of], reader(request).by.authority, "person.enrol")
    pupil = register_queries.is_pupil(of)
    context: dict[str, object] = {"id": of.pk, "refused": None, "number": "", "initials": "", "pupil": pupil}
    if isinstance(named, Refused):
        context["refused"] = words.refused(named.code)
    else:
        context |= {"number": named[0].brief.number, "initials": named[0].brief.initials}
    return render(request, "console/enrol_camera.html", context)


@require_POST
def look(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """What to do for a better picture, and how good this one is. The frame is looked at in memory and dropped."""
    visible(request, person_id)
    frame = request.FILES.get("frame")
    if not isinstance(frame, UploadedFile) or (frame.size or 0) > FRAME_LIMIT:
        return JsonResponse({"hint": "", "quality": 0}, status=422)
    try:
        pixels = decode_frame(frame.read(), MOST_PIXELS)
    except BadFrame:
        return JsonResponse({"hint": "", "quality": 0}, status=422)
    guidance = guide(pixels, read_faces(pixels))
    return JsonResponse({"hint": guidance.hint.value, "quality": round(100 * guidance.quality)})


@require_POST
def withdraw(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by, at = visible(request, person_id), reader(request).by, now()
    on = local_date(at, ZoneInfo(of.site.zone))
    credential_actions.withdraw_consent(of, Purpose.FACE, on=on, by=by, at=at)
    if is_held(of, by):
        messages.success(request, _("The face opens nothing any more; a legal hold keeps it sealed for now."), "yes")
    else:
        messages.success(request, _("The face was destroyed. Other ways in still work."), "yes")
    return HttpResponseRedirect(reverse("person", args=[of.pk]))


def is_held(of: Person, by: By) -> bool:
    """Whether a legal hold keeps a face whose consent was withdrawn."""
    held = keeping.held(of.pk, by.authority)
    return not isinstance(held, Refused) and KeyClass.FACE in held.waiting


@require_POST
def add_card(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The card's number, sealed; it takes the place of the card before."""
    of, by = visible(request, person_id), reader(request).by
    number = request.POST.get("number", "")
    return _done(request, of, credential_actions.add_card(of, number, by=by, at=now()), _("The card works now."))


@require_POST
def lend_card(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A card for today in place of a forgotten one."""
    of, by = visible(request, person_id), reader(request).by
    number = request.POST.get("number", "")
    lent = credential_actions.lend_card(of, number, by=by, at=now())
    return _done(request, of, lent, _("The lent card works now, until midnight."))


@require_POST
def set_pin(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The PIN, typed by the person; nobody can look at it afterwards."""
    of, by = visible(request, person_id), reader(request).by
    digits = request.POST.get("digits", "")
    return _done(request, of, credential_actions.set_pin(of, digits, by=by, at=now()), _("The PIN works now."))


def _done(request: HttpRequest, of: Person, made: Credential | NotEnrolled, said: str) -> HttpResponse:
    if isinstance(made, NotEnrolled):
        return show(request, of, errors=[why_not(made.code)], status=422)
    messages.success(request, said, "yes")
    return HttpResponseRedirect(reverse("person", args=[of.pk]))


@require_POST
def take_back(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Every pass, card or PIN of this person of one kind opens nothing any more. A face goes by withdrawing consent."""
    of, by = visible(request, person_id), reader(request).by
    kind = request.POST.get("kind", "")
    held = [c for c in queries.credentials_of(of) if c.state == CredentialState.ACTIVE]
    ending = [c for c in held if c.kind == kind and c.kind != CredentialKind.FACE]
    for credential in ending:
        credential_actions.kill_credential(credential, by=by, at=now())
    if ending:
        messages.success(request, _("Taken back: it opens nothing any more."), "yes")
    return HttpResponseRedirect(reverse("person", args=[of.pk]))


@require_POST
def issue_pass(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The pass, shown this once: only its span is kept."""
    of, who, at = visible(request, person_id), reader(request), now()
    days = request.POST.get("days", "")
    if days not in map(str, PASS_DAYS):
        return show(request, of, errors=[_("Choose for how long.")], status=422)
    ends = at + timedelta(days=int(days))
    issued = credential_actions.issue_pass(of, ends=ends, by=who.by, at=at)
    if not isinstance(issued, IssuedPass):
        return show(request, of, errors=[why_not(issued.code)], status=422)
    named = looks.briefs([of], who.by.authority, "person.pass")
    context = {
        "person": {"id": of.pk, "number": "", "initials": ""},
        "qr": qr_svg(issued.text, _("QR code of the pass")),
        "starts": at,
        "ends": ends,
        "once": _("This code is shown once."),
        "once_do": _("We keep no copy. If it is lost, issue a new one."),
    }
    if not isinstance(named, Refused):
        context["person"] = {"id": of.pk, "number": named[0].brief.number, "initials": named[0].brief.initials}
    return render(request, "console/pass.html", context)


def why_not(code: str) -> str:
    return str(WHY_NOT[code]) if code in WHY_NOT else f"{words.refused(code).what}. {words.refused(code).do}"
