"""The job `incidents`: what the keeper saw and somebody should hear of becomes alerts, each line once.

How far the log is known and what was found in it are written in one transaction: killed before it, the same lines come
again; after it, they do not. The keeper proves every time that its log still begins with what was known before. A log
that does not is the loudest alert of all, and is read anew from its beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import structlog
from django.db import transaction

from gatehouse.crypto.merkle import EMPTY_ROOT, verify_consistency
from gatehouse.domain.alerts import LOG_CUT, LOG_FORKED, ONE_ALERT, About, is_same
from gatehouse.keeper.protocol import AskIncidents, Incident, IncidentList
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import sites_of
from gatehouse.server.accounts.signed_in import forget_tickets
from gatehouse.server.alerts.models import Alert, Watched
from gatehouse.server.alerts.telling import tell_of
from gatehouse.server.audit.actions import logged_on, name_in_log
from gatehouse.server.audit.by import By
from gatehouse.server.people.queries import site_of

log = structlog.get_logger()

WATCH = By.job("incidents")
ROUNDS = 50  # of one run; other jobs go on in between
OF_MOST = 64  # characters, as the column holds
ITSELF = -1  # the place of an alert about the log itself
_SPACE = UUID("c5d0f3a8-6f0b-4d63-9a0e-2a8a7d5f41b7")
_OF_PEOPLE = frozenset({"worker", "manager"})  # whose actor is a person's id


@dataclass(frozen=True, slots=True)
class _History:
    """Which log it is, and up to which place it was written before anybody here heard of it: before the first look of
    all, or before its break was noticed."""

    number: int
    again: int = 0

    def is_known(self, line: Incident, rows: Sequence[Alert]) -> bool:
        """Whether an alert of before the break tells of this line."""
        before = (row for row in rows if row.history < self.number)
        return 0 <= line.place < self.again and any(row.at <= line.at <= row.last_at for row in before)

    def is_news(self, row: Alert) -> bool:
        """What lies in the log when it is looked at for the first time is shown, but sent to nobody any more."""
        return self.number > 0 or row.place >= self.again


def look(now: datetime) -> int:
    """Take what is new; how many alerts there are more. Raises KeeperAway, KeeperRefused."""
    made = 0
    for _ in range(ROUNDS):
        known = _known()
        request = AskIncidents(after=known.through, size=known.size, by=WATCH.authority)
        told = keeping.must(request, IncidentList)
        if (told.size, told.root, told.through) == (known.size, bytes(known.root), known.through):
            break
        made += _take(known, told, now)
    return made


def _known() -> Watched:
    return Watched.objects.get_or_create(pk=1, defaults={"root": EMPTY_ROOT})[0]


@transaction.atomic
def _take(known: Watched, told: IncidentList, now: datetime) -> int:
    fault = broken(known, told)
    if not _move(known, told, fault):  # another process was faster
        return 0
    if fault:
        log.error("alerts.log_broken", code=fault, count=told.size)
        place = Incident(ITSELF, now, fault, "keeper", "keeper", f"{known.size}:{told.size}")
        return _keep(_History(known.history + 1), [place], now)
    return _keep(_History(known.history, known.again if known.size else told.size), told.incidents, now)


def broken(known: Watched, told: IncidentList) -> str:
    """Why the log is not the one that was known; empty where it is."""
    if not known.size:
        return ""
    if told.proof is None:
        return LOG_CUT
    stands = verify_consistency(known.size, bytes(known.root), told.size, told.root, told.proof)
    return "" if stands else LOG_FORKED


def _move(known: Watched, told: IncidentList, fault: str) -> bool:
    """False where somebody else has moved it meanwhile."""
    as_known = Watched.objects.filter(pk=1, history=known.history, size=known.size, through=known.through)
    to: dict[str, object] = {"size": told.size, "root": told.root, "through": told.through}
    if fault:
        to |= {"history": known.history + 1, "through": 0, "again": told.size}
    elif not known.size:
        to["again"] = told.size
    return as_known.update(**to) == 1


def _keep(history: _History, lines: Sequence[Incident], now: datetime) -> int:
    """As alerts; how many are new. After a break the log is read again, and what was known of it stays known."""
    near = _near(lines)
    new: list[Alert] = []
    grown: dict[UUID, Alert] = {}
    for line in lines:
        about = _about(line)
        rows = near.setdefault(about, [])
        if history.is_known(line, rows):
            continue
        row = next((one for one in rows if one.acknowledged_at is None and is_same(one.at, line.at)), None)
        if row is None:
            row = _alert(history.number, line, about)
            rows.append(row)
            new.append(row)
        else:
            row.count, row.last_at = row.count + 1, max(row.last_at, line.at)
            grown[row.pk] = row
    Alert.objects.bulk_create(new)
    Alert.objects.bulk_update([row for row in grown.values() if row not in new], ["count", "last_at"])
    tell_of([row for row in new if history.is_news(row)], now)
    if any(line.kind == "honey" for line in lines):
        transaction.on_commit(forget_tickets)  # who was locked out sees no page of ours any more
    return len(new)


def _near(lines: Sequence[Incident]) -> dict[About, list[Alert]]:
    """Alerts to which one of these lines may belong."""
    if not lines:
        return {}
    found: dict[About, list[Alert]] = {}
    earliest = min(line.at for line in lines) - ONE_ALERT
    for row in Alert.objects.filter(at__gt=earliest, at__lte=max(line.at for line in lines)):
        found.setdefault(_about_row(row), []).append(row)
    return found


def _about(line: Incident) -> About:
    return About(line.kind, _named(line), "" if line.place == ITSELF else line.of[:OF_MOST])


def _about_row(row: Alert) -> About:
    return About(row.kind, row.actor, "" if row.place == ITSELF else row.of)


def _named(line: Incident) -> str:
    """As in the audit: an alert has a time, so no person's id stands beside it. Raises KeeperAway."""
    return name_in_log("person", line.actor, logged_on(line.at)) if line.role in _OF_PEOPLE else line.actor


def _alert(history: int, line: Incident, about: About) -> Alert:
    return Alert(
        id=uuid5(_SPACE, f"{history}/{line.place}"),
        history=history,
        place=line.place,
        kind=line.kind,
        actor=about.actor,
        role=line.role,
        of=line.of[:OF_MOST],
        sites=site_of(line.actor) if line.role in _OF_PEOPLE else sites_of(line.actor),
        at=line.at,
        last_at=line.at,
    )
