"""Who is in now, class by class: for an alarm, or for somebody who asks for a child."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import register_looks, register_queries
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.cells import Brief
from gatehouse.server.people.models import Site, SiteType

PURPOSE = "register.inside"


def inside(request: HttpRequest) -> HttpResponse:
    """GET offers it; POST asks the keeper whose passages today's are. Counts everybody who passed, in brief."""
    sites = sites_of(request, SiteType.SCHOOL)
    context: dict[str, object] = {"sites": sites, "at": now(), **tabs(request, "registers-inside")}
    if request.method == "POST":
        shown = []
        for site in sites:
            found = _of_site(site, reader(request))
            if isinstance(found, Refused):
                context["refused"] = words.refused(found.code)
                break
            shown.append(found)
        context |= {"opened": True, "schools": shown}
    return render(request, "registers/inside.html", context)


def _of_site(site: Site, who: SignedIn) -> dict[str, object] | Refused:
    found = register_looks.inside_now(site, now(), who.by.authority)
    if isinstance(found, Refused):
        return found
    people = list(queries.people_by_id(found, [site]).values())
    named = looks.briefs(people, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return named
    briefs = {one.person.pk: one.brief for one in named}
    classes, placed = [], set[UUID]()
    for of in register_queries.classes([site]):
        pupils = [person.pk for person in register_queries.pupils(of)]
        here = [pk for pk in pupils if pk in briefs]
        placed.update(here)
        classes.append({"name": of.group.name, "here": len(here), "of": len(pupils), "people": _people(briefs, here)})
    others = [pk for pk in briefs if pk not in placed]
    return {
        "name": site.name,
        "count": len(briefs),
        "classes": classes,
        "others": _people(briefs, others),
        "other_count": len(others),
    }


def _people(briefs: dict[UUID, Brief], ids: list[UUID]) -> list[dict[str, str]]:
    rows = [{"number": briefs[pk].number, "initials": briefs[pk].initials} for pk in ids]
    return sorted(rows, key=lambda row: row["number"])
