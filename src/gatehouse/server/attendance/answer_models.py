"""Who answered what somebody asked for, and why."""

import uuid

from django.db import models


class NoteAnswer(models.Model):
    """The answer of a manager to a work note; who, when and why lies in `cell`. `to_reckon`: the date lies too far back
    for the nightly job, so HR has it reckoned anew."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    note = models.OneToOneField("attendance.WorkNote", on_delete=models.CASCADE, related_name="answer")
    to_reckon = models.BooleanField(default=False)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
