"""Who answered what somebody asked for, and why."""

import uuid

from django.db import models


class NoteAnswer(models.Model):
    """An answer of a manager to a work note (a second one after the first was taken back);
    who, when and why lies in `cell`. `to_reckon`: the date lies too far back
    for the nightly job, so HR has it reckoned anew."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    note = models.ForeignKey("attendance.WorkNote", on_delete=models.CASCADE, related_name="answers")
    to_reckon = models.BooleanField(default=False)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
