"""Punches that came in a file: facts as good as a passage's, with their source said, and taken back as a whole.

The id is a hash of the day token and the moment, so the same punch of the same person comes in once however many files
tell of it, and nobody learns more from the id than from the row.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from gatehouse.domain.periods import instant
from gatehouse.server.attendance.models import Punch, PunchSource
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Site
from gatehouse.server.plainrows import insert_new

GATE = "import"  # what stands in place of a gate's code where the file names no device
_TURNS = 50


@dataclass(frozen=True, slots=True)
class Told:
    """A punch as a file tells it, under the token of its person's day."""

    at: datetime
    direction: str
    device: str
    token: bytes = field(repr=False)


def take_in(site: Site, number: int, told: Sequence[Told]) -> int:
    """Write those that are not held yet, in the order of their times; how many were new. A punch of an import that was
    taken back is written again. Must run inside a transaction."""
    assert connection.in_atomic_block
    PunchSource.objects.get_or_create(site=site, number=number)
    voided = set(PunchSource.objects.filter(site=site, voided=True).values_list("number", flat=True))
    wanted = {_id(site, one, 0): one for one in told}
    fresh: dict[UUID, Told] = {}
    for turn in range(_TURNS):
        held = _sources_of(list(wanted))
        fresh |= {own: one for own, one in wanted.items() if own not in held}
        wanted = {_id(site, one, turn + 1): one for own, one in wanted.items() if held.get(own) in voided}
        if not wanted:
            break
    rows = [
        (own, site.pk, one.device or GATE, one.at, one.direction, one.token, number)
        for own, one in sorted(fresh.items(), key=lambda pair: (pair[1].at, pair[0]))
    ]
    insert_new(Punch, ("id", "site_id", "gate", "at", "direction", "token", "source"), rows)
    return len(rows)


def _sources_of(ids: list[UUID]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for start in range(0, len(ids), 500):
        found |= dict(Punch.objects.filter(pk__in=ids[start : start + 500]).values_list("pk", "source"))
    return found


def _id(site: Site, one: Told, turn: int) -> UUID:
    parts = (site.pk.bytes, one.token, instant(one.at).isoformat().encode(), one.direction.encode(), str(turn).encode())
    return UUID(bytes=hashlib.blake2b(b"\x1f".join(parts), digest_size=16).digest(), version=4)


@transaction.atomic
def take_back(site: Site, number: int, *, by: By, at: datetime) -> int:
    """These punches count no more and stay; how many there are, 0 when it was done before."""
    if not PunchSource.objects.filter(site=site, number=number, voided=False).update(voided=True):
        return 0
    record("punches.voided", "site", site.pk, by=by, at=at)
    return Punch.objects.filter(site=site, source=number).count()


def touched(days: Sequence[date]) -> list[date]:
    """The dates whose workdays may change with punches of these: a night shift is counted for the date it began on."""
    return sorted({day - n * timedelta(days=1) for day in days for n in (0, 1)})
