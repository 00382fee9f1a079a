"""My data: one's own file, requests about it, who looked at it with a proof, and the way in without a face.

A consent is withdrawn together with the choice of another way in, so that nobody stands before a closed door for it.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import local_date
from gatehouse.domain.subject_rights import ANSWER_DAYS, Asked
from gatehouse.keeper.protocol import LookList, Looks, Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words, words_rights
from gatehouse.server.console.enrolment import is_held, why_not
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.moment import now
from gatehouse.server.people import credential_actions
from gatehouse.server.people import queries as people
from gatehouse.server.people.credential_actions import IssuedPass, NotEnrolled
from gatehouse.server.people.models import CredentialKind, CredentialState, Person, Purpose
from gatehouse.server.portal.me import actor_in_words, face_on
from gatehouse.server.portal.worker import worker_of
from gatehouse.server.rights import export, queries
from gatehouse.server.rights import requests as acts
from gatehouse.server.rights.errors import RightsError
from gatehouse.server.rights.models import RequestState

LOOKS_SHOWN = 50
PASS_DAYS = 30
# What lies under a label, as the person would say it.
PARTS: tuple[tuple[words.Text, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Who you are"),
        ("person.brief/1", "person.name/1", "person.contact/1", "person.identity/1", "person.bank/1"),
    ),
    (
        gettext_lazy("Your file and contract"),
        ("person.file/1", "contract.terms/1", "contract.extras/1", "person.roster/1"),
    ),
    (gettext_lazy("Consents"), ("person.consent/1",)),
    (gettext_lazy("Ways in"), ("credential.card/1", "credential.pass/1", "credential.day_card/1")),
    (gettext_lazy("Picking up from school"), ("pupil.pickup/1", "collector.children/1", "guardian.mail/1")),
    (gettext_lazy("Days of work"), ("workday.facts/1", "workday.beside/1", "register.marks/1")),
    (
        gettext_lazy("What you asked for at work, and the answers"),
        ("work.note/1", "note.answer/1", "leave.book/1", "work.answers/1"),
    ),
    (gettext_lazy("Pay"), ("payslip.lines/1", "payslip.run/1", "pay.input/1")),
    (
        gettext_lazy("Goals, reviews, contests"),
        ("goal.facts/1", "review.text/1", "review.reply/1", "contest.about/1", "contest.words/1"),
    ),
    (gettext_lazy("Requests about your data"), ("subject.request/1",)),
)


def my_data(request: HttpRequest) -> HttpResponse:
    """GET: what there is to do. POST: everything, to be read."""
    who, person = worker_of(request)
    return _page(request, who, person, opened=request.method == "POST")


@require_POST
def file(request: HttpRequest) -> HttpResponse:
    """Everything, for another program."""
    who, person = worker_of(request)
    made = export.export(person, by=who.by, at=now())
    if isinstance(made, Refused):
        return _page(request, who, person, refused=made)
    response = HttpResponse(export.to_json(made), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    who, person = worker_of(request)
    typed = {"kind": request.POST.get("kind", ""), "text": request.POST.get("text", "")}
    kind = typed["kind"]
    if kind not in set(Asked):
        return _page(request, who, person, error=_("Choose what it is about."), typed=typed)
    try:
        acts.ask(person, Asked(kind), typed["text"], by=who.by, at=now())
    except RightsError as fault:
        return _page(request, who, person, error=words_rights.error(fault), typed=typed)
    messages.success(
        request, _("Sent. HR answers within %(days)d days; you read it here.") % {"days": ANSWER_DAYS}, "yes"
    )
    return HttpResponseRedirect(reverse("me-data"))


@require_POST
def take_back(request: HttpRequest, request_id: UUID) -> HttpResponse:
    who, person = worker_of(request)
    row = queries.requests_of(person).filter(pk=request_id).first()
    if row is None:
        raise Http404
    try:
        acts.take_back(row, by=who.by, at=now())
    except RightsError as fault:
        return _page(request, who, person, error=words_rights.error(fault))
    messages.success(request, _("Taken back."), "yes")
    return HttpResponseRedirect(reverse("me-data"))


@require_POST
def withdraw(request: HttpRequest, purpose: str) -> HttpResponse:
    """The consent ends and the face is destroyed; the other way in works first."""
    who, person = worker_of(request)
    if purpose not in Purpose.values:
        raise Http404
    way, at = request.POST.get("way", ""), now()
    issued: IssuedPass | None = None
    if way == "pass":
        made = credential_actions.issue_pass(person, ends=at + timedelta(days=PASS_DAYS), by=who.by, at=at)
        if isinstance(made, NotEnrolled):
            return _page(request, who, person, error=why_not(made.code))
        issued = made
    elif way == "pin":
        pin = credential_actions.set_pin(person, request.POST.get("digits", ""), by=who.by, at=at)
        if isinstance(pin, NotEnrolled):
            return _page(request, who, person, error=why_not(pin.code))
    elif way != "have" or not _other_ways(person):
        return _page(request, who, person, error=words_rights.error(RightsError("no_other_way", "choose a way in")))
    on = local_date(at, ZoneInfo(person.site.zone))
    credential_actions.withdraw_consent(person, Purpose(purpose), on=on, by=who.by, at=at)
    messages.success(request, withdrawn_in_words(person, who), "yes")
    if issued is None:
        return HttpResponseRedirect(reverse("me-data"))
    context = {
        "qr": qr_svg(issued.text, _("QR code of the pass")),
        "starts": at,
        "ends": at + timedelta(days=PASS_DAYS),
    }
    return render(request, "portal/new_pass.html", context)


def withdrawn_in_words(person: Person, who: SignedIn) -> str:
    """A legal hold may keep the face's key; then the person is told so."""
    if is_held(person, who.by):
        return _(
            "Your face opens nothing any more. A legal hold keeps it sealed for now; it is destroyed when that ends."
        )
    return _("Your face was destroyed. Your other ways in work.")


@require_POST
def proof(request: HttpRequest, place: int) -> HttpResponse:
    """The line of one look in the keeper's log, with the way to its signed head."""
    who, _person = worker_of(request)
    found = keeping.prove(place, who.token)
    if isinstance(found, Refused):
        raise Http404
    response = HttpResponse(found, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="look-{place + 1}.json"'
    return response


def _page(
    request: HttpRequest,
    who: SignedIn,
    person: Person,
    *,
    opened: bool = False,
    refused: Refused | None = None,
    error: str = "",
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    rows = list(queries.requests_of(person))
    facts = acts.read(rows, who.by, "me.page")
    context: dict[str, object] = {
        "error": error,
        "typed": typed or {},
        "kinds": words_rights.ASKED.items(),
        "limit": acts.TEXT_LIMIT,
        "answer_days": ANSWER_DAYS,
        "pass_days": PASS_DAYS,
        "face_on": face_on(person) or people.has_consent(person, Purpose.FACE),
        "other_ways": [words.MEANS[way] for way in _other_ways(person)],
        "looks": _looks(who, person),
        "requests": []
        if isinstance(facts, Refused)
        else [
            {
                "row": row,
                "kind": words_rights.ASKED[row.kind],
                "facts": held,
                "state": words_rights.STATES[row.state],
                "open": row.state == RequestState.OPEN,
            }
            for row, held in zip(rows, facts, strict=True)
            if held is not None
        ],
    }
    if opened and refused is None:
        made = export.export(person, by=who.by, at=now())
        if isinstance(made, Refused):
            refused = made
        else:
            context |= {"opened": True, "parts": _parts(made)}
    if refused is not None:
        context["refused"] = words.refused(refused.code)
    return render(request, "portal/my_data.html", context, status=422 if error else 200)


def _other_ways(person: Person) -> list[str]:
    held = people.credentials_of(person).filter(state=CredentialState.ACTIVE).exclude(kind=CredentialKind.FACE)
    kinds = set(held.values_list("kind", flat=True))
    means = {CredentialKind.QR: "pass", CredentialKind.CARD: "card", CredentialKind.PIN: "pin"}
    return [means[kind] for kind in means if kind in kinds]


def _looks(who: SignedIn, person: Person) -> list[dict[str, object]]:
    """Others' looks at this person, the latest first, each with its line in the log."""
    reply = keeping.ask(Looks(subject=str(person.pk), ticket=who.token), LookList)
    if isinstance(reply, Refused):
        return []
    others = [look for look in reply.looks if look.actor != who.ticket.actor]
    return [
        {"actor": actor_in_words(one.actor, one.role), "purpose": one.purpose, "at": one.at, "place": one.place}
        for one in others[:LOOKS_SHOWN]
    ]


def _parts(made: dict[str, object]) -> list[dict[str, object]]:
    """The file in sections, each entry as lines of name and value."""
    data = made["data"]
    assert isinstance(data, dict)
    passages = made["passages"]
    assert isinstance(passages, list)
    parts = [
        (name, [_lines(entry, _word(label)) for label in labels for entry in data[label]]) for name, labels in PARTS
    ]
    parts.append((_("At the gates"), [_lines(one) for one in passages]))
    told = [(name, [entry for entry in entries if entry]) for name, entries in parts]
    return [{"name": name, "entries": entries, "count": len(entries)} for name, entries in told]


def _word(label: str) -> str:
    """ "person.name/1" -> "name"."""
    return label.partition(".")[2].partition("/")[0]


def _lines(entry: dict[str, object], text: str = "data") -> list[tuple[str, str]]:
    """Lines of name and value; a plain text stands under `text`."""
    return [pair for name, value in entry.items() if name != "row" for pair in _flat(name, value, text)]


def _flat(name: str, value: object, text: str) -> list[tuple[str, str]]:
    """Nested values by their path; what is empty says nothing."""
    if isinstance(value, dict):
        inner = [(key if name == "data" else f"{name} {key}", one) for key, one in value.items()]
        return [pair for path, one in inner for pair in _flat(path, one, text)]
    if isinstance(value, list):
        return [pair for number, one in enumerate(value, 1) for pair in _flat(f"{name} {number}", one, text)]
    said = "" if value is None else str(value)
    return [((text if name == "data" else name).replace("_", " "), said)] if said else []
