"""Watch: every gate as a tile, live; alarms on top; open by hand with a reason.

What is live comes from the server's memory (`server.bus`): the reason of a refusal is never stored in the clear.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money
from gatehouse.keeper.protocol import Role
from gatehouse.server import bus
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import saying, words, words_access, words_offline, words_papers
from gatehouse.server.console.access import GUARDS, OWNERS, reader
from gatehouse.server.console.setup.facts import left_for
from gatehouse.server.console.words_takings import LANE_BECAUSE
from gatehouse.server.gates import actions, policies, queries
from gatehouse.server.gates.models import Gate, GateAlarm, GateMode, Outcome
from gatehouse.server.moment import now
from gatehouse.server.parking.lane_acts import open_lane
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to

NOTE_LIMIT = 200  # characters

OPEN_BECAUSE: tuple[tuple[str, words.Text], ...] = (
    ("visitor", gettext_lazy("A visitor who is expected")),
    ("delivery", gettext_lazy("A delivery")),
    ("forgotten", gettext_lazy("Their pass or card is forgotten; I know them")),
    ("fault", gettext_lazy("The reader or camera does not work")),
    ("help", gettext_lazy("Somebody needs help")),
    ("other", gettext_lazy("Something else (write it below)")),
)


LOCKERS = frozenset({Role.OWNER, Role.SECURITY})

MODES: dict[str, words.Text] = {
    GateMode.CLOSED: gettext_lazy("Lock down: nobody gets in or out here"),
    GateMode.OPEN: gettext_lazy("Leave open for everybody"),
    GateMode.UNLOCKED: gettext_lazy("Unlock: hold the lock open"),
    GateMode.CONTROLLED: gettext_lazy("Back to the rules"),
}


@dataclass(frozen=True, slots=True)
class Last:
    """The last thing that happened at a gate."""

    outcome: words.Text
    why: words.Text
    do: words.Text
    means: words.Text
    direction: words.Text
    at: datetime
    tone: str
    mark: str


@dataclass(frozen=True, slots=True)
class TileView:
    """One gate as a guard sees it. `anchor` names it in the page and in live events."""

    id: UUID
    anchor: str
    name: str
    kind: str
    zone: str
    state: words.Text
    tone: str
    mark: str
    last: Last | None
    alone: words.Text  # what a lane in trouble does by itself


@require_safe
def watch(request: HttpRequest) -> HttpResponse:
    who, at = reader(request), now()
    sites = sites_visible_to(who)
    by_site: dict[UUID, list[TileView]] = {site.pk: [] for site in sites}
    for gate in queries.gates(sites):
        by_site[gate.site_id].append(tile_of(gate, at))
    context = _context(who) | {
        "sites": [_part(site, by_site[site.pk]) for site in sites if by_site[site.pk]],
        "may_lock": who.role in LOCKERS,
        "summary": _summary([tile for tiles in by_site.values() for tile in tiles]),
        "unfinished": _unfinished(who, sites),
    }
    return render(request, "console/watch.html", context)


def _unfinished(who: SignedIn, sites: list[Site]) -> list[dict[str, object]]:
    """For whoever sets sites up: those at which nobody was let in yet, and how much is left."""
    if who.role not in OWNERS:
        return []
    left = [(site, left_for(site)) for site in sites]
    return [{"site": site, "left": steps} for site, steps in left if steps]


def _part(site: Site, tiles: list[TileView]) -> dict[str, object]:
    """One site's gates, and what the whole site was told."""
    return {"site": site, "tiles": tiles, "alert": words_access.ALERTS.get(policies.alert_of(site.pk), "")}


@require_safe
def gate_tile(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """One tile, fetched anew when something happened there."""
    context = {"tile": tile_of(_gate(request, gate_id), now()), "fresh": True}
    return render(request, "console/tile.html", _context(reader(request)) | context)


@require_safe
def alarms(request: HttpRequest) -> HttpResponse:
    return render(request, "console/alarms.html", _context(reader(request)))


@require_POST
def see_alarm(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Takes one alarm off the screens; who did is in the log."""
    who = reader(request)
    alarm = queries.unseen_alarms(sites_visible_to(who)).filter(pk=alarm_id).first()
    if alarm is not None:
        actions.see_alarm(alarm, by=who.by, at=now())
    return render(request, "console/alarms.html", _context(who))


def _context(who: SignedIn) -> dict[str, object]:
    may = who.role in GUARDS
    return {
        "may_open": may,
        "may_set_up": who.role in OWNERS,
        "may_pair": who.role in LOCKERS,
        "alarms": _alarms(who),
        "now": now(),
    }


def open_by_hand(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """GET asks why; POST orders one opening, which the edge acts on only while it is fresh."""
    gate, who = _gate(request, gate_id), reader(request)
    context = _asking(request, gate)
    if request.method != "POST":
        return render(request, "console/open.html", context)
    code, note = request.POST.get("reason", ""), request.POST.get("note", "").strip()[:NOTE_LIMIT]
    if code not in dict(_because(gate)):
        return render(request, "console/open.html", context | {"problem": _("Choose why.")}, status=422)
    if code == "other" and not note:
        return render(request, "console/open.html", context | {"problem": _("Write why.")}, status=422)
    open_lane(gate, code, note, by=who.by, at=now())
    return render(request, "console/opened.html", context)


@require_POST
def set_mode(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """Lock a gate down, leave it open for everybody, or give it back to its rules."""
    gate, mode = _gate(request, gate_id), request.POST.get("mode", "")
    if mode not in GateMode.values:
        return render(request, "console/open.html", _asking(request, gate) | {"problem": _("Choose one.")}, status=422)
    actions.set_mode([gate], GateMode(mode), by=reader(request).by, at=now())
    bus.publish(bus.TileChanged(str(gate.site_id), gate.code))
    return render(request, "console/opened.html", {"gate": gate, "mode": MODES[mode]})


def _asking(request: HttpRequest, gate: Gate) -> dict[str, object]:
    """What the dialog of a gate offers to this reader."""
    modes = [(code, said) for code, said in MODES.items() if code != gate.mode]
    may_lock = reader(request).role in LOCKERS
    return {"gate": gate, "reasons": _because(gate), "modes": modes if may_lock else []}


def _because(gate: Gate) -> tuple[tuple[str, words.Text], ...]:
    """Whoever leaves through a lane that collects may owe something, so its reasons are about that."""
    return LANE_BECAUSE if gate.collects else OPEN_BECAUSE


def _gate(request: HttpRequest, gate_id: UUID) -> Gate:
    found = queries.gate(gate_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def tile_of(gate: Gate, at: datetime) -> TileView:
    """How a gate stands at this moment."""
    live = bus.tile(gate.site_id, gate.code)
    state, tone, mark = _state(gate, live, at)
    return TileView(
        id=gate.pk,
        anchor=f"{gate.site_id}-{gate.code}",
        name=gate.name,
        kind=gate.kind,
        zone=gate.site.zone,
        state=state,
        tone=tone,
        mark=mark,
        last=_last(gate, live),
        alone=words_offline.in_trouble(queries.gate_fact(gate), live.fault) if live.fault else "",
    )


def _state(gate: Gate, live: bus.Tile, at: datetime) -> tuple[words.Text, str, str]:
    """What to call the gate now, with colour and shape."""
    if live.fault:
        return words.event(live.fault).what, "stop", "offline"
    if alert := policies.alert_of(gate.site_id):
        return words_access.ALERTS[alert], "stop", "open" if alert == "evacuation" else "closed"
    if gate.mode == GateMode.CLOSED:
        return _("Locked down"), "warn", "closed"
    if gate.mode == GateMode.OPEN:
        return _("Open for all"), "warn", "open"
    if gate.mode == GateMode.UNLOCKED or live.outcome == "unlocked":
        return _("Unlocked"), "warn", "open"
    if live.owed is not None:
        owed = saying.money(Money(live.owed.minor, live.owed.currency))
        return _("Held: %(amount)s to pay") % {"amount": owed}, "warn", "lane"
    if live.outcome == "granted" and live.at and at - live.at < timedelta(seconds=gate.open_s):
        return pgettext("state of a gate", "Open"), "good", "open"
    return _("Closed"), "off", "closed"


def _last(gate: Gate, live: bus.Tile) -> Last | None:
    if live.at is not None and live.outcome:
        why = words_papers.reason(live.reason, live.about, gate.site) if live.reason else words.Wording("")
        return _said(live.outcome, why, live.means, live.direction, live.at)
    stored = queries.latest_attempt(gate)  # since the server started nothing happened: the reason is sealed
    return _said(stored.outcome, words.Wording(""), "", stored.direction, stored.at) if stored else None


def _said(outcome: str, why: words.Wording, means: str, direction: str, at: datetime) -> Last:
    said, tone, mark = OUTCOMES.get(outcome) or (words.event(outcome).what, "warn", "info")
    refused = outcome == Outcome.REFUSED
    return Last(
        outcome=said,
        why=why.what,
        do=why.do if refused else "",
        means=words.MEANS.get(means, ""),
        direction=words.DIRECTIONS.get(direction, ""),
        at=at,
        tone=tone,
        mark=mark,
    )


OUTCOMES: dict[str, tuple[words.Text, str, str]] = {
    "granted": (gettext_lazy("Let through"), "good", "yes"),
    "passed": (gettext_lazy("Passed"), "good", "yes"),
    "refused": (gettext_lazy("Not let through"), "stop", "no"),
}


def _alarms(who: SignedIn) -> list[dict[str, object]]:
    sites = sites_visible_to(who)
    names = {(gate.site_id, gate.code): gate.name for gate in queries.gates(sites)}
    return [_alarm(alarm, names) for alarm in queries.unseen_alarms(sites)[:10]]


def _alarm(alarm: GateAlarm, names: dict[tuple[UUID, str], str]) -> dict[str, object]:
    where = names.get((alarm.site_id, alarm.gate), alarm.gate) or alarm.site.name
    return {"id": alarm.pk, "where": where, "wording": words.event(alarm.kind), "at": alarm.at, "zone": alarm.site.zone,
            "unanswered": alarm.escalated}  # fmt: skip


def _summary(tiles: list[TileView]) -> str:
    if not tiles:
        return ""
    count = ngettext("%(count)d gate", "%(count)d gates", len(tiles)) % {"count": len(tiles)}
    wrong = sum(tile.tone == "stop" for tile in tiles)
    if not wrong:
        return _("%(gates)s, all answering") % {"gates": count}
    return _("%(gates)s, %(wrong)d in trouble") % {"gates": count, "wrong": wrong}
