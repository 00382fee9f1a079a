"""What goes with attendance figures: who has seen which month, contests, goals and reviews, a month's sheet of groups.

The figures themselves lie nowhere: they are reckoned from the workdays whenever somebody looks. No row here tells a
time, and all words are sealed under their person's own key, a sheet under its site's.
"""

import uuid

from django.db import models

from gatehouse.domain.seen_first import DAYS_FIRST
from gatehouse.server.people.models import Person, Site


class FiguresSetup(models.Model):
    """For how many days after its end a month's figures are the person's alone (`domain.seen_first`)."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="figures_setup")
    days_first = models.PositiveSmallIntegerField(default=DAYS_FIRST)

    def __str__(self) -> str:
        return str(self.pk)


class MonthSeen(models.Model):
    """Somebody said that they have seen their figures of a month, so that others may. `month` is its first date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="months_seen")
    month = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "month"], name="month_seen_once")]

    def __str__(self) -> str:
        return str(self.pk)


class FiguresSheet(models.Model):
    """A month's figures of a site and its teams, written once: a second sheet with one person more or less would tell
    of that person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="figures_sheets")
    month = models.DateField()
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "month"], name="figures_sheet_once_per_month")]

    def __str__(self) -> str:
        return str(self.pk)


class Goal(models.Model):
    """What somebody wrote that a person is to reach, until when, and how it went: all in `cell`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="goals")
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class Review(models.Model):
    """What a reviewer wrote, and what the person replied. Neither is changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="reviews")
    cell = models.BinaryField()
    reply_cell = models.BinaryField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class ContestState(models.TextChoices):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Contest(models.Model):
    """Somebody says that a day or a figure of theirs is wrong; which, lies in `cell`. It is never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contests")
    state = models.CharField(max_length=12, choices=ContestState.choices, default=ContestState.OPEN)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class Side(models.TextChoices):
    PERSON = "person"
    OPERATOR = "operator"


class ContestWord(models.Model):
    """One message of a contest; person and operator write in turn. `place` counts from 1."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="words")
    place = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=12, choices=Side.choices)
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contest", "place"], name="word_once_per_place")]

    def __str__(self) -> str:
        return str(self.pk)
