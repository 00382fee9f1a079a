"""Publishing the draft, refused with reasons where it breaks what is expected; and the versions that were in force."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.server.accounts.queries import handles
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.expectations import lines_of
from gatehouse.server.console.rules.saying import Names
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import policies, policy_actions
from gatehouse.server.gates.policy_actions import Unkept
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site

NOTE_LIMIT, SHOWN = 120, 50


@require_safe
def versions(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    rows = list(policies.versions(site)[:SHOWN])
    by = handles(row.operator for row in rows)
    shown = [
        {"row": row, "by": by.get(row.operator, ""), "rules": len(row.document["rules"]), "current": not place}
        for place, row in enumerate(rows)
    ]
    context = {"versions": shown, "changes": _changes(site), **frame(request, site, "access-versions")}
    return render(request, "access/versions.html", context)


def _changes(site: Site) -> list[dict[str, str]]:
    """What a publication would change, in words."""
    number, held = policies.in_force(site)
    if not number:
        return []
    draft, names = policies.draft(site), Names.of(site)
    before, after = {one.id: one for one in held.rules}, {one.id: one for one in draft.rules}
    said = []
    for own in before.keys() | after.keys():
        old, new = before.get(own), after.get(own)
        rule = new or old
        if old == new or rule is None:
            continue
        what = _("A new rule") if old is None else _("A rule less") if new is None else _("A changed rule")
        said.append({"what": what, "of": f"{names.who(rule)} · {names.where(rule)} · {names.when(rule)}"})
    for what, differs in (
        (_("Hours"), draft.schedules != held.schedules),
        (_("Zones"), draft.zones != held.zones),
        (_("Doors"), draft.doors != held.doors),
    ):
        if differs:
            said.append({"what": what, "of": _("changed")})
    return sorted(said, key=lambda one: (one["what"], one["of"]))


@require_POST
def publish(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """Puts the draft in force, or shows what it would break."""
    site, who = site_of(request, site_id), reader(request)
    note = request.POST.get("note", "").strip()[:NOTE_LIMIT]
    made = policy_actions.publish(site, note, by=who.by, at=now())
    if isinstance(made, Unkept):
        lines = lines_of(list(made.broken), who)
        context = {"lines": lines, "broken": len(lines), **frame(request, site, "access-versions")}
        return render(request, "access/unkept.html", context, status=409)
    messages.success(request, _("Version %(number)d is in force.") % {"number": made.number}, "yes")
    return HttpResponseRedirect(reverse("access-versions", args=[site.pk]))


@require_POST
def put_back(request: HttpRequest, site_id: UUID, number: int) -> HttpResponse:
    """Makes the draft what a version says: the one in force, to undo; an older one, to publish it again."""
    site = site_of(request, site_id)
    row = policies.version(site, number)
    if row is None:
        raise Http404
    policy_actions.put_back(site, policies.document_of(row), by=reader(request).by, at=now())
    messages.success(request, _("The draft is what version %(number)d says.") % {"number": number}, "yes")
    return HttpResponseRedirect(reverse("access-rules", args=[site.pk]))
