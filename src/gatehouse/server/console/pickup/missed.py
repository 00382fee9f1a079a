"""Who was missed at the bell on a date: who was told, who answered; and whether guardians are told at all."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import DAY, local, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import register_queries
from gatehouse.server.console import words, words_pickup, words_registers
from gatehouse.server.console.access import reader
from gatehouse.server.console.pickup.naming import called
from gatehouse.server.console.pickup.places import schools
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import people_by_id
from gatehouse.server.pickup import actions, looks, queries
from gatehouse.server.pickup.actions import NotWritten
from gatehouse.server.pickup.models import NoticeState

PURPOSE = "pickup.page"
BACK = 60 * DAY
STATES = {
    NoticeState.TOLD: ("warn", "clock"),
    NoticeState.NOBODY: ("stop", "no"),
    NoticeState.ANSWERED: ("good", "yes"),
}


def missed(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """GET counts; POST opens the names."""
    sites = schools(request)
    today = max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())
    day = on or today
    if not today - BACK <= day <= today:
        raise Http404
    opened = request.method == "POST"
    shown = []
    for site in sites:
        found = _of(request, site, day, opened=opened)
        if isinstance(found, Refused):
            return _page(request, day, today, {"refused": words.refused(found.code)})
        shown.append(found)
    return _page(request, day, today, {"shown": shown, "opened": opened})


def _page(request: HttpRequest, day: date, today: date, more: dict[str, object], status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        "day": day,
        "before": reverse("pickup-missed-on", args=[day - DAY]) if day > today - BACK else "",
        "after": reverse("pickup-missed-on", args=[day + DAY]) if day < today else "",
        "no_address": not settings.PUBLIC_URL,
        "setups": [{"site": site, "of": queries.setup_of(site)} for site in schools(request)],
        **tabs(request, "pickup-missed"),
    }
    return render(request, "pickup/missed.html", context | more, status=status)


def _of(request: HttpRequest, site: Site, day: date, *, opened: bool) -> dict[str, object] | Refused:
    rows = list(queries.notices(site, day))
    found: dict[str, object] = {"site": site, "count": len(rows)}
    if not opened:
        return found
    by = reader(request).by.authority
    notices = looks.notices(rows, by, PURPOSE)
    if isinstance(notices, Refused):
        return notices
    people = people_by_id([one.pupil for one in notices.values()], [site])
    names = called(list(people.values()), by, PURPOSE)
    if isinstance(names, Refused):
        return names
    classes = {str(one.pk): one.group.name for one in register_queries.classes([site])}
    zone, lines = ZoneInfo(site.zone), []
    for row in rows:
        one = notices.get(row.pk)
        if one is None or one.pupil not in people:
            continue
        tone, mark = STATES[NoticeState(row.state)]
        at = local(one.answered_at, zone) if one.answered_at else None
        lines.append(
            {
                "pupil": one.pupil,
                "name": names[people[one.pupil].pk],
                "class": classes.get(one.school_class, ""),
                "class_id": one.school_class if one.school_class in classes else "",
                "session": words_registers.session(one.session),
                "said": _said(row.state, one.told, at.strftime("%H:%M") if at else ""),
                "tone": tone,
                "mark": mark,
            }
        )
    return found | {"lines": sorted(lines, key=lambda line: (str(line["class"]), str(line["name"])))}


def _said(state: str, told: int, at: str) -> str:
    if state == NoticeState.ANSWERED:
        return _("answered at %(at)s") % {"at": at}
    if state == NoticeState.NOBODY:
        return _("nobody to tell: call home")
    return ngettext("%(count)d guardian told, no answer yet", "%(count)d guardians told, no answer yet", told) % {
        "count": told
    }


@require_POST
def set_up(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = next((one for one in schools(request) if one.pk == site_id), None)
    if site is None:
        raise Http404
    said = request.POST.get("grace_min", "")
    try:
        grace = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else -1
        tells = "tells" in request.POST
        actions.set_up(site, tells=tells, grace_min=grace, by=reader(request).by, at=now())
    except NotWritten as fault:
        day = local_date(now(), ZoneInfo(site.zone))
        return _page(request, day, day, {"error": words_pickup.FAULTS[fault.code], "shown": []}, status=422)
    messages.success(request, _("Saved."), "yes")
    return HttpResponseRedirect(reverse("pickup-missed"))
