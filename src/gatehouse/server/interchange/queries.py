"""Reading imports: rows only."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from gatehouse.domain.photo_rows import Fate
from gatehouse.server.interchange.models import HOLDS, LYING, Import, ImportRow, ImportState
from gatehouse.server.people.models import Site


def imports(sites: Iterable[Site]) -> QuerySet[Import]:
    return (
        Import.objects.filter(site__in=list(sites)).select_related("site").order_by("-added_on", "site_id", "-number")
    )


def one(import_id: UUID, sites: Iterable[Site]) -> Import | None:
    return imports(sites).filter(pk=import_id).first()


def same_file(site: Site, kind: str, digest: str) -> Import | None:
    """An import of this very file that stands or is under way."""
    return Import.objects.filter(site=site, kind=kind, digest=digest, state__in=HOLDS).first()


def waiting(task: Import) -> QuerySet[ImportRow]:
    """Rows that are to be taken in, in the order of the file."""
    return ImportRow.objects.filter(task=task, flaw="").order_by("number")


def flawed(task: Import) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(task=task).exclude(flaw="").order_by("number")


def flaw_counts(task: Import) -> list[tuple[str, str, int]]:
    """(field, flaw, how many rows), the most frequent first."""
    found = flawed(task).order_by().values_list("field", "flaw").annotate(count=Count("pk"))
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))


def shown(task: Import) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(task=task, cell__isnull=False).order_by("number")


def running() -> list[Import]:
    return list(Import.objects.filter(state=ImportState.RUNNING).select_related("site").order_by("added_on", "number"))


def looking() -> list[Import]:
    """Hand-overs whose pictures are being looked at."""
    return list(Import.objects.filter(state=ImportState.LOOKING).select_related("site").order_by("added_on", "number"))


def unseen(task: Import) -> QuerySet[ImportRow]:
    """Rows whose picture nobody has looked at yet."""
    return ImportRow.objects.filter(task=task, flaw="", face=Fate.WAITS).order_by("number")


def without_face(task: Import) -> QuerySet[ImportRow]:
    """Rows that come in, whose face does not."""
    return waiting(task).exclude(face__in=(Fate.WAITS, Fate.READY, ""))


def ready_faces(task: Import) -> int:
    """How many faces come in with their rows."""
    return waiting(task).filter(face=Fate.READY).count()


def face_counts(task: Import) -> list[tuple[str, int]]:
    """Why faces do not come in, of how many rows; the most frequent first."""
    found = without_face(task).order_by().values_list("face").annotate(count=Count("pk"))
    return sorted(found, key=lambda one: (-one[1], one[0]))


def with_files() -> list[UUID]:
    """Imports that need what was handed over still."""
    return list(Import.objects.filter(file_cell__isnull=False).values_list("pk", flat=True))


def left_lying(before: date) -> QuerySet[Import]:
    """Files that nobody took in."""
    return Import.objects.filter(state__in=LYING, added_on__lt=before)


def cut_short(before: date) -> QuerySet[Import]:
    """Files that somebody began to take in and left half-way."""
    return Import.objects.filter(state=ImportState.RUNNING, added_on__lt=before)


def stands_after(task: Import, kind: str) -> Import | None:
    """A later import of this kind at the same site that was not taken back."""
    after = Import.objects.filter(site=task.site, kind=kind, number__gt=task.number)
    return after.exclude(state__in=(*LYING, ImportState.UNDONE)).order_by("number").first()
