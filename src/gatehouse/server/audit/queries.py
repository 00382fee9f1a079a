"""Reading the log and the due times."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Min

from gatehouse.server.audit.actions import PERSONAL, chained, logged_on, name_in_log
from gatehouse.server.audit.models import DueJob, Entry, Head

NAMES_AT_ONCE = 500


def latest_entries(limit: int = 100) -> Sequence[Entry]:
    return list(Entry.objects.order_by("-pk")[:limit])


def entries_about(object_type: str, object_id: object, limit: int = 100) -> Sequence[Entry]:
    """Newest first; of a person the aliases of every date since the log began are looked for. Raises KeeperAway."""
    span = Entry.objects.aggregate(first=Min("at"), last=Max("at"))
    if span["first"] is None:
        return []
    first, last = logged_on(span["first"]), logged_on(span["last"])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)] if object_type in PERSONAL else [last]
    names = [name_in_log(object_type, object_id, day) for day in reversed(days)]
    found: list[Entry] = []
    for start in range(0, len(names), NAMES_AT_ONCE):
        about = Entry.objects.filter(object_type=object_type, object_id__in=names[start : start + NAMES_AT_ONCE])
        found.extend(about.order_by("-pk")[:limit])
    return sorted(found, key=lambda entry: -entry.pk)[:limit]


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


def due_of_sites(names: Iterable[str], now: datetime) -> set[tuple[str, str]]:
    """Name and site of every job of a site that is due."""
    found = DueJob.objects.filter(name__in=list(names), due_at__lte=now).exclude(scope="")
    return set(found.values_list("name", "scope"))


def hashes_told() -> list[bytes]:
    """Of every entry of which the keeper holds the hash, in order."""
    found = Entry.objects.filter(pk__lte=noted_through()).order_by("pk").values_list("hash", flat=True)
    return [bytes(one) for one in found]


def noted_through() -> int:
    """The id of the last entry whose hash the keeper holds; 0 for none."""
    return Head.objects.filter(pk=1).values_list("noted", flat=True).first() or 0
