"""Writing audit entries and due times. Every action of every app calls `record` inside its transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from gatehouse.domain.periods import instant
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import DueJob, Entry, Head

NOTE_BATCH = 500


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
    entries = []
    for one in written:
        digest = chained(digest, at, by.actor, one.verb, one.object_type, str(one.object_id))
        facts = {"verb": one.verb, "object_type": one.object_type, "object_id": str(one.object_id)}
        entries.append(Entry(at=at, actor=by.actor, hash=digest, **facts))
    Entry.objects.bulk_create(entries)
    if held:
        Head.objects.filter(pk=1).update(hash=digest)
    else:
        Head.objects.create(pk=1, hash=digest)


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
