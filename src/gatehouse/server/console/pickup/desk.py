"""The desk where pupils are collected: find who has come, see which pupils may go with them, hand over or refuse."""

from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import saying, words, words_pickup
from gatehouse.server.console.access import PAYROLL, reader
from gatehouse.server.console.pickup import finding
from gatehouse.server.console.pickup.finding import PURPOSE, Found
from gatehouse.server.console.pickup.naming import called
from gatehouse.server.console.pickup.places import collector_of, schools
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.gates import queries as gates
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person
from gatehouse.server.pickup import actions, looks, queries
from gatehouse.server.pickup.actions import NotWritten
from gatehouse.server.pickup.cells import Book
from gatehouse.server.pickup.models import Collector


def desk(request: HttpRequest) -> HttpResponse:
    """GET shows who stood at a gate just now; POST looks for whoever was typed, scanned or chosen."""
    if request.method != "POST":
        return _desk(request, {})
    sites, who = schools(request), reader(request)
    attempt, text = request.POST.get("attempt", ""), request.POST.get("q", "").strip()[:300]
    if attempt:
        found = finding.who_stood(_uuid(attempt), sites, who)
    elif text:
        found = finding.find(text, sites, who, now())
    else:
        return _desk(request, {"error": _("Type a name or number, or scan a code.")}, status=422)
    if isinstance(found, Refused):
        return _desk(request, {"refused": words.refused(found.code)})
    if found.flaw:
        return _desk(request, {"error": _flaw(found.flaw)}, status=422)
    if len(found.collectors) == 1 and not found.pupils:
        return HttpResponseRedirect(reverse("pickup-collector", args=[found.collectors[0].pk]))
    return _found(request, found)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()  # nobody's


def _flaw(code: str) -> str:
    return {
        "expired": _("This code is over. Ask them to open their pass anew."),
        "invalid": _("This is no pass of this school."),
        "no_collector": _("This is nobody who collects pupils here. Hand no pupil over; find whom they ask for."),
    }[code]


def _found(request: HttpRequest, found: Found) -> HttpResponse:
    names = called([*found.collectors, *found.pupils], reader(request).by.authority, PURPOSE)
    if isinstance(names, Refused):
        return _desk(request, {"refused": words.refused(names.code)})
    return _desk(
        request,
        {
            "searched": True,
            "collectors": [{"id": one.pk, "name": names[one.pk]} for one in found.collectors],
            "pupils": [{"id": one.pk, "name": names[one.pk]} for one in found.pupils],
        },
    )


def _desk(request: HttpRequest, more: dict[str, object], status: int = 200) -> HttpResponse:
    sites, at = schools(request), now()
    names = {(gate.site_id, gate.code): gate.name for gate in gates.gates(sites)}
    setups = [queries.setup_of(site) for site in sites]
    context: dict[str, object] = {
        "sites": sites,
        "ready": bool(sites) and all(one is not None and one.group_id is not None for one in setups),
        "may_set_up": reader(request).role in PAYROLL,
        "lately": [
            {
                "id": one.pk,
                "at": saying.time_of_day(one.at, ZoneInfo(one.site.zone)),
                "gate": names.get((one.site_id, one.gate), one.gate),
            }
            for one in finding.lately(sites, at)
        ],
        **tabs(request, "pickup"),
    }
    return render(request, "pickup/desk.html", context | more, status=status)


# --- one collector ------------------------------------------------------------------------------------------------


@require_safe
def collector(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Which pupils may go with them now. Counts as a look at them and at these pupils."""
    return _collector(request, collector_of(request, person_id), {})


def _collector(request: HttpRequest, of: Collector, more: dict[str, object], status: int = 200) -> HttpResponse:
    by, at = reader(request).by.authority, now()
    ids = looks.children(of, by, PURPOSE)
    pupils = [] if isinstance(ids, Refused) else _pupils(of, ids)
    held = looks.books(pupils, by, PURPOSE)
    names = called([of.person, *pupils], by, PURPOSE)
    for one in (ids, held, names):
        if isinstance(one, Refused):
            return render(
                request, "pickup/collector.html", {"refused": words.refused(one.code)} | tabs(request, "pickup")
            )
    assert not isinstance(held, Refused)
    assert not isinstance(names, Refused)
    lines = [_line(of, pupil, held[pupil.pk][0], names[pupil.pk], at) for pupil in pupils]
    lines.sort(key=lambda line: (line["why"] != "", str(line["name"])))
    context: dict[str, object] = {
        "id": of.pk,
        "name": names[of.pk],
        "lines": [line for line in lines if line["shown"]],
        "any_may": any(line["may"] for line in lines),
        "act": uuid4().hex,
        "at": at,
        **tabs(request, "pickup"),
    }
    return render(request, "pickup/collector.html", context | more, status=status)


def _pupils(of: Collector, ids: list[str]) -> list[Person]:
    return list(queries.pupils(of.person.site).filter(pk__in=ids))


def _line(of: Collector, pupil: Person, book: Book, name: str, at: datetime) -> dict[str, object]:
    zone = ZoneInfo(pupil.site.zone)
    why = actions.may_take(book, of, at)
    own = [one for one in book.permissions if one.collector == str(of.pk)]
    today = [one for one in book.events if local_date(one.at, zone) == local_date(at, zone) and not one.why]
    return {
        "id": pupil.pk,
        "name": name,
        "relation": next((one.relation for one in own if one.relation), ""),
        "may": why is None,
        "why": words_pickup.NO[why] if why else "",
        "gone": saying.time_of_day(today[-1].at, zone) if today else "",
        "shown": bool(own),
    }


@require_POST
def hand_over(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Every chosen pupil in one step. Who may not go is refused and the office is alarmed, whatever the page showed."""
    of, who = collector_of(request, person_id), reader(request)
    chosen = set(request.POST.getlist("pupil"))
    pupils = list(queries.pupils(of.person.site).filter(pk__in=[_uuid(one) for one in chosen]))
    act = request.POST.get("act", "")[:64]
    if not pupils or not act:
        return _collector(request, of, {"error": _("Choose a pupil.")}, status=422)
    try:
        handed = actions.hand_over(of, pupils, act, by=who.by, at=now())
    except NotWritten as fault:
        return _collector(request, of, {"error": words_pickup.FAULTS[fault.code]}, status=409)
    if isinstance(handed, Refused):
        return _collector(request, of, {"error": words.refused(handed.code).what}, status=403)
    done = sum(why is None for why in handed.answers.values())
    if done:
        messages.success(request, _("Handed over: %(count)d.") % {"count": done}, "yes")
    if handed.refused:
        messages.error(request, _("Refused and written down. The office is alarmed; hand no pupil over."), "no")
    return HttpResponseRedirect(reverse("pickup-collector", args=[of.pk]))
