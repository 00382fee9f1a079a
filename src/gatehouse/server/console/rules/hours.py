"""Hours by name, which rules and doors go by."""

from datetime import time
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.server.console.access import reader
from gatehouse.server.console.rules import saying
from gatehouse.server.console.rules.forms import HoursForm
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import policy_actions, queries
from gatehouse.server.gates.models import Schedule
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site

SHOWN_WINDOWS = 2  # what the form holds; hours that an API wrote may have more


@require_safe
def hours(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    lines = [
        {
            "row": row,
            "windows": saying.windows(queries.schedule_fact(row)),
            "closed": len(row.closed_on),
            "used": policy_actions.is_used(row),
            "simple": _is_simple(row),
        }
        for row in queries.schedules(site)
    ]
    return render(request, "access/hours.html", {"lines": lines, **frame(request, site, "access-hours")})


def _is_simple(row: Schedule) -> bool:
    return len(row.windows) <= SHOWN_WINDOWS and not any(window.get("dates") for window in row.windows)


def _schedule(site: Site, schedule_id: UUID | None) -> Schedule | None:
    found = queries.schedules(site).filter(pk=schedule_id).first() if schedule_id else None
    if schedule_id is not None and found is None:
        raise Http404
    return found


def edit(request: HttpRequest, site_id: UUID, schedule_id: UUID | None = None) -> HttpResponse:
    site = site_of(request, site_id)
    row = _schedule(site, schedule_id)
    if row is not None and not _is_simple(row):
        raise Http404
    form = HoursForm(site, request.POST) if request.method == "POST" else HoursForm(site, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        policy_actions.save_schedule(
            site, row, data["name"].strip(), form.windows(), data["closed_on"], by=reader(request).by, at=now()
        )
        messages.success(request, _("Written into the draft. Publish it to put it in force."), "yes")
        return HttpResponseRedirect(reverse("access-hours", args=[site.pk]))
    title = _("Change hours") if row else _("New hours")
    context = {"form": form, "title": title, **frame(request, site, "access-hours")}
    return render(request, "access/edit.html", context, status=422 if form.is_bound else 200)


def _initial(row: Schedule | None) -> dict[str, object]:
    if row is None:
        return {"weekdays": list(range(5)), "start": time(8), "end": time(18)}
    found: dict[str, object] = {"name": row.name, "closed_on": "\n".join(row.closed_on), "more": len(row.windows) > 1}
    for number, window in enumerate(row.windows):
        suffix = str(number + 1) if number else ""
        found |= {f"weekdays{suffix}": list(window["weekdays"])}
        found |= {f"{name}{suffix}": time.fromisoformat(window[name]) for name in ("start", "end")}
    return found


@require_POST
def remove(request: HttpRequest, site_id: UUID, schedule_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    row = _schedule(site, schedule_id)
    if row is not None and not policy_actions.remove_schedule(row, by=reader(request).by, at=now()):
        messages.error(request, _("A rule or a door goes by these hours. Change that first."), "no")
    return HttpResponseRedirect(reverse("access-hours", args=[site.pk]))
