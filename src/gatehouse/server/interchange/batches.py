"""A batch of rows is taken in once: what every kind of import writes besides what it makes."""

from collections.abc import Sequence

from django.db.models import F

from gatehouse.server.interchange.models import Import, ImportRow, ImportState


class Overtaken(Exception):
    """Another process took these rows in: all is rolled back."""


def taken(task: Import, rows: Sequence[ImportRow]) -> bool:
    """The rows go with what they became; False when another process was faster. Inside the caller's transaction."""
    held = Import.objects.select_for_update().filter(pk=task.pk, state=ImportState.RUNNING)
    if not held.exists():
        return False
    gone, _ = ImportRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return gone == len(rows)


def count(task: Import, made: int, known: int, faces: int = 0) -> None:
    Import.objects.filter(pk=task.pk).update(made=F("made") + made, known=F("known") + known, faces=F("faces") + faces)
