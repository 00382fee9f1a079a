"""What the keeper saw and somebody should hear of, and who hears of it by mail.

The keeper numbers its lines; a line's number is its alert's key, so that a line which is heard of twice is one alert.
"""

import uuid

from django.db import models


class Watched(models.Model):
    """The one row that says how far the keeper's log is known: its head when it was last asked, and the place through
    which every line was taken. `history` counts the breaks: how often the log was no longer the one it had been. What
    lies before the place `again` was written before anybody here heard of it."""

    history = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    through = models.BigIntegerField(default=0)
    again = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return "watched"


class Alert(models.Model):
    """A line of the keeper's log, or several of one hour about the same. `place` is the first one's; -1 where it is
    about the log itself. `actor` is an operator's id, a job, or a worker under the alias of the date, as in the audit.
    `sites` are the actor's, none for everywhere: who may see it."""

    id = models.UUIDField(primary_key=True, editable=False)
    history = models.PositiveIntegerField()
    place = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    actor = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=16, blank=True)
    of = models.CharField(max_length=64, blank=True)
    sites = models.JSONField(default=list, blank=True)
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["history", "place"], name="alert_once_per_line")]
        indexes = [models.Index(fields=["acknowledged_at", "at"], name="alert_by_answer_and_time")]

    def __str__(self) -> str:
        return str(self.pk)


class Recipient(models.Model):
    """A mail address that hears of alerts at these sites; none for everywhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sites = models.JSONField(default=list, blank=True)
    address_cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
