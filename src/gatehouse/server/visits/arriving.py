"""When visitors come and leave, as the gates saw it. Asked again and again by the job `visits`, which learns the day
tokens of visitors and of nobody else."""

import threading
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from gatehouse.domain import visits as rules
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.visits import Step
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.gates import queries as gates
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Site
from gatehouse.server.visits import queries
from gatehouse.server.visits.actions import VISITS, write_span
from gatehouse.server.visits.looks import spans_for_job
from gatehouse.server.visits.models import Visit

PASSAGES_A_VISITOR = 100  # a day; more tell nothing new

_lock = threading.Lock()
_tokens: dict[tuple[UUID, date], bytes] = {}  # by visit and date; in memory, of two dates


def look(now: datetime) -> int:
    """Write down who has come or left since; how many. Raises KeeperAway, KeeperRefused."""
    return sum(_look_at(site, now) for site in people.all_sites())


def _look_at(site: Site, now: datetime) -> int:
    today = local_date(now, ZoneInfo(site.zone))
    rows = queries.living(site, today - DAY)
    if not rows:
        return 0
    tokens = _tokens_of(site, today, rows)
    whose = {token: pk for (pk, _), token in tokens.items()}
    steps: dict[UUID, list[Step]] = {}
    for passage in gates.passages_with_tokens(list(whose), PASSAGES_A_VISITOR * len(rows)):
        if passage.site_id == site.pk and passage.token is not None:
            step = Step(passage.at, passage.direction == "in")
            steps.setdefault(whose[bytes(passage.token)], []).append(step)
    moved = [row for row in rows if row.pk in steps]
    said = spans_for_job(moved, VISITS.authority, "visit.passages")
    written = 0
    for row in moved:
        span = said.get(row.pk)
        if span is None:
            continue
        found = rules.after(span.span, steps[row.pk])
        if found != span.span:
            verb = "visit.arrived" if span.arrived is None else "visit.passed"
            written += write_span(row, span, found, verb=verb, by=VISITS, at=now)
    return written


def _tokens_of(site: Site, today: date, rows: list[Visit]) -> dict[tuple[UUID, date], bytes]:
    """Of today and of the date before, whose last passages come late."""
    with _lock:
        for old in [key for key in _tokens if key[1] < today - DAY]:
            del _tokens[old]
    for day in (today - DAY, today):
        with _lock:
            missing = [row.pk for row in rows if (row.pk, day) not in _tokens]
        if not missing:
            continue
        found = keeping.tokens(site.pk, day, missing, VISITS.authority)
        if isinstance(found, Refused):
            raise keeping.KeeperRefused(found.code, found.facts)
        with _lock:
            _tokens.update({(pk, day): token for pk, token in zip(missing, found, strict=True)})
    own = {row.pk for row in rows}
    with _lock:
        return {key: token for key, token in _tokens.items() if key[0] in own and token}


def forget() -> None:
    """For tests."""
    with _lock:
        _tokens.clear()
