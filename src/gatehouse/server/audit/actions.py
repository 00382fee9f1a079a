"""Writing audit entries and due times. Every action of every app calls `record` inside its transaction."""

import hashlib
from datetime import datetime

from django.db import connection, transaction

from gatehouse.domain.periods import instant
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import DueJob, Entry, Head

NOTE_BATCH = 500


def record(verb: str, object_type: str, object_id: object, *, by: By, at: datetime) -> None:
    """Chain one entry to the log. Must run inside the transaction of the write that it records."""
    assert connection.in_atomic_block, "an audit entry belongs to the transaction of its write"
    head, _ = Head.objects.select_for_update().get_or_create(pk=1, defaults={"hash": bytes(32)})
    at = instant(at)
    facts = (at.isoformat(), by.actor, verb, object_type, str(object_id))
    # Unit separators keep ("a", "bc") and ("ab", "c") apart.
    digest = hashlib.sha256(bytes(head.hash) + "\x1f".join(facts).encode()).digest()
    Entry.objects.create(
        at=at, actor=by.actor, verb=verb, object_type=object_type, object_id=str(object_id), hash=digest
    )
    Head.objects.filter(pk=1).update(hash=digest)


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
