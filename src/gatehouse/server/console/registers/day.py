"""The register of one class on one date: what the gates saw, what was said of it, and saying something oneself."""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.registers import MOST_TEXT, Entry, Mark, RegisterError, Source, Status, check_mark, tally
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.attendance import register_actions, register_looks, register_queries
from gatehouse.server.attendance.models import SchoolClass
from gatehouse.server.attendance.register_actions import NotSigned
from gatehouse.server.attendance.register_looks import Asked, Register
from gatehouse.server.console import saying, words, words_registers
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.registers.classes import class_of, heading
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.looks import Named
from gatehouse.server.people.models import Person

PURPOSE = "register.page"
AHEAD, BACK = timedelta(days=31), timedelta(days=400)

Said = Mapping[tuple[UUID, str], tuple[str, str, bool]]  # by pupil and session: choice, words, a guardian's


def day(request: HttpRequest, class_id: UUID, on: date) -> HttpResponse:
    """GET says how far the register is; POST opens it."""
    of = _of(request, class_id, on)
    if request.method != "POST":
        return _shown(request, of, on, {})
    return _opened(request, of, on)


def _of(request: HttpRequest, class_id: UUID, on: date) -> SchoolClass:
    """Raises Http404."""
    of = class_of(request, class_id)
    today = local_date(now(), ZoneInfo(of.group.site.zone))
    if not today - BACK <= on <= today + AHEAD:
        raise Http404
    return of


def _shown(request: HttpRequest, of: SchoolClass, on: date, more: dict[str, object], status: int = 200) -> HttpResponse:
    pupils = register_queries.pupils(of)
    context = {
        **heading(of),
        "on": on,
        "month": str(Month.of(on)),
        "before": on - DAY,
        "after": on + DAY,
        "pupils": len(pupils),
        "signed": register_queries.signed_on(pupils, on),
        "no_school": not register_queries.school_days(of.group.site, on, on + DAY),
        "most": MOST_TEXT,
        "choices": words_registers.CHOICES,
        **tabs(request, "registers"),
    }
    return render(request, "registers/day.html", context | more, status=status)


def _opened(
    request: HttpRequest,
    of: SchoolClass,
    on: date,
    *,
    said: Said | None = None,
    errors: Mapping[tuple[UUID, str], words.Text] | None = None,
    error: str = "",
) -> HttpResponse:
    who = reader(request)
    pupils = register_queries.pupils(of)
    named = looks.names(pupils, who.by.authority, PURPOSE)
    found = _read(request, of, on, pupils)
    if isinstance(named, Refused):
        return _shown(request, of, on, {"refused": words.refused(named.code)})
    if isinstance(found, Refused):
        return _shown(request, of, on, {"refused": words.refused(found.code)})
    zone = ZoneInfo(of.group.site.zone)
    lines = [
        _line(one, found.entries.get(one.person.pk, {}).get(on), zone, said or {}, errors or {})
        for one in sorted(named, key=lambda n: (n.brief.number, n.name))
    ]
    today = [entry for own in found.entries.values() for entry in own.get(on, ())]
    more: dict[str, object] = {
        "opened": True,
        "lines": lines,
        "read": _mark_of(found),
        "sums": sums_said(today),
        "error": error or (_("Look at the lines that are marked.") if errors else ""),
    }
    return _shown(request, of, on, more, status=422 if errors else 409 if error else 200)


def sums_said(entries: list[Entry]) -> list[tuple[str, str]]:
    """The sums of some sessions, in words."""
    found = tally(entries)
    rate = saying.percent(found.rate) if found.rate is not None else "–"
    return [
        (_("Attendance"), rate),
        (_("Sessions attended"), f"{found.attended} / {found.possible}"),
        (_("Late"), str(found.late)),
        (_("Left early"), str(found.left_early)),
        (_("Absent with a good reason"), str(found.authorised)),
        (_("Absent without"), str(found.unauthorised)),
        (_("Not known yet"), str(found.undecided)),
    ]


def _read(request: HttpRequest, of: SchoolClass, on: date, pupils: list[Person]) -> Register | Refused:
    asked = Asked(of.group.site, register_queries.plan_fact(of.plan), pupils, [on], now())
    return register_looks.register(asked, reader(request).by.authority, PURPOSE)


def _mark_of(found: Register) -> str:
    """Changes when somebody writes in the register."""
    parts = sorted(f"{person}{day}".encode() + cell for (person, day), cell in found.held.items())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _line(
    one: Named,
    entries: tuple[Entry, ...] | None,
    zone: ZoneInfo,
    said: Said,
    errors: Mapping[tuple[UUID, str], words.Text],
) -> dict[str, object]:
    sessions = []
    for entry in entries or ():
        key = (one.person.pk, entry.session)
        choice, text, guardian = said.get(key, ("", "", False))
        _word, tone, mark = words_registers.STATUSES[entry.status]
        sessions.append(
            {
                "code": entry.session,
                "field": f"{one.person.pk.hex}-{entry.session}",
                "name": words_registers.session(entry.session),
                "state": words_registers.status(entry),
                "tone": tone,
                "mark": mark,
                "gates": gates_said(entry, zone),
                "overridden": entry.overridden,
                "history": [_mark_said(one_mark, zone) for one_mark in entry.marks],
                "choice": choice,
                "text": text,
                "guardian": guardian,
                "error": errors.get(key, ""),
            }
        )
    return {"id": one.person.pk, "number": one.brief.number, "name": one.name, "sessions": sessions}


def gates_said(entry: Entry, zone: ZoneInfo) -> str:
    """What the gates saw: the answer, and when somebody came and went."""
    found = entry.seen
    parts = [str(words_registers.STATUSES[found.status][0])]
    if found.came is not None:
        parts.append(_("in %(at)s") % {"at": saying.time_of_day(found.came, zone)})
    if found.went is not None:
        parts.append(_("out %(at)s") % {"at": saying.time_of_day(found.went, zone)})
    return " · ".join(parts)


def _mark_said(mark: Mark, zone: ZoneInfo) -> str:
    what = words_registers.REASON_WORDS.get(mark.reason, words_registers.STATUSES[mark.status][0])
    at = saying.time_of_day(mark.at, zone) if mark.at else ""
    facts = {"who": words_registers.SOURCES[mark.source], "what": what, "at": at, "by": handle_of(mark.by)}
    said = _("%(who)s: %(what)s (%(at)s, written by %(by)s)") % facts
    return f"{said}: {mark.text}" if mark.text else said


# --- saying something ----------------------------------------------------------------------------------------------


@require_POST
def sign(request: HttpRequest, class_id: UUID, on: date) -> HttpResponse:
    """Write what was said, and with it everybody's line: a register that was signed is one for the whole class."""
    of, who = _of(request, class_id, on), reader(request)
    pupils = register_queries.pupils(of)
    found = _read(request, of, on, pupils)
    if isinstance(found, Refused):
        return _shown(request, of, on, {"refused": words.refused(found.code)})
    if request.POST.get("read", "") != _mark_of(found):
        return _opened(request, of, on, error=_overtaken())
    said = {
        (pupil.pk, entry.session): _typed(request, f"{pupil.pk.hex}-{entry.session}")
        for pupil in pupils
        for entry in found.entries.get(pupil.pk, {}).get(on, ())
    }
    written, errors = _marks(of, on, found, said, who.by.actor)
    if errors:
        return _opened(request, of, on, said=said, errors=errors)
    held = {person: cell for (person, _day), cell in found.held.items()}
    try:
        register_actions.sign(of, on, written, held, by=who.by, at=now())
    except NotSigned as fault:
        said_why = _overtaken() if fault.code == "overtaken" else str(words_registers.FAULTS["full"])
        return _opened(request, of, on, said=said, error=said_why)
    messages.success(request, _("Signed: the register of %(day)s.") % {"day": saying.short_day(on)}, "yes")
    return HttpResponseRedirect(reverse("registers-day", args=[of.pk, on]))


def _overtaken() -> str:
    return _("Somebody wrote here since you opened it. It is shown as it stands; nothing of yours was saved.")


def _typed(request: HttpRequest, field: str) -> tuple[str, str, bool]:
    form = request.POST
    return form.get(f"s-{field}", "")[:40], typed.text(form, f"t-{field}", MOST_TEXT + 1), f"g-{field}" in form


def _marks(
    of: SchoolClass, on: date, found: Register, said: Said, actor: str
) -> tuple[dict[UUID, list[Mark]], dict[tuple[UUID, str], words.Text]]:
    """Everybody's marks with the new ones at their end, and what cannot be said, by pupil and session."""
    plan = register_queries.plan_fact(of.plan)
    written = {pk: list(found.marks.get((pk, on), ())) for pk in found.entries}
    errors: dict[tuple[UUID, str], words.Text] = {}
    for pk, own in found.entries.items():
        for entry in own.get(on, ()):
            choice, text, guardian = said[pk, entry.session]
            if not choice and not text:
                continue
            try:
                mark = _mark(entry.session, choice, text, actor, guardian=guardian)
                check_mark(mark, plan, entry.last)
            except RegisterError as fault:
                errors[pk, entry.session] = words_registers.FAULTS[fault.code]
                continue
            if not _same(mark, entry):
                written[pk].append(mark)
    return written, errors


def _mark(session: str, choice: str, text: str, actor: str, *, guardian: bool) -> Mark:
    """Raises RegisterError."""
    said, _colon, reason = choice.partition(":")
    try:
        status = Status(said)
    except ValueError as fault:
        raise RegisterError("nothing_to_say", "choose what the session was") from fault
    source = Source.GUARDIAN if guardian else Source.TEACHER
    return Mark(session, status, reason, text, source, actor, now())


def _same(mark: Mark, entry: Entry) -> bool:
    """Whether exactly this was the last thing said."""
    last = entry.marks[-1] if entry.marks else None
    return last is not None and (last.status, last.reason, last.text, last.source) == (
        mark.status,
        mark.reason,
        mark.text,
        mark.source,
    )
