"""What kinds of leave a site has, and what was said by hand about one person's leave."""

import uuid

from django.db import models


class LeaveKind(models.Model):
    """One type of leave of a site, as `attendance.leave_kinds` reads its rules. About no person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="+")
    code = models.SlugField(max_length=16)
    name = models.CharField(max_length=80)
    rules = models.JSONField()
    retired = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="leave_kind_code_once_per_site")]

    def __str__(self) -> str:
        return self.code


class LeaveBook(models.Model):
    """A person's own entitlements, days that were added or taken away, and what became of their requests."""

    person = models.OneToOneField("people.Person", primary_key=True, on_delete=models.CASCADE, related_name="+")
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
