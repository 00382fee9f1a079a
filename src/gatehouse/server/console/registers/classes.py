"""Classes of a school: today's registers, and what a class is: a group, its sessions, its teacher."""

from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.registers import RegisterError, Session, SessionPlan
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import register_actions, register_queries
from gatehouse.server.attendance.models import SchoolClass
from gatehouse.server.console import saying, words_registers
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person, Site, SiteType

SESSIONS = ("morning", "afternoon")
TIMES = ("start", "late_from", "absent_from", "leave_from", "end")
USUAL = {
    "morning": ("08:00", "08:10", "08:30", "11:30", "11:40"),
    "afternoon": ("13:30", "13:40", "14:00", "16:00", "16:10"),
}


@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """Where no school is, the page of the construction sites, if there is one of those."""
    if not sites_of(request, SiteType.SCHOOL) and sites_of(request, SiteType.CONSTRUCTION):
        return HttpResponseRedirect(reverse("registers-crews"))
    return _page(request)


def _page(request: HttpRequest, error: str = "") -> HttpResponse:
    sites = sites_of(request, SiteType.SCHOOL)
    plans = list(register_queries.plans(sites))
    context: dict[str, object] = {
        "classes": [_row(of) for of in register_queries.classes(sites)],
        "plans": [{"id": p.pk, "name": p.name, "site": p.site.name, "times": _times(p.sessions)} for p in plans],
        "sites": sites,
        "free": list(register_queries.groups_without_class(sites)),
        "usual": [
            {
                "code": code,
                "name": words_registers.session(code),
                "times": [(one, _time_words()[one], usual) for one, usual in zip(TIMES, USUAL[code], strict=True)],
            }
            for code in SESSIONS
        ],
        "error": error,
        **tabs(request, "registers"),
    }
    return render(request, "registers/classes.html", context, status=422 if error else 200)


def _time_words() -> dict[str, str]:
    return {
        "start": _("Begins"),
        "late_from": _("Late from"),
        "absent_from": _("Register closes"),
        "leave_from": _("May leave from"),
        "end": _("Ends"),
    }


def _row(of: SchoolClass) -> dict[str, object]:
    site = of.group.site
    today = local_date(now(), ZoneInfo(site.zone))
    pupils = register_queries.pupils(of)
    return {
        "id": of.pk,
        "name": of.group.name,
        "site": site.name,
        "plan": of.plan.name,
        "pupils": len(pupils),
        "today": today,
        "month": str(Month.of(today)),
        "school": bool(register_queries.school_days(site, today, today + DAY)),
        "signed": register_queries.signed_on(pupils, today),
    }


def _times(sessions: list[dict[str, str]]) -> str:
    said = [f"{words_registers.session(one['code'])} {one['start'][:5]}–{one['end'][:5]}" for one in sessions]
    return " · ".join(str(one) for one in said)


@require_POST
def save_plan(request: HttpRequest) -> HttpResponse:
    form, who = request.POST, reader(request)
    try:
        site = _site(request)
        name = typed.text(form, "name", 80)
        if not name:
            raise Mistyped(_("Give the plan a name."))
        plan = SessionPlan(tuple(one for code in SESSIONS if (one := _session(request, code)) is not None))
    except Mistyped as fault:
        return _page(request, str(fault))
    except RegisterError as fault:
        return _page(request, _("Sessions: %(why)s.") % {"why": words_registers.FAULTS[fault.code]})
    register_actions.set_plan(site, name, plan, by=who.by, at=now())
    messages.success(request, _("Saved."), "yes")
    return HttpResponseRedirect(reverse("registers"))


def _session(request: HttpRequest, code: str) -> Session | None:
    """None where all its times are empty. Raises Mistyped, RegisterError."""
    said = [request.POST.get(f"{code}-{one}", "").strip() for one in TIMES]
    if not any(said):
        return None
    found = []
    for one, text in zip(TIMES, said, strict=True):
        try:
            found.append(time.fromisoformat(text) if len(text) == len("08:00") else None)
        except ValueError:
            found.append(None)
        if found[-1] is None:
            field = f"{words_registers.session(code)}, {_time_words()[one]}"
            raise Mistyped(_("%(field)s: write a time such as 08:00.") % {"field": field})
    return Session(code, *(one for one in found if one is not None))


def _site(request: HttpRequest) -> Site:
    """Raises Mistyped."""
    found = next((s for s in sites_of(request, SiteType.SCHOOL) if str(s.pk) == request.POST.get("site", "")), None)
    if found is None:
        raise Mistyped(_("Choose a school."))
    return found


@require_POST
def save_class(request: HttpRequest) -> HttpResponse:
    sites, form = sites_of(request, SiteType.SCHOOL), request.POST
    try:
        plan = register_queries.plan(form.get("plan", ""), sites)
        group = next((g for s in sites for g in queries.groups(s) if str(g.pk) == form.get("group", "")), None)
        if group is None:
            raise Mistyped(_("Choose a group: its members are the pupils of the class."))
        if plan is None or plan.site_id != group.site_id:
            raise Mistyped(_("Choose a plan of sessions of the same school."))
        teacher = _teacher(request, group.site)
    except Mistyped as fault:
        return _page(request, str(fault))
    register_actions.set_class(group, plan, teacher, by=reader(request).by, at=now())
    messages.success(request, _("The register of %(name)s is kept from now on.") % {"name": group.name}, "yes")
    return HttpResponseRedirect(reverse("registers"))


def _teacher(request: HttpRequest, site: Site) -> Person | None:
    """By staff number, found by the keeper; none where nothing was typed. Raises Mistyped."""
    number = typed.text(request.POST, "teacher", 40)
    if not number:
        return None
    who = reader(request)
    among = list(queries.people([site]).values_list("pk", flat=True))
    hits = keeping.find(number, who.token, limit=25, among=among)
    if isinstance(hits, Refused):
        raise Mistyped(_("The teacher cannot be looked up now."))
    people = list(queries.people_by_id(hits, [site]).values())
    named = looks.briefs(people, who.by.authority, "register.page")
    if not isinstance(named, Refused):
        for one in named:
            if one.brief.number == number:
                return one.person
    raise Mistyped(_("Nobody here has the staff number %(number)s.") % {"number": number})


@require_POST
def drop_class(request: HttpRequest, class_id: UUID) -> HttpResponse:
    of = class_of(request, class_id)
    register_actions.drop_class(of, by=reader(request).by, at=now())
    messages.success(request, _("No register is kept of %(name)s any more.") % {"name": of.group.name}, "yes")
    return HttpResponseRedirect(reverse("registers"))


def class_of(request: HttpRequest, class_id: UUID) -> SchoolClass:
    """The class, where the reader sees its school. Raises Http404."""
    found = register_queries.school_class(class_id, sites_of(request, SiteType.SCHOOL))
    if found is None:
        raise Http404
    return found


def heading(of: SchoolClass) -> dict[str, object]:
    """What every page of a class shows."""
    today = local_date(now(), ZoneInfo(of.group.site.zone))
    return {
        "class_id": of.pk,
        "name": of.group.name,
        "site": of.group.site.name,
        "today": today,
        "this_month": str(Month.of(today)),
        "said_today": saying.short_day(today),
    }
