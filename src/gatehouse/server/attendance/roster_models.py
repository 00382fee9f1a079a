"""What planning needs beside the plan itself: versions of patterns, rotations, drafts, and what was changed after
workers had seen it. None of it tells who came."""

import uuid

from django.db import models


class PatternVersion(models.Model):
    """A pattern's rules from a date on, until its next version. Days before it keep the rules they were worked by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pattern = models.ForeignKey("attendance.ShiftPattern", on_delete=models.CASCADE, related_name="versions")
    since = models.DateField()
    rules = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pattern", "since"], name="pattern_version_once_per_date")]

    def __str__(self) -> str:
        return str(self.pk)


class Rotation(models.Model):
    """Weeks that follow each other, as text (`domain.rosters.rotation_from_text`) in codes of the site's patterns."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="rotations")
    name = models.CharField(max_length=80)
    weeks = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="rotation_name_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)


class DraftDay(models.Model):
    """What a date of a person is to be once it is published: ids of patterns, none for a day off."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    shifts = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "date"], name="draft_once_per_person_and_date")]
        indexes = [models.Index(fields=["date"], name="draft_by_date")]

    def __str__(self) -> str:
        return str(self.pk)


class RosterWeek(models.Model):
    """A week of a site whose roster workers have seen: what is changed in it afterwards is shown to them as changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="+")
    monday = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "monday"], name="roster_week_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)


class PlanChange(models.Model):
    """A published date that was changed: the shifts that the person was shown first, as they read them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    was = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "date"], name="plan_change_once_per_date")]

    def __str__(self) -> str:
        return str(self.pk)


class RosterUndo(models.Model):
    """How the drafts stood before the last stroke of a site's roster: person, date, shifts or null for no draft."""

    site = models.OneToOneField("people.Site", primary_key=True, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.pk)


class CalendarUndo(models.Model):
    """How a site's calendar days stood before its last change: date, class and name, or null for no entry."""

    site = models.OneToOneField("people.Site", primary_key=True, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.pk)
