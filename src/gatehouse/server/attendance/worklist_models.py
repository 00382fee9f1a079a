"""What waits for an answer about time at work, and what was answered. Findings themselves are stored nowhere: they
follow from workdays. Rows are there for everybody with a plan and of one size, so that none tells who was late."""

import uuid

from django.db import models

from gatehouse.domain.findings import LONGEST_MIN, TRAVEL_MIN
from gatehouse.server.people.models import Person, Site


class AnswerBook(models.Model):
    """The answers about one person's month (its first date), those taken back included."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "month"], name="answers_once_per_month")]

    def __str__(self) -> str:
        return str(self.pk)


class Worklist(models.Model):
    """Which dates of whom wait for an answer in a site's month, as they were listed last."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "month"], name="worklist_once_per_month")]

    def __str__(self) -> str:
        return str(self.pk)


class WorkLimits(models.Model):
    """What a site holds its people's time against: a table of `domain.work_limits`, or numbers of its `own`."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="+")
    law = models.CharField(max_length=8, default="none")
    own = models.JSONField(default=dict, blank=True)
    longest_min = models.PositiveIntegerField(default=LONGEST_MIN)
    travel_min = models.PositiveIntegerField(default=TRAVEL_MIN)

    def __str__(self) -> str:
        return str(self.pk)
