"""Who is inside now, by zone, and the roll call at the assembly point, as the server knows it.

Presence is read from the passages of the last two dates when somebody asks, and stored nowhere; a roll call lives in
this process's memory and ends with it. Whoever opens the list raises an alarm on Watch; nobody has to agree.
What an edge does without this server is in `edge.muster`.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from gatehouse.crypto import tokens
from gatehouse.domain.muster import How, RollCall, Step, Tick, Whereabouts, whereabouts
from gatehouse.domain.periods import DAY, Period, local_date
from gatehouse.keeper.protocol import Hello, Refused, Welcome
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.people import looks as people_looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Site
from gatehouse.server.visits import looks as visit_looks
from gatehouse.server.visits import queries as visits
from gatehouse.wire import PASS_KIND

log = structlog.get_logger()

PURPOSE = "muster.list"
TOLD_EVERY = timedelta(minutes=5)  # whoever looks again and again makes one alarm in that time

_lock = threading.Lock()
_rolls: dict[UUID, RollCall] = {}
_told: dict[tuple[UUID, str], datetime] = {}


@dataclass(frozen=True, slots=True)
class Someone:
    """A line of the list. `number` is empty for a visitor."""

    id: str
    number: str = field(repr=False)
    initials: str = field(repr=False)
    where: Whereabouts | None = None


@dataclass(frozen=True, slots=True)
class Mustered:
    """Everybody inside, in the order of their numbers, and those who were ticked without being on the list."""

    inside: tuple[Someone, ...]
    others: tuple[Someone, ...]
    zones: dict[str, str]


def look(site: Site, *, by: By, at: datetime) -> Mustered | Refused:
    """The list, counted in brief, with its alarm. Raises KeeperAway."""
    seen = _whereabouts(site, by, at)
    if isinstance(seen, Refused):
        return seen
    held = roll(site)
    ticked = [own for own in held.ticks if own not in seen] if held else []
    named = _named(site, [*seen, *ticked], by)
    if isinstance(named, Refused):
        return named
    _tell(site, by=by, at=at)
    inside = [_someone(own, named, where) for own, where in seen.items()]
    inside.sort(key=lambda one: (one.number == "", one.number, one.initials, one.id))
    zones = {str(zone.pk): zone.name for zone in people.zones(site)}
    return Mustered(tuple(inside), tuple(_someone(own, named, None) for own in ticked), zones)


def _someone(own: str, named: dict[str, tuple[str, str]], where: Whereabouts | None) -> Someone:
    number, initials = named.get(own, ("?", ""))
    return Someone(own, number, initials, where)


def _whereabouts(site: Site, by: By, at: datetime) -> dict[str, Whereabouts] | Refused:
    zone, codes = ZoneInfo(site.zone), gates.gates_by_code(site.pk)
    today = local_date(at, zone)
    steps: dict[str, list[Step]] = {}
    for day in (today - DAY, today):
        rows = list(gates.passages_of(site, Period.local_day(day, zone)))
        whose = keeping.who(site.pk, day, [bytes(row.token) for row in rows if row.token], by.authority)
        if isinstance(whose, Refused):
            if whose.code == "day_destroyed":
                continue
            return whose
        for row, own in zip([row for row in rows if row.token], whose, strict=True):
            if own:
                gate = codes.get(row.gate)
                into = str(gate.zone_id) if gate is not None and gate.zone_id else ""
                steps.setdefault(own, []).append(Step(row.at, row.direction == "in", into))
    found = {own: whereabouts(some, at) for own, some in steps.items()}
    return {own: where for own, where in found.items() if where is not None}


def _named(site: Site, ids: Iterable[str], by: By) -> dict[str, tuple[str, str]] | Refused:
    """Staff number and initials by id; of a visitor the initials alone."""
    wanted = list(ids)
    known = people.people_by_id(wanted, [site])
    briefs = people_looks.briefs(list(known.values()), by.authority, PURPOSE)
    if isinstance(briefs, Refused):
        return briefs
    named = {str(one.person.pk): (one.brief.number or "?", one.brief.initials) for one in briefs}
    rows = list(visits.visits([site]).filter(pk__in=[own for own in wanted if own not in known]))
    listed = visit_looks.listed(rows, by.authority, PURPOSE)
    if isinstance(listed, Refused):
        return listed
    return named | {str(pk): ("", one.initials) for pk, one in listed.items()}


def _tell(site: Site, *, by: By, at: datetime) -> None:
    """The alarm: on Watch, to other programs, in the log and in the audit."""
    log.warning("muster.read", site=str(site.pk))
    with _lock:
        last = _told.get((site.pk, by.actor))
        if last is not None and timedelta() <= at - last < TOLD_EVERY:
            return
        _told[site.pk, by.actor] = at
    with transaction.atomic():
        raise_alarm(site.pk, "", "muster", at=at)
        record("muster.read", "site", site.pk, by=by, at=at)


# --- the roll call -----------------------------------------------------------------------------------------------


def roll(site: Site) -> RollCall | None:
    with _lock:
        return _rolls.get(site.pk)


def start(site: Site, at: datetime, *, drill: bool) -> RollCall:
    """A new one, unless one goes on."""
    with _lock:
        held = _rolls.get(site.pk)
        if held is None or held.ended is not None:
            held = _rolls[site.pk] = RollCall(at, drill)
        return held


def tick(site: Site, one: Tick) -> None:
    change(site, lambda roll: roll.ticked(one))


def change(site: Site, how: Callable[[RollCall], RollCall]) -> None:
    with _lock:
        if site.pk in _rolls:
            _rolls[site.pk] = how(_rolls[site.pk])


def whose(site: Site, text: str, token: str, by: By, at: datetime) -> Tick | Refused | None:
    """Whom a typed or scanned credential means: the code of a pass, whether or not it still opens anything, or a staff
    number. Raises KeeperAway."""
    said = text.strip()
    if said.startswith("GH1."):
        return _of_code(site, said, at)
    hits = keeping.find(said, token, 10, people.findable([site]))
    if isinstance(hits, Refused):
        return hits
    found = people.people_by_id(hits, [site])
    briefs = people_looks.briefs(list(found.values()), by.authority, PURPOSE)
    if isinstance(briefs, Refused):
        return briefs
    meant = [one.person for one in briefs if one.brief.number.casefold() == said.casefold()]
    return Tick(str(meant[0].pk), at, How.NUMBER) if len(meant) == 1 else None


def _of_code(site: Site, text: str, at: datetime) -> Tick | None:
    key = keeping.must(Hello(), Welcome).verify_key
    token = tokens.check(text, PASS_KIND, key, None)
    if not isinstance(token, tokens.Token) or token.claims["site"] != str(site.pk):
        return None
    own = people.uuid_from(str(token.claims["sub"]))
    return None if own is None else Tick(str(own), at, How.CODE)


def forget() -> None:
    """For tests."""
    with _lock:
        _rolls.clear()
        _told.clear()
