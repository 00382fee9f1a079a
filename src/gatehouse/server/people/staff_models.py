"""What comes into force for somebody on a date: a move or a leave that waits for it."""

import uuid

from django.db import models

from gatehouse.server.people.known import OfKnownPeople


class ChangeState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    UNDONE = "undone"


class StaffChange(models.Model):
    """What is to change for whom lies in `cell` (people/cells.py: Change), its date too. At most one waits for a
    person: a second word would not know of the first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=8, choices=ChangeState.choices, default=ChangeState.WAITING)
    cell = models.BinaryField()

    objects = OfKnownPeople["StaffChange"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(state="waiting"), name="one_change_waits_per_person"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
