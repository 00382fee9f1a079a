"""Imports on their way, and what each of them made. Rows of a file lie sealed until they are taken in, and no longer.

No row here ties a person to a time: a row of a file names nothing that it became, and of punches nothing is kept.
"""

import uuid

from django.db import models
from django.db.models import Q

from gatehouse.server.people.models import Site


class ImportState(models.TextChoices):
    COMING = "coming"  # a file and its photos are being handed over
    READ = "read"  # the columns are to be said
    LOOKING = "looking"  # the photos are being looked at
    CHECKED = "checked"  # a preview
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


OPEN = (ImportState.READ, ImportState.CHECKED)
LYING = (ImportState.COMING, ImportState.LOOKING, *OPEN)  # nothing of it was taken in
HOLDS = (*LYING, ImportState.RUNNING, ImportState.DONE, ImportState.UNDOING)


class Import(models.Model):
    """One file. `digest` is keyed by the server's signing secret and tells only that two files are the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.READ)
    added_on = models.DateField()
    added_by = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    mapping = models.JSONField()
    rows = models.PositiveIntegerField()
    made = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)  # rows that tell what was held already
    kept = models.PositiveIntegerField(default=0)  # people who are used since and stayed when it was undone
    days = models.JSONField(default=list)  # dates whose workdays are still to be counted anew
    head_cell = models.BinaryField(null=True)
    faces = models.PositiveIntegerField(default=0)  # how many were enrolled
    size = models.PositiveBigIntegerField(default=0)  # bytes that are handed over with photos, and how many pieces came
    pieces = models.PositiveIntegerField(default=0)
    file_cell = models.BinaryField(null=True)  # the key of the sealed file that they lie in, and what its parts are

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="import_number_once_per_site"),
            models.UniqueConstraint(
                fields=["site", "kind", "digest"], condition=Q(state__in=HOLDS), name="file_once_per_site"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class ImportRow(models.Model):
    """A row of the file that is not taken in yet; what it says is sealed. `flaw` and `field`: why it is left out.
    `face`: what is to become of its photo (`domain.photo_rows.Fate`, `domain.portraits.Fault`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    flaw = models.CharField(max_length=16, default="", blank=True)
    field = models.CharField(max_length=16, default="", blank=True)
    face = models.CharField(max_length=16, default="", blank=True)
    cell = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="row_once_per_import")]

    def __str__(self) -> str:
        return str(self.pk)


class Made(models.Model):
    """What an import made, to take it back: the id of a person, a planned shift, a way in or a consent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="results")
    what = models.CharField(max_length=8)
    ref = models.CharField(max_length=36)

    def __str__(self) -> str:
        return str(self.pk)
