"""One pupil: who may and who must not collect them, what happened lately, a refusal, a late slip."""

from datetime import datetime, time
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import local
from gatehouse.domain.pickup import EVERY_DAY, No, Word, says
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handles
from gatehouse.server.attendance import register_queries
from gatehouse.server.console import words, words_pickup
from gatehouse.server.console.access import PAYROLL, reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.pickup import slips
from gatehouse.server.console.pickup.finding import find
from gatehouse.server.console.pickup.naming import called
from gatehouse.server.console.pickup.places import pupil_of
from gatehouse.server.console.slip_files import attached
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person
from gatehouse.server.people.queries import people_by_id
from gatehouse.server.pickup import actions, looks, queries
from gatehouse.server.pickup.actions import NewCollector, NotWritten
from gatehouse.server.pickup.cells import MOST_RELATION, MOST_TEXT, Book, Event, PermissionFacts
from gatehouse.server.pickup.models import Collector

PURPOSE = "pickup.page"


@require_safe
def pupil(request: HttpRequest, person_id: UUID) -> HttpResponse:
    return _pupil(request, pupil_of(request, person_id), {})


def _pupil(request: HttpRequest, of: Person, more: dict[str, object], status: int = 200) -> HttpResponse:
    by = reader(request).by.authority
    held = looks.books([of], by, PURPOSE)
    if isinstance(held, Refused):
        return render(request, "pickup/pupil.html", {"refused": words.refused(held.code)} | tabs(request, "pickup"))
    book, _read = held[of.pk]
    ids = {one.collector for one in book.permissions} | {one.collector for one in book.events if one.collector}
    people = people_by_id(ids, [of.site])
    names = called([of, *people.values()], by, PURPOSE)
    if isinstance(names, Refused):
        return render(request, "pickup/pupil.html", {"refused": words.refused(names.code)} | tabs(request, "pickup"))
    said = {str(pk): name for pk, name in names.items()}
    zone = ZoneInfo(of.site.zone)
    context: dict[str, object] = {
        "id": of.pk,
        "name": names[of.pk],
        "class": _class(of),
        "permissions": _permissions(book, said, now(), zone),
        "events": _events(book, said, zone),
        "may_edit": reader(request).role in PAYROLL,
        "weekdays": list(enumerate(words_pickup.WEEKDAYS)),
        "most_relation": MOST_RELATION,
        "most_text": MOST_TEXT,
        "act": uuid4().hex,
        "today": local(now(), zone).date().isoformat(),
        "typed": {"word": Word.MAY.value, "days": [str(day) for day in sorted(EVERY_DAY)], "told": True},
        **tabs(request, "pickup"),
    }
    return render(request, "pickup/pupil.html", context | more, status=status)


def _class(of: Person) -> str:
    names = [one.group.name for one in register_queries.classes([of.site]) if _is_of(one.group_id, of)]
    return ", ".join(names)


def _is_of(group_id: UUID, of: Person) -> bool:
    return of.memberships.filter(group_id=group_id).exists()


def _permissions(book: Book, names: dict[str, str], at: datetime, zone: ZoneInfo) -> list[dict[str, object]]:
    return [
        {
            "place": place,
            "collector": one.collector,
            "name": names.get(one.collector, _("somebody who is gone")),
            "relation": one.relation,
            "word": words_pickup.WORDS[one.word],
            "denies": one.word == Word.MUST_NOT.value,
            "when": words_pickup.when(one),
            "told": one.told,
            "live": says(one.fact, at, zone),
        }
        for place, one in enumerate(book.permissions)
    ]


def _events(book: Book, names: dict[str, str], zone: ZoneInfo) -> list[dict[str, object]]:
    by = handles(one.by for one in book.events)
    return [_event(one, names, by, zone) for one in reversed(book.events)]


def _event(one: Event, names: dict[str, str], by: dict[str, str], zone: ZoneInfo) -> dict[str, object]:
    who = names.get(one.collector, "") if one.collector else one.text or _("somebody who is not known")
    return {
        "at": local(one.at, zone),
        "who": who,
        "by": by.get(one.by, one.by),
        "refused": bool(one.why),
        "why": words_pickup.NO[No(one.why)] if one.why else "",
    }


# --- who may collect --------------------------------------------------------------------------------------------------


@require_POST
def permit(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """One more word: on a collector who is known, by number or name, or on a new one."""
    of, by, at = pupil_of(request, person_id), reader(request).by, now()
    try:
        facts = _typed(request)
        collector = _collector(request, of, at)
        actions.permit(of, collector, _with(facts, collector), by=by, at=at)
    except Mistyped as fault:
        return _pupil(request, of, {"error": str(fault), "typed": _typed_back(request)}, status=422)
    except NotWritten as fault:
        more: dict[str, object] = {"error": words_pickup.FAULTS[fault.code], "typed": _typed_back(request)}
        return _pupil(request, of, more, status=409)
    messages.success(request, _("Written. The desk knows it at once."), "yes")
    return HttpResponseRedirect(reverse("pickup-pupil", args=[of.pk]))


def _with(facts: PermissionFacts, collector: Collector) -> PermissionFacts:
    return msgspec.structs.replace(facts, collector=str(collector.pk))


def _typed_back(request: HttpRequest) -> dict[str, object]:
    form = request.POST
    kept = ("who", "name", "number", "mail", "phone", "relation", "word", "since", "until", "opens", "closes")
    return {one: form.get(one, "")[:120] for one in kept} | {"days": form.getlist("day")[:7], "told": "told" in form}


def _typed(request: HttpRequest) -> PermissionFacts:
    """Raises Mistyped; the collector is still empty."""
    form = request.POST
    word = form.get("word", "")
    if word not in words_pickup.WORDS:
        raise Mistyped(_("Choose: may collect, or must not collect."))
    denies = word == Word.MUST_NOT.value
    return PermissionFacts(
        "",
        word,
        typed.text(form, "relation", MOST_RELATION),
        "told" in form and not denies,
        typed.day_or_none(form.get("since", ""), _("From")),
        typed.day_or_none(form.get("until", ""), _("Last day")),
        sorted(EVERY_DAY) if denies else sorted({int(one) for one in form.getlist("day") if one in set("0123456")}),
        None if denies else _clock(form.get("opens", ""), _("Not before")),
        None if denies else _clock(form.get("closes", ""), _("Not from")),
    )


def _clock(said: str, field: str) -> time | None:
    """Raises Mistyped."""
    if not said:
        return None
    try:
        found = time.fromisoformat(said)
    except ValueError as fault:
        raise Mistyped(_("%(field)s: write a time such as 15:30.") % {"field": field}) from fault
    if found.tzinfo is not None:
        raise Mistyped(_("%(field)s: write a time such as 15:30.") % {"field": field})
    return found


def _collector(request: HttpRequest, of: Person, at: datetime) -> Collector:
    """Raises Mistyped, NotWritten."""
    form = request.POST
    who, name = typed.text(form, "who", 80), typed.text(form, "name", 120)
    if who and name:
        raise Mistyped(_("Either somebody who is known, or a new one: leave one of the two empty."))
    if name:
        return _new(request, of, name, at)
    if not who:
        raise Mistyped(_("Write the number or name of somebody who is known, or the name of a new one."))
    found = find(who, [of.site], reader(request), at)
    if isinstance(found, Refused):
        raise Mistyped(str(words.refused(found.code).what))
    if len(found.collectors) != 1:
        raise Mistyped(
            _("Several are called like that: write their number.")
            if found.collectors
            else _("No collector is called like that. Add them as a new one.")
        )
    collector = queries.collector(found.collectors[0].pk, [of.site])
    if collector is None:
        raise NotWritten("not_here")
    return collector


def _new(request: HttpRequest, of: Person, name: str, at: datetime) -> Collector:
    """Raises Mistyped, NotWritten."""
    form, who = request.POST, reader(request)
    mail = typed.text(form, "mail", 120)
    if mail and ("@" not in mail[1:-1] or any(one.isspace() or one in '<>,;:"' for one in mail)):
        raise Mistyped(_("Mail: write an address such as name@example.org."))
    number = typed.text(form, "number", 20) or f"G-{uuid4().hex[:6].upper()}"
    taken = keeping.find(number, who.token, 10, [row.pk for row in queries.collectors([of.site])])
    if isinstance(taken, Refused):
        raise Mistyped(str(words.refused(taken.code).what))
    new = NewCollector(number, name, mail, typed.text(form, "phone", 40))
    return actions.add_collector(of.site, new, by=who.by, at=at)


@require_POST
def forbid(request: HttpRequest, person_id: UUID, place: int) -> HttpResponse:
    of = pupil_of(request, person_id)
    try:
        actions.forbid(of, place, by=reader(request).by, at=now())
    except NotWritten as fault:
        return _pupil(request, of, {"error": words_pickup.FAULTS[fault.code]}, status=409)
    messages.success(request, _("Taken back."), "yes")
    return HttpResponseRedirect(reverse("pickup-pupil", args=[of.pk]))


# --- at the gate -----------------------------------------------------------------------------------------------------


@require_POST
def refuse(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Somebody who is in no list asked for this pupil and was sent away."""
    of, act = pupil_of(request, person_id), request.POST.get("act", "")[:64] or uuid4().hex
    try:
        text = typed.text(request.POST, "text", MOST_TEXT)
        refused = actions.refuse_unknown(of, text, act, by=reader(request).by, at=now())
    except NotWritten as fault:
        return _pupil(request, of, {"error": words_pickup.FAULTS[fault.code]}, status=409)
    if isinstance(refused, Refused):
        return _pupil(request, of, {"error": words.refused(refused.code).what}, status=403)
    messages.error(request, _("Refused and written down. The office is alarmed; hand no pupil over."), "no")
    return HttpResponseRedirect(reverse("pickup-pupil", args=[of.pk]))


@require_POST
def slip(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A slip for a pupil who came after the bell, to take to class: made now, kept nowhere."""
    of = pupil_of(request, person_id)
    names = called([of], reader(request).by.authority, "pickup.slip")
    if isinstance(names, Refused):
        return _pupil(request, of, {"error": words.refused(names.code).what}, status=403)
    made = slips.Slip(
        name=names[of.pk],
        site=of.site.name,
        to=_class(of),
        at=local(now(), ZoneInfo(of.site.zone)),
        why=typed.text(request.POST, "why", MOST_TEXT),
    )
    answer = attached(slips.slip_pdf(made), "late-slip.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return answer
