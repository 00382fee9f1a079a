"""A contractor's own page: their people alone, how many came and are inside, and whom a gate keeps out and why.

Which people those are the job `crews` says; what is shown of them is opened by the contractor's own ticket, which the
keeper lets see nobody else, whatever this page asks for.
"""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from gatehouse.domain.periods import DAY, local_date
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import head_looks
from gatehouse.server.attendance.head_looks import Presence
from gatehouse.server.attendance.register_looks import WHO_DAYS
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.registers.asked import Asked
from gatehouse.server.console.registers.heads import counted
from gatehouse.server.moment import now
from gatehouse.server.people import roster_queries
from gatehouse.server.people.cells import Brief
from gatehouse.server.people.models import Contractor, Person
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.people.roster_cells import RosterFacts, from_bytes

PURPOSE = "crews.own"


def own(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """GET counts, which shows nobody; POST opens the names."""
    contractor = _contractor(request)
    timezone.activate(ZoneInfo(contractor.site.zone))
    today = local_date(now(), ZoneInfo(contractor.site.zone))
    day = on or today
    if not today - WHO_DAYS <= day <= today:
        raise Http404
    mine = head_looks.own_people(contractor)
    found = head_looks.own_presence(contractor, mine, day, now())
    context: dict[str, object] = {
        "contractor": contractor,
        "at": now(),
        "day": day,
        "is_today": day == today,
        "before": reverse("contractor-on", args=[day - DAY]) if day > today - WHO_DAYS else "",
        "after": reverse("contractor-on", args=[day + DAY]) if day < today else "",
        "counted": counted(contractor.site, head_looks.own_heads(contractor, mine, found)),
        "people": len(mine),
    }
    if request.method == "POST":
        lines = _lines(contractor, list(mine), found, reader(request).by.authority)
        if isinstance(lines, Refused):
            context["refused"] = words.refused(lines.code)
        else:
            context |= {"opened": True, "lines": lines}
    return render(request, "registers/own.html", context)


def _contractor(request: HttpRequest) -> Contractor:
    """Whose people the signed-in one sees. Raises Http404 where the company is gone."""
    who = reader(request)
    found = roster_queries.contractor(who.subject or "", sites_visible_to(who))
    if found is None:
        raise Http404
    return found


def _lines(
    contractor: Contractor, people: list[Person], found: Presence, by: Authority
) -> list[dict[str, object]] | Refused:
    """One request: the roster entries are what tells the keeper that these are the contractor's own."""
    rows = roster_queries.entries([person.pk for person in people])
    people = [person for person in people if person.pk in rows]
    cells = [keeping.cell("person.roster/1", person.pk, rows[person.pk].cell) for person in people]
    cells += [keeping.cell("person.brief/1", person.pk, person.brief_cell) for person in people]
    cells += [keeping.cell("person.name/1", person.pk, person.name_cell) for person in people]
    data = keeping.reveal(cells, by, PURPOSE)
    if isinstance(data, Refused):
        return data
    count, asked = len(people), Asked.at_gates(contractor.site)
    teams = {str(team.pk): team.name for team in roster_queries.teams([contractor.site])}
    lines = [
        _line(person.pk, facts, brief, name, teams, asked, found)
        for person, facts, brief, name in zip(
            people, data[:count], data[count : 2 * count], data[2 * count :], strict=True
        )
        if facts is not None
    ]
    return sorted(lines, key=lambda line: str(line["number"]))


def _line(
    pk: UUID,
    cell: bytes,
    brief: bytes | None,
    name: bytes | None,
    teams: dict[str, str],
    asked: Asked,
    found: Presence,
) -> dict[str, object]:
    facts: RosterFacts = from_bytes(cell)
    return {
        "number": Brief.from_bytes(brief).number if brief else "",
        "name": name.decode() if name else "",
        "trade": facts.trade,
        "team": teams.get(facts.team, ""),
        "inside": pk in found.inside,
        "came": pk in found.came,
        "gap": asked.gap(facts),
    }
