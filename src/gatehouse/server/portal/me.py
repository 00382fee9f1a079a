"""My page: a worker's own day, month, pay and face, and who looked at them. Nobody else opens it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import person_figures
from gatehouse.domain.periods import local_date
from gatehouse.domain.reckoning import Workday
from gatehouse.keeper.protocol import CapRole, LookList, Looks, Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import actions as work_actions
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import missing
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.console import saying, words, words_work
from gatehouse.server.console.months import month_before
from gatehouse.server.console.slips import slip_of
from gatehouse.server.console.strips import strip
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import CredentialKind, CredentialState, Person
from gatehouse.server.portal import me_shifts
from gatehouse.server.portal.me_performance import my_performance
from gatehouse.server.portal.my_answers import my_answers
from gatehouse.server.portal.slips import my_slips, my_years
from gatehouse.server.portal.visits import visitors_here
from gatehouse.server.portal.worker import worker_of
from gatehouse.server.staffing import answering

PURPOSE = "me.page"
LOOKS_SHOWN = 30
REASON_LIMIT = 500  # characters


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody's looks for one purpose: how often, and when last."""

    actor: str
    purpose: str
    at: datetime
    times: int


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    who, person = worker_of(request)
    at = now()
    today = local_date(at, ZoneInfo(person.site.zone))
    of = _month_meant(request, today)
    named = looks.names([person], who.by.authority, PURPOSE)
    context: dict[str, object] = {
        "now": at,
        "today": today,
        "first": of.first,
        "month_before": _before(of, today),
        "this_month": of == Month.of(today),
        "presence": _presence(who, person, today),
        "looks": _looks_at(who, person),
        "face_on": face_on(person),
        "my_shifts": me_shifts.my_shifts(person, today),
        "manages": answering.leads(person, at),
        "answers": my_answers(who, person),
        "visitors_here": visitors_here(who, person),
    }
    if isinstance(named, Refused):
        context["refused"] = words.refused(named.code)
    else:
        context |= {"name": named[0].name, "number": named[0].brief.number}
    return render(request, "portal/me.html", context | _month(who, person, of) | my_performance(who, person))


def _month_meant(request: HttpRequest, today: date) -> Month:
    """This month, or the one asked for as far back as days can be corrected; anything else means this month."""
    now_on, said = Month.of(today), request.GET.get("month", "")
    try:
        asked = Month.of(date.fromisoformat(f"{said[:7]}-01"))
    except ValueError:
        return now_on
    return asked if _oldest(today).first <= asked.first <= now_on.first else now_on


def _oldest(today: date) -> Month:
    return Month.of(today - missing.CORRECTABLE)


def _before(of: Month, today: date) -> Month | None:
    return month_before(of) if of.first > _oldest(today).first else None


def _month(who: SignedIn, person: Person, of: Month) -> dict[str, object]:
    """The month's days, figures and draft payslip; or why they can not be shown."""
    found = work_looks.workdays(list(work.workdays([person], of.first, of.until)), who.by.authority, PURPOSE)
    if isinstance(found, Refused):
        return {"refused": words.refused(found.code)}
    days = {on: list(shifts) for (_person, on), shifts in found.items()}
    flat = [workday for shifts in days.values() for workday in shifts]
    slip = slip_of(person, of, who.by.authority, PURPOSE)
    asked = work.notes_of(person).filter(state=NoteState.ASKED).count()
    slips = my_slips(person)
    return {
        "strip": strip(of, days, ZoneInfo(person.site.zone)),
        "days": [_day(workday) for workday in sorted(flat, key=lambda w: w.date, reverse=True)],
        "worked": sum(w.worked_min + w.ot_worked_min for w in flat),
        "figures": [
            {
                "name": words_work.MEASURES[f.measure][0],
                "value": words_work.value(f),
                "meaning": words_work.MEASURES[f.measure][1],
            }
            for f in person_figures(flat)
        ],
        "payslip": None if isinstance(slip, Refused) else slip,
        "asked": asked,
        "slips": slips,
        "years": my_years(slips),
        "month_paid": any(one["month"] == of.first for one in slips),
    }


def _day(workday: Workday) -> dict[str, object]:
    tone, mark = words_work.tone(workday)
    return {
        "date": workday.date,
        "tone": tone,
        "mark": mark or "clock",
        "state": words_work.state(workday),
        "first_in": workday.first_in,
        "last_out": workday.last_out,
        "worked": workday.worked_min + workday.ot_worked_min,
        "steps": [words_work.step(step) for step in workday.explanation],
    }


def _presence(who: SignedIn, person: Person, today: date) -> dict[str, object]:
    """In or out, since when, and the shift of today. Presence is read from today's punches, stored nowhere."""
    tokens = keeping.tokens(person.site_id, today, [person.pk], who.by.authority)
    shifts = work.shifts_of(person, today, today + timedelta(days=1))
    plan = ", ".join(me_shifts.said(name, shift.pattern) for name, shift in shifts)
    then = _("Shift: %(shift)s") % {"shift": plan} if plan else _("No shift is planned for today.")
    if isinstance(tokens, Refused):
        return {"said": words.refused(tokens.code).what, "then": then, "tone": "off", "mark": "info"}
    made = [punch for punch in work.punches_with_tokens([t for t in tokens if t]) if punch.site_id == person.site_id]
    if not made:
        return {"said": _("Not in yet"), "then": then, "tone": "off", "mark": "clock"}
    last = made[-1]
    at = saying.time_of_day(last.at)
    if last.direction == "in":
        return {"said": _("In since %(time)s") % {"time": at}, "then": then, "tone": "good", "mark": "in"}
    return {"said": _("Out since %(time)s") % {"time": at}, "then": then, "tone": "off", "mark": "out"}


def _looks_at(who: SignedIn, person: Person) -> list[Seen]:
    """Who looked at this person and for what, the latest first, oneself left out."""
    reply = keeping.ask(Looks(subject=str(person.pk), ticket=who.token), LookList)
    if isinstance(reply, Refused):
        return []
    seen: dict[tuple[str, str], Seen] = {}
    for look in reply.looks:
        if look.actor != who.ticket.actor:
            before = seen.get((look.actor, look.purpose))
            seen[look.actor, look.purpose] = Seen(
                actor_in_words(look.actor, look.role),
                look.purpose,
                before.at if before else look.at,
                1 + (before.times if before else 0),
            )
    return list(seen.values())[:LOOKS_SHOWN]


def actor_in_words(actor: str, role: str) -> str:
    """Who looked, as the person reads it."""
    if role == CapRole.MANAGER:
        return _("A manager of yours")
    kind, _sep, name = actor.partition(":")
    if kind == "job":
        return str(words.JOBS.get(name, words.ANY_JOB))
    if kind == "edge":
        return _("Gate computer")
    return handle_of(actor)


def face_on(person: Person) -> bool:
    """Whether a face of theirs opens gates."""
    held = queries.credentials_of(person)
    return held.filter(kind=CredentialKind.FACE, state=CredentialState.ACTIVE).exists()


@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Ask HR to add a punch that is missing; the punches themselves are never changed."""
    who, person = worker_of(request)
    zone = ZoneInfo(person.site.zone)
    try:
        on = date.fromisoformat(request.POST.get("date", ""))
        wanted = missing.wanted(on, request.POST.get("came", ""), request.POST.get("left", ""), zone)
    except ValueError:
        wanted = []
    else:
        today = local_date(now(), zone)
        if not today - missing.CORRECTABLE <= on <= today:
            messages.error(request, _("Choose a date of the last 400 days, not after today."), "warn")
            return HttpResponseRedirect(reverse("me"))
        wanted = missing.in_order(person, on, wanted)
        if any(moment > now() for _direction, moment in wanted):
            messages.error(request, _("That time has not come yet."), "warn")
            return HttpResponseRedirect(reverse("me"))
    why = request.POST.get("why", "").strip()[:REASON_LIMIT]
    if not wanted or not why:
        messages.error(request, _("Say when you came or left, and why it is missing."), "warn")
        return HttpResponseRedirect(reverse("me"))
    for note in missing.notes(on, wanted, why):
        work_actions.add_note(person, note, state=NoteState.ASKED, by=who.by, at=now())
    messages.success(request, _("Asked. HR sees it with the month; your punches stay as they are until then."), "yes")
    shown = "" if Month.of(on) == Month.of(today) else f"?month={Month.of(on)}"
    return HttpResponseRedirect(reverse("me") + shown)
