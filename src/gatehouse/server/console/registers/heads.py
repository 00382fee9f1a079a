"""Head-count of a construction site: who came on a date and who is inside now, by contractor and team. Numbers only."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.domain.heads import Heads
from gatehouse.domain.periods import DAY, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import head_looks
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import roster_queries
from gatehouse.server.people.models import Site, SiteType

PURPOSE = "heads.page"
BACK = 400 * DAY


def heads(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """GET offers it; POST counts."""
    sites = sites_of(request, SiteType.CONSTRUCTION)
    today = today_of(sites)
    day = on or today
    if not today - BACK <= day <= today:
        raise Http404
    context: dict[str, object] = {
        "sites": sites,
        "at": now(),
        "day": day,
        "is_today": day == today,
        "before": reverse("registers-heads-on", args=[day - DAY]) if day > today - BACK else "",
        "after": reverse("registers-heads-on", args=[day + DAY]) if day < today else "",
        **tabs(request, "registers-heads"),
    }
    if request.method == "POST":
        shown = []
        for site in sites:
            found = head_looks.heads_of(site, day, now(), reader(request).by.authority, PURPOSE)
            if isinstance(found, Refused):
                context["refused"] = words.refused(found.code)
                break
            shown.append({"name": site.name, **counted(site, found)})
        context |= {"opened": True, "shown": shown}
    return render(request, "registers/heads.html", context)


def today_of(sites: Sequence[Site]) -> date:
    return max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())


def counted(site: Site, found: Sequence[Heads]) -> dict[str, object]:
    """Contractors with their teams, by name, and the sums: as the template shows them."""
    names = {str(one.pk): one.name for one in roster_queries.contractors([site])}
    names |= {str(one.pk): one.name for one in roster_queries.teams([site])}
    lines = [
        {
            "contractor": names.get(one.crew.contractor, _("No contractor")),
            "team": names.get(one.crew.team, _("No team")),
            "known": one.known,
            "came": one.came,
            "inside": one.inside,
            "rest": not one.crew.contractor,
        }
        for one in found
    ]
    lines.sort(key=lambda line: (line["rest"], str(line["contractor"]), str(line["team"])))
    sums = {key: sum(getattr(one, key) for one in found) for key in ("known", "came", "inside")}
    return {"lines": lines, "sums": sums}
