"""An import is taken back as a whole: planned shifts that are there still, faces and cards that it brought, people whom
nobody has needed since; punches stay and count no more."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from gatehouse.clock import monotonic_s
from gatehouse.domain.periods import local_date
from gatehouse.domain.table_columns import Kind
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import imported, planning
from gatehouse.server.attendance.models import Punch
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import queries
from gatehouse.server.interchange.models import Import, ImportState, Made
from gatehouse.server.interchange.notes import SLICE_S, note_days
from gatehouse.server.people import enrolling, hiring
from gatehouse.server.people.models import Person

BATCH = 20
WAYS = ("face", "card", "consent")


class No(StrEnum):
    """Why an import is not taken back."""

    NOT_NOW = "not_now"
    PUNCHES_STAND = "punches_stand"  # a later import's punches may be of these people, which no row tells


def undo(task: Import, *, by: By, at: datetime) -> No | None:
    """Shifts and punches at once; people a batch at a time (`undo_some`), since their keys go too."""
    hires = task.kind in (Kind.PEOPLE, Kind.PHOTOS)
    if hires and queries.stands_after(task, Kind.PUNCHES) is not None:
        return No.PUNCHES_STAND
    after = ImportState.UNDOING if hires else ImportState.UNDONE
    zone = ZoneInfo(task.site.zone)
    with transaction.atomic():
        if not Import.objects.filter(pk=task.pk, state=ImportState.DONE).update(state=after):
            return No.NOT_NOW
        record("import.undone", "import", task.pk, by=by, at=at)
        if task.kind == Kind.SHIFTS:
            refs = [int(ref) for ref in Made.objects.filter(task=task, what="shift").values_list("ref", flat=True)]
            days = planning.unplan_rows(task.site, refs, by=by, at=at)
            Made.objects.filter(task=task).delete()
            note_days(task, sorted(days), until=local_date(at, zone))
        elif task.kind == Kind.PUNCHES:
            imported.take_back(task.site, task.number, by=by, at=at)
            moments = Punch.objects.filter(site=task.site, source=task.number).values_list("at", flat=True)
            days_touched = imported.touched(sorted({local_date(one, zone) for one in moments}))
            note_days(task, days_touched, until=local_date(at, zone))
    task.refresh_from_db()
    return None


def undo_some(task: Import, *, by: By, at: datetime) -> Refused | None:
    """Ways in and people of the import, for at most `SLICE_S`; whoever is used since stays and is counted. Raises
    KeeperAway."""
    ends = monotonic_s() + SLICE_S
    while monotonic_s() < ends:
        way = _next_way(task)
        if way is not None:
            answer = enrolling.take_back(way.what, UUID(way.ref), by=by, at=at)
            if isinstance(answer, Refused):
                return answer
            way.delete()
            continue
        some = list(Made.objects.filter(task=task, what="person")[:BATCH])
        if not some:
            Import.objects.filter(pk=task.pk, state=ImportState.UNDOING).update(state=ImportState.UNDONE)
            break
        for made in some:
            person = Person.objects.filter(pk=UUID(made.ref), site=task.site).first()
            answer = hiring.unhire(person, by=by, at=at) if person else True
            if isinstance(answer, Refused):
                return answer
            with transaction.atomic():
                if made.delete()[0] and not answer:
                    Import.objects.filter(pk=task.pk).update(kept=F("kept") + 1)
    task.refresh_from_db()
    return None


def _next_way(task: Import) -> Made | None:
    """Faces and cards first, then the words that they rested on; people last, whom nothing of these holds any more."""
    return next((one for what in WAYS if (one := Made.objects.filter(task=task, what=what).first())), None)
