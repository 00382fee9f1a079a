"""Limits: against which law a site's hours are held, and from when on a stretch is too long to be true."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.domain.work_limits import LONGEST_LIMIT_MIN, TABLES, LimitError
from gatehouse.server.attendance import worklist_queries
from gatehouse.server.attendance.worklist_actions import set_limits
from gatehouse.server.console import words_worklist
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import queries
from gatehouse.server.people.models import Site


def limits(request: HttpRequest) -> HttpResponse:
    """GET shows every site's; POST sets one site's."""
    error = ""
    if request.method == "POST":
        try:
            _save(request)
        except (Mistyped, LimitError) as fault:
            error = str(fault) if isinstance(fault, Mistyped) else _said(fault)
        else:
            messages.success(
                request, _("Saved. The list goes by it from the next night on, or when it is made anew."), "yes"
            )
            return HttpResponseRedirect(reverse("worklist-limits"))
    sites = [_shown(site) for site in queries.sites_visible_to(reader(request))]
    tables = [
        (words_worklist.LAWS[name], [(words_worklist.MEASURED[one.of], one.minutes, one.source) for one in some])
        for name, some in TABLES.items()
        if some
    ]
    context = tabs(request, "worklist") | {
        "sites": sites,
        "laws": list(words_worklist.LAWS.items()),
        "tables": tables,
        "error": error,
    }
    return render(request, "work/worklist_limits.html", context, status=422 if error else 200)


def _shown(site: Site) -> dict[str, object]:
    row = worklist_queries.limits_row(site)
    return {
        "site": site,
        "law": row.law,
        "longest": _hours(row.longest_min),
        "travel": row.travel_min,
        "own": [(of.value, said, _hours(row.own[of.value]) if row.own.get(of.value) else "")
                for of, said in words_worklist.MEASURED.items()],
    }  # fmt: skip


def _hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _save(request: HttpRequest) -> None:
    """Raises Mistyped, LimitError."""
    who, form = reader(request), request.POST
    site = next((one for one in queries.sites_visible_to(who) if str(one.pk) == form.get("site", "")), None)
    if site is None:
        raise Mistyped(_("Choose a site."))
    own = {
        of.value: minutes
        for of, said in words_worklist.MEASURED.items()
        if (minutes := _minutes(form, f"own_{of.value}", str(said)))
    }
    law = form.get("law", "")
    if law == worklist_queries.OWN and not own:
        raise Mistyped(_("Our own numbers: write at least one."))
    set_limits(
        site,
        law,
        own=own,
        longest_min=_minutes(form, "longest", _("Longest stretch")),
        travel_min=typed.whole(form.get("travel", "").strip(), _("Way to the next site"), 24 * 60),
        by=who.by,
        at=now(),
    )


def _minutes(form: QueryDict, name: str, field: str) -> int:
    """Hours, or hours and minutes: 48 or 11:30; nothing is 0. Raises Mistyped."""
    said = form.get(name, "").strip()
    if not said:
        return 0
    hours, colon, minutes = said.partition(":")
    good = hours.isascii() and hours.isdigit() and len(hours) <= 3
    if colon:
        good = good and minutes.isascii() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60
    if not good or not 0 < int(hours) * 60 + int(minutes or 0) <= LONGEST_LIMIT_MIN:
        raise Mistyped(_("%(field)s: write hours such as 48 or 11:30.") % {"field": field})
    return int(hours) * 60 + int(minutes or 0)


def _said(fault: LimitError) -> str:
    return _("These limits cannot be: a stretch is 1 to 48 hours long, a way at most 24 hours.")
