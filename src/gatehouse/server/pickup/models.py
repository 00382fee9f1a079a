"""Collectors of pupils, the book of each pupil about them, and notices that a pupil was missed at the bell.

Who may take whom, who took whom and when, and whose absence was told lies in cells (pickup/cells.py). A collector is
one of the site's people like any other, in a group of its own, so that passes, cards, PINs and erasure are theirs too.
"""

import uuid

from django.db import models


class PickupSetup(models.Model):
    """The group that rules call collectors by, and whether and how long after the bell guardians are told."""

    site = models.OneToOneField("people.Site", on_delete=models.CASCADE, primary_key=True, related_name="pickup_setup")
    group = models.ForeignKey("people.Group", on_delete=models.SET_NULL, null=True, related_name="+")
    tells = models.BooleanField(default=False)
    grace_min = models.PositiveSmallIntegerField(default=10)

    def __str__(self) -> str:
        return str(self.site_id)


class Collector(models.Model):
    """Somebody who may be told to take a pupil; `mail_cell` is where they are told of an absence."""

    person = models.OneToOneField("people.Person", on_delete=models.CASCADE, primary_key=True, related_name="collector")
    cell = models.BinaryField()
    mail_cell = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class PickupBook(models.Model):
    """One pupil's: what was said of collectors, and the last hand-overs and refusals."""

    person = models.OneToOneField(
        "people.Person", on_delete=models.CASCADE, primary_key=True, related_name="pickup_book"
    )
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class AbsenceRound(models.Model):
    """The bell of one class on one date was looked at, once. Says nothing of any pupil."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    school_class = models.ForeignKey("attendance.SchoolClass", on_delete=models.CASCADE, related_name="rounds")
    on = models.DateField()
    session = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school_class", "on", "session"], name="absence_round_once_per_bell")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class NoticeState(models.TextChoices):
    TOLD = "told"
    NOBODY = "nobody"  # there was no guardian with a mail address to tell
    ANSWERED = "answered"


class AbsenceNotice(models.Model):
    """A pupil was missed on a date. Whose absence it is, who was told and what they answered is sealed; the id is a
    keyed hash of it, so that one absence has one notice."""

    id = models.UUIDField(primary_key=True)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="absence_notices")
    on = models.DateField()
    state = models.CharField(max_length=12, choices=NoticeState.choices)
    cell = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["site", "on"], name="notice_by_site_and_date")]

    def __str__(self) -> str:
        return str(self.pk)
