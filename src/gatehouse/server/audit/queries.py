"""Reading the log and the due times."""

from collections.abc import Sequence
from datetime import datetime

from gatehouse.server.audit.actions import chained
from gatehouse.server.audit.models import DueJob, Entry, Head


def latest_entries(limit: int = 100) -> Sequence[Entry]:
    return list(Entry.objects.order_by("-pk")[:limit])


def entries_about(object_type: str, object_id: object, limit: int = 100) -> Sequence[Entry]:
    return list(Entry.objects.filter(object_type=object_type, object_id=str(object_id)).order_by("-pk")[:limit])


def first_broken_entry() -> int | None:
    """The id of the first entry whose hash does not follow from the one before it, or None."""
    before = bytes(32)
    for entry in Entry.objects.order_by("pk").iterator():
        facts = (entry.actor, entry.verb, entry.object_type, entry.object_id)
        if chained(before, entry.at, *facts) != bytes(entry.hash):
            return entry.pk
        before = bytes(entry.hash)
    return None


def due_at(name: str, scope: str) -> datetime | None:
    return DueJob.objects.filter(name=name, scope=scope).values_list("due_at", flat=True).first()


def noted_through() -> int:
    """The id of the last entry whose hash the keeper holds; 0 for none."""
    return Head.objects.filter(pk=1).values_list("noted", flat=True).first() or 0
