"""Lanes: one queue of exceptions for all the garages that an operator sees, oldest first. One click and a reason
resolves one, and the next comes by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money
from gatehouse.keeper.protocol import Budget, Refused, Role, Usage, UsageList
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words, words_lanes
from gatehouse.server.console.access import GUARDS, reader
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.watch import TileView, tile_of
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Gate, GateMode
from gatehouse.server.gates.virtual import plate_of
from gatehouse.server.moment import now
from gatehouse.server.parking import evidence, lane_exceptions, queries
from gatehouse.server.parking.evidence import LikelyStay
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import (
    LIKELY_WHY,
    NEEDS_STAY,
    OFFERS,
    Answer,
    Problem,
    Resolved,
    offered,
    resolve,
    undo,
)
from gatehouse.server.parking.models import Garage, LaneException
from gatehouse.server.parking.stays import Outdated
from gatehouse.server.people.queries import sites_visible_to

ANSWERERS = GUARDS
READERS = GUARDS | {Role.AUDITOR}
QUEUE_LIMIT = 100
UNDO_HOLDS_S = 600
TYPED_LIMIT = 20
_SALT = "gatehouse.lanes.undo"
# An answer about a stay is the likeliest only where one is likely.
_ABOUT_STAY = NEEDS_STAY


@dataclass(frozen=True, slots=True)
class Note:
    """What the last click did, above the next exception."""

    said: words.Text
    then: words.Text
    tone: str
    mark: str
    undo: str = ""
    number: str = ""  # what a vehicle is called that was let in unread
    address: str = ""  # and its page
    qr: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue."""

    exception: LaneException
    wording: words.Wording
    lane: str
    taken: str  # a colleague's handle
    mine: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One button."""

    answer: str
    wording: words.Wording
    key: str
    needs_stay: bool


# --- pages ---------------------------------------------------------------------------------------------------------


@require_safe
def lanes(request: HttpRequest) -> HttpResponse:
    """The queue and the first exception that nobody has taken."""
    return _page(request, _next(request))


@require_safe
def lane(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    return _page(request, _exception(request, exception_id))


@require_safe
def next_lane(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    """Leave this one waiting and look at the next."""
    return _page(request, _next(request, after=_exception(request, exception_id)))


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The list alone, fetched anew when something changed."""
    return render(request, "garages/lanes_queue.html", _queue(request, request.GET.get("here", "")))


@require_safe
def chip(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """How one lane stands at this moment."""
    gate = gates.gate(gate_id, sites_visible_to(reader(request)))
    if gate is None:
        raise Http404
    return render(request, "garages/lane_chip.html", {"tile": tile_of(gate, now()), "may_open": _may(request)})


@require_POST
def take(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    """Look after it, so that colleagues see that; `over` takes it from a colleague."""
    exception, who = _exception(request, exception_id), reader(request)
    if request.POST.get("over"):
        lane_exceptions.release(exception, by=who.by, at=now())
    if lane_exceptions.take(exception, by=who.by, at=now()):
        return _page(request, _exception(request, exception_id))
    return _page(request, _exception(request, exception_id), _problem(Problem.TAKEN))


@require_POST
def give_back(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    exception = _exception(request, exception_id)
    if exception.taken_by == reader(request).by.actor:
        lane_exceptions.release(exception, by=reader(request).by, at=now())
    return _page(request, _next(request, after=exception))


@require_POST
def read(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    """The plate as it was read. The keeper counts and logs the look first."""
    exception, who = _exception(request, exception_id), reader(request)
    plate = evidence.what_was_read(exception, who.by)
    if isinstance(plate, Refused):
        return render(request, "garages/lane_read.html", {"refused": words.refused(plate.code)})
    return render(request, "garages/lane_read.html", {"plate": plate, "used": _looks_used(who)})


@require_POST
def answer(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    """One click: resolved, and the next one comes."""
    exception, who = _exception(request, exception_id), reader(request)
    try:
        chosen, why = Answer(request.POST.get("answer", "")), Why(request.POST.get("why", ""))
    except ValueError:
        return _page(request, exception, _problem(Problem.NOT_OFFERED))
    try:
        done = resolve(exception, chosen, why=why, stay_id=_uuid(request.POST.get("stay")), by=who.by, at=now())
    except Outdated:
        done = Problem.CHANGED
    match done:
        case Resolved():
            return _page(request, _next(request, after=exception), _done(request, exception, done))
        case Problem.ALREADY:
            return _page(request, _next(request, after=exception), _problem(done))
        case Problem():
            return _page(request, exception, _problem(done))
        case Refused(code=code):
            said = words.refused(code)
            return _page(request, exception, Note(said.what, said.do, "stop", "no"))


@require_POST
def name_stay(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    """The stay of the plate that the driver tells: changed inside, or never read."""
    exception = _exception(request, exception_id)
    typed = request.POST.get("plate", "").strip()[:TYPED_LIMIT]
    found = evidence.named_stay(exception, typed, reader(request).by, now())
    if isinstance(found, Refused):
        said = words.refused(found.code)
        return _page(request, exception, Note(said.what, said.do, "stop", "no"))
    if found is None:
        missing = Note(_("No parked car has that plate"), _("Ask again, character by character."), "warn", "info")
        return _page(request, exception, missing)
    return _page(request, exception, named=found)


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Undo one's own last answer."""
    try:
        said = signing.loads(request.POST.get("undo", ""), salt=_SALT, max_age=UNDO_HOLDS_S)
        exception_id, chosen, stay = UUID(said[0]), Answer(said[1]), _uuid(said[2])
    except (signing.BadSignature, ValueError, TypeError, LookupError):
        return _page(request, _next(request), Note(_("That can not be undone any more"), "", "warn", "clock"))
    exception, who = _exception(request, exception_id), reader(request)
    if undo(exception, chosen, stay, by=who.by, at=now()):
        return _page(request, _exception(request, exception_id), Note(_("Taken back"), "", "good", "yes"))
    return _page(request, _next(request), Note(_("That can not be undone any more"), "", "warn", "clock"))


# --- what is shown -------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, exception: LaneException | None, note: Note | None = None, named: LikelyStay | None = None
) -> HttpResponse:
    """The panel with the queue beside it where htmx asked for it, else the whole page."""
    here = str(exception.pk) if exception else ""
    context = _panel(request, exception, named) | _queue(request, here) | {"note": note}
    if request.headers.get("HX-Request") == "true":
        return render(request, "garages/lane_panel.html", context | {"beside": True})
    context |= {"chips": _chips(request), "may_open": _may(request)}
    return render(request, "garages/lanes.html", context)


def _may(request: HttpRequest) -> bool:
    return reader(request).role in ANSWERERS


def _exception(request: HttpRequest, exception_id: UUID) -> LaneException:
    found = queries.lane_exception(exception_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def _filter(request: HttpRequest) -> str:
    """The garage that the queue is narrowed to, "" for all."""
    wanted = _uuid(request.POST.get("garage") or request.GET.get("garage"))
    return str(wanted) if wanted else ""


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _all(request: HttpRequest) -> Sequence[LaneException]:
    found = queries.open_exceptions(sites_visible_to(reader(request)))
    wanted = _filter(request)
    return list((found.filter(garage_id=UUID(wanted)) if wanted else found)[:QUEUE_LIMIT])


def _next(request: HttpRequest, after: LaneException | None = None) -> LaneException | None:
    """The oldest that no colleague has taken; behind `after` first, and then from the start."""
    me = reader(request).by.actor
    free = [one for one in _all(request) if one.taken_by in ("", me) and (after is None or one.pk != after.pk)]
    behind = [one for one in free if after is not None and (one.at, one.pk) > (after.at, after.pk)]
    return next(iter(behind or free), None)


def _queue(request: HttpRequest, here: str) -> dict[str, object]:
    who = reader(request)
    waiting, names = _all(request), _lane_names(who)
    handles = {one: handle_of(one) for one in {row.taken_by for row in waiting} if one}
    me = who.by.actor
    rows = [
        Waiting(
            exception=row,
            wording=words_lanes.KINDS[row.kind],
            lane=names.get((row.garage.site_id, row.gate), row.gate),
            taken=handles[row.taken_by] if row.taken_by and row.taken_by != me else "",
            mine=row.taken_by == me,
        )
        for row in waiting
    ]
    garages = list(queries.garages(sites_visible_to(who)))
    return {
        "rows": rows,
        "count": len(rows),
        "here": here,
        "garages": garages,
        "filter": _filter(request),
        "now": now(),
    }


def _lane_names(who: SignedIn) -> dict[tuple[UUID, str], str]:
    return {(gate.site_id, gate.code): gate.name for gate in gates.gates(sites_visible_to(who))}


def _panel(request: HttpRequest, exception: LaneException | None, named: LikelyStay | None) -> dict[str, object]:
    context: dict[str, object] = {"exception": exception, "may_answer": _may(request), "now": now()}
    if exception is None:
        return context
    who = reader(request)
    lane_name = _lane_names(who).get((exception.garage.site_id, exception.gate), exception.gate)
    taken = exception.taken_by
    context |= {
        "wording": words_lanes.KINDS[exception.kind],
        "lane": lane_name,
        "zone": exception.garage.site.zone,
        "was_read": exception.cell is not None,
        "taken": handle_of(taken) if taken and taken != who.by.actor else "",
        "mine": taken == who.by.actor,
        "over": words_lanes.ANSWERS.get(exception.answer) if exception.done else None,
    }
    if exception.done or not _may(request):
        return context
    return context | _answers(exception, named, who)


def _answers(exception: LaneException, named: LikelyStay | None, who: SignedIn) -> dict[str, object]:
    """The likely stays and the buttons."""
    two, more = OFFERS[exception.kind], offered(exception)[2:]
    about_stays = any(one in _ABOUT_STAY for one in (*two, *more))
    likely = evidence.likely_stays(exception, who.by, now()) if about_stays else []
    refused = words.refused(likely.code) if isinstance(likely, Refused) else None
    stays = [named] if named else [] if isinstance(likely, Refused) else likely
    return {
        "about_stays": about_stays,
        "stays": [_stay(one, exception.garage) for one in stays],
        "named": named is not None,
        "looks_refused": refused,
        "choices": [_choice(one, str(place)) for place, one in enumerate(two, 1)],
        "more": [_choice(one, "") for one in more],
        "whys": [(code.value, words_lanes.WHYS[code]) for code in Why],
        "likely_why": LIKELY_WHY.get(exception.kind, Why.OTHER).value,
    }


def _choice(answer: Answer, key: str) -> Choice:
    return Choice(answer.value, words_lanes.ANSWERS[answer], key, answer in NEEDS_STAY)


def _stay(one: LikelyStay, garage: Garage) -> dict[str, object]:
    due = one.owes.due if one.owes else None
    return {
        "id": one.stay,
        "likeness": words_lanes.LIKENESS.get(one.likeness, ""),
        "entered_at": one.entered_at,
        "due": due,
        "paid": one.owes.paid if one.owes and one.owes.paid > Money.zero(garage.currency) else None,
    }


def _chips(request: HttpRequest) -> list[TileView]:
    """The lanes of the garages, in the order of sites."""
    sites = sites_visible_to(reader(request))
    wanted = _filter(request)
    zones = {garage.zone_id for garage in queries.garages(sites) if not wanted or str(garage.pk) == wanted}
    at = now()
    return [tile_of(gate, at) for gate in gates.gates(sites) if _is_lane(gate) and gate.zone_id in zones]


def _is_lane(gate: Gate) -> bool:
    return gate.kind == "lane" and gate.mode in GateMode.values


def _looks_used(who: SignedIn) -> str:
    """How many looks of the hour are used, where the keeper says so."""
    reply = keeping.ask(Usage(ticket=who.token), UsageList)
    rows = [] if isinstance(reply, Refused) else reply.rows
    for row in rows:
        if row.actor == who.by.actor and row.budget is Budget.NAMES:
            return _("%(used)d of %(cap)d looks this hour") % {"used": row.hour, "cap": row.hour_cap}
    return ""


def _done(request: HttpRequest, exception: LaneException, done: Resolved) -> Note:
    said = words_lanes.ANSWERS[done.answer]
    if done.admitted is not None:
        return _admitted(request, exception.garage, done.admitted)
    code = signing.dumps([str(exception.pk), done.answer.value, str(done.stay or "")], salt=_SALT)
    return Note(said.what, said.do, "good", "yes", undo=code if done.may_undo else "")


def _admitted(request: HttpRequest, garage: Garage, opening: UUID) -> Note:
    """What the operator tells the driver, or prints: the number, and the page that shows and pays the stay."""
    plate = plate_of(opening)
    address = request.build_absolute_uri(reverse("pay-mine", args=[garage.pay_code, opening]))
    said, then = _("The barrier opens. Tell the driver this number"), _("It pays and leaves by it, as by a plate.")
    qr = qr_svg(address, _("The page of this car"))
    return Note(said, then, "good", "yes", number=f"{plate[:5]} {plate[5:]}", address=address, qr=qr)


def _problem(problem: Problem) -> Note:
    said = words_lanes.PROBLEMS[problem]
    return Note(said.what, said.do, "warn", "info")
