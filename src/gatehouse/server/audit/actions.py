"""Writing audit entries and due times. Every action of every app calls `record` inside its transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction

from gatehouse.domain.periods import instant
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import DueJob, Entry, Head

NOTE_BATCH = 500
PERSONAL = frozenset({"person", "vehicle", "permit", "payment", "visit"})


@dataclass(frozen=True, slots=True)
class Written:
    """What one entry says: what was done, to what."""

    verb: str
    object_type: str
    object_id: object


def record(verb: str, object_type: str, object_id: object, *, by: By, at: datetime) -> None:
    """Chain one entry to the log. Must run inside the transaction of the write that it records."""
    record_all([Written(verb, object_type, object_id)], by=by, at=at)


def record_all(written: Sequence[Written], *, by: By, at: datetime) -> None:
    """Chain entries to the log, in order. Must run inside the transaction of the writes that they record."""
    assert connection.in_atomic_block, "an audit entry belongs to the transaction of its write"
    held = Head.objects.select_for_update().filter(pk=1).first()
    digest = bytes(held.hash) if held else bytes(32)
    actor = keeping.alias("person", by.actor, logged_on(at)) if by.worker else by.actor
    entries = []
    for one in written:
        about = name_in_log(one.object_type, one.object_id, logged_on(at))
        digest = chained(digest, at, actor, one.verb, one.object_type, about)
        facts = {"verb": one.verb, "object_type": one.object_type, "object_id": about}
        entries.append(Entry(at=at, actor=actor, hash=digest, **facts))
    Entry.objects.bulk_create(entries)
    if held:
        Head.objects.filter(pk=1).update(hash=digest)
    else:
        Head.objects.create(pk=1, hash=digest)


def logged_on(at: datetime) -> date:
    """The date of an entry's aliases."""
    return at.astimezone(UTC).date()


def name_in_log(object_type: str, object_id: object, day: date) -> str:
    """An id, or that date's alias: an entry has a time, and a person's id beside it would tie it to a passage of the
    same minute and to every other date's. Raises KeeperAway."""
    return keeping.alias(object_type, object_id, day) if object_type in PERSONAL else str(object_id)


def chained(before: bytes, at: datetime, *facts: str) -> bytes:
    """The hash of an entry after the hash `before`. Unit separators keep ("a", "bc") and ("ab", "c") apart."""
    text = "\x1f".join((instant(at).isoformat(), *facts))
    return hashlib.sha256(before + text.encode()).digest()


def note_entries() -> int:
    """Tell the keeper the hashes that it has not taken yet; how many. Raises KeeperAway."""
    head = Head.objects.filter(pk=1).first()
    if head is None:
        return 0
    entries = list(Entry.objects.filter(pk__gt=head.noted).order_by("pk").values_list("pk", "hash")[:NOTE_BATCH])
    if entries:
        # Told twice is harmless, never told is not: so first the keeper, then our mark.
        keeping.note([bytes(digest) for _, digest in entries])
        Head.objects.filter(pk=1, noted__lt=entries[-1][0]).update(noted=entries[-1][0])
    return len(entries)


@transaction.atomic
def set_due(name: str, scope: str, due_at: datetime) -> None:
    DueJob.objects.update_or_create(name=name, scope=scope, defaults={"due_at": due_at})
