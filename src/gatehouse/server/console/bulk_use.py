"""Limits: how many people each operator looked at in the last hour, day and thirty days, and what the limits are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gatehouse.keeper.protocol import Budget, CapRole, CapRow, Refused, Role, Usage, UsageList, UsageRow
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handles
from gatehouse.server.console import words, words_bulk
from gatehouse.server.console.access import reader
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.console.trust import BUDGETS, EVERYBODY, NEAR, of_own_sites
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

TEAMS_SHOWN = 20  # managers: there may be hundreds, and those who looked most come first


@dataclass(frozen=True, slots=True)
class Bar:
    """How much of one limit is used. `share` is of 100, for drawing; `state` is said where it matters."""

    used: int
    cap: int
    share: int
    state: words_bulk.Said | None

    @property
    def said(self) -> str:
        return _("%(used)s of %(cap)s") % {"used": f"{self.used:,}", "cap": f"{self.cap:,}"}

    @classmethod
    def of(cls, used: int, cap: int) -> "Bar":
        share = min(100, -(-100 * used // cap)) if cap else 100
        state = words_bulk.FULL if used >= cap else words_bulk.NEAR if used > NEAR * cap else None
        return cls(used, cap, share, state)


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody's use of one class of data."""

    kind: words.Text
    hour: Bar
    day: Bar
    month: Bar

    @property
    def fullest(self) -> int:
        return max(self.hour.share, self.day.share, self.month.share)


@dataclass(frozen=True, slots=True)
class Looker:
    """Somebody who looked at people, and how much."""

    name: str
    lines: list[Line]

    @property
    def fullest(self) -> int:
        return max(line.fullest for line in self.lines)


def line_of(row: UsageRow) -> Line:
    hour, day = Bar.of(row.hour, row.hour_cap), Bar.of(row.day, row.day_cap)
    return Line(BUDGETS[row.budget], hour, day, Bar.of(row.month, row.month_cap))


def own_lines(usage: UsageList, actor: str, role: Role) -> dict[Budget, Line]:
    """What one operator used of every class that their role sees, also of those of which they saw nobody yet."""
    mine = {row.budget: row for row in usage.rows if (row.actor, row.role) == (actor, role)}
    return {
        cap.budget: line_of(
            mine.get(cap.budget) or UsageRow(actor, cap.budget, 0, 0, cap.hour, cap.day, 0, cap.month, role)
        )
        for cap in usage.caps
        if cap.role == role and cap.hour
    }


def clock_of(request: HttpRequest) -> tuple[ZoneInfo, str]:
    """By whose clock a page about limits tells times: the first of the reader's sites, else UTC; and its name."""
    site = next(iter(sites_visible_to(reader(request))), None)
    zone = ZoneInfo(site.zone if site else "UTC")
    timezone.activate(zone)
    return zone, f"{site.name} ({site.zone})" if site else "UTC"


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    who = reader(request)
    usage = keeping.ask(Usage(ticket=who.token), UsageList)
    context: dict[str, object] = tabs(request, "use") | {"now": now(), "clock": clock_of(request)[1]}
    if isinstance(usage, Refused):
        return render(request, "bulk/use.html", context | {"refused": words.refused(usage.code)}, status=403)
    rows = of_own_sites(usage.rows, who)
    workers = [row for row in rows if row.role == Role.WORKER]
    together = next((row for row in rows if row.actor == EVERYBODY), None)
    context |= {
        "operators": _lookers(row for row in rows if row.role not in (Role.WORKER, CapRole.MANAGER, "")),
        "managers": _teams([row for row in rows if row.role == CapRole.MANAGER])[:TEAMS_SHOWN],
        "workers": len({row.actor for row in workers}),
        "together": Bar.of(together.day, together.day_cap) if together else None,
        "web_cap": f"{usage.web_cap:,}",
        "web_default": f"{usage.web_default:,}",
        "web_own": usage.web_cap != usage.web_default,
        "caps": _caps(usage.caps),
        "own": usage.web_cap != usage.web_default or any(not cap.published for cap in usage.caps),
        "file": usage.file,
        "since": usage.since,
    }
    return render(request, "bulk/use.html", context)


def _lookers(rows: Iterable[UsageRow]) -> list[Looker]:
    """Those whose use is nearest to a limit first."""
    by_actor = [(actor, list(own)) for actor, own in groupby(sorted(rows, key=_actor_of), key=_actor_of)]
    named = handles(actor for actor, _rows in by_actor)
    found = [Looker(named.get(actor, actor), [line_of(row) for row in own]) for actor, own in by_actor]
    return sorted(found, key=lambda one: (-one.fullest, one.name))


def _teams(rows: Sequence[UsageRow]) -> list[Looker]:
    """Managers, whose actor is a person: nobody's name stands here."""
    nameless = _("A manager, of their team")
    found = [Looker(nameless, [line_of(row) for row in own]) for _actor, own in groupby(rows, key=_actor_of)]
    return sorted(found, key=lambda one: -one.fullest)


def _actor_of(row: UsageRow) -> str:
    return row.actor


def _caps(caps: Sequence[CapRow]) -> list[dict[str, object]]:
    """The limits in force, role by role."""
    return [
        {
            "role": words.ROLES.get(role) or words_bulk.CAP_ROLES.get(role, role),
            "rows": [
                {
                    "kind": BUDGETS[cap.budget],
                    "numbers": [f"{number:,}" for number in (cap.hour, cap.day, cap.month)],
                    "published": cap.published,
                    "defaults": " / ".join(f"{number:,}" for number in cap.defaults),
                }
                for cap in own
            ],
        }
        for role, own in groupby(caps, key=lambda cap: cap.role)
    ]
