"""Classes of a school and their registers. What a register says of a pupil is sealed under the pupil's own key."""

import uuid

from django.db import models


class SchoolPlan(models.Model):
    """When a school's sessions begin, until when one is on time, and when they end (`sessions`, see
    `attendance.register_cells`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="school_plans")
    name = models.CharField(max_length=80)
    sessions = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="school_plan_name_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)


class SchoolClass(models.Model):
    """A group whose register is kept: its members are the pupils. The teacher is one of the site's people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.OneToOneField("people.Group", on_delete=models.CASCADE, related_name="school_class")
    plan = models.ForeignKey(SchoolPlan, on_delete=models.PROTECT, related_name="classes")
    teacher = models.ForeignKey("people.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return str(self.pk)


class RegisterEntry(models.Model):
    """One pupil's date in a register that was signed: written for everybody in the class, whatever was said of them,
    and all cells are of one size."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="register_entries")
    date = models.DateField()
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "date"], name="register_entry_once_per_date")]

    def __str__(self) -> str:
        return str(self.pk)
