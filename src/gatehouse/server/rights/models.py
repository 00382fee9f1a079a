"""How long a site keeps what, what was destroyed when, certificates of erasures, and what people asked for.

No row about a person tells a time: when something was asked, and until when it is answered, lies in its cell.
"""

import uuid

from django.db import models

from gatehouse.domain.retention import BOUNDS, Kept
from gatehouse.domain.subject_rights import Asked
from gatehouse.server.people.models import Person, Site


class RetentionSetup(models.Model):
    """Days for passages, years for the rest (`domain.retention`). A site without a row keeps the defaults."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="retention")
    others = models.PositiveSmallIntegerField(default=BOUNDS[Kept.OTHERS].default)
    staff = models.PositiveSmallIntegerField(default=BOUNDS[Kept.STAFF].default)
    work = models.PositiveSmallIntegerField(default=BOUNDS[Kept.WORK].default)
    books = models.PositiveSmallIntegerField(default=BOUNDS[Kept.BOOKS].default)

    def __str__(self) -> str:
        return str(self.pk)


class Destruction(models.Model):
    """A night's work: everything of this kind before `before` is gone. `place` is its line in the keeper's log, where
    there were keys to destroy."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="destructions")
    kept = models.CharField(max_length=8)
    before = models.DateField()
    at = models.DateTimeField()
    keys = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    place = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["site", "kept", "before"], name="destruction_by_kind")]

    def __str__(self) -> str:
        return str(self.pk)


class ErasureCertificate(models.Model):
    """What the keeper signed when somebody was erased: under the site's key, so it outlives them. It names nobody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="erasures")
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class RequestState(models.TextChoices):
    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class SubjectRequest(models.Model):
    """What somebody asked about their data, with the answer: `cell` (rights/cells.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="requests")
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Asked])
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.OPEN)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
