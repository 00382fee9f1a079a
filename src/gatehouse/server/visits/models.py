"""Visits, and by which rule of a site visitors pass. Who comes to whom, when and by which car lies in cells
(visits/cells.py), under the visit's own key."""

import uuid

from django.db import models

from gatehouse.domain.visits import KEPT
from gatehouse.server.gates.models import Rule
from gatehouse.server.people.models import Group, Person, Site


class VisitSetup(models.Model):
    """The group that rules call visitors by, the rule that the setup page keeps, and for how many days a visit that is
    over is kept."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="visits_setup")
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, related_name="+")
    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, null=True, related_name="+")
    keep_days = models.PositiveSmallIntegerField(default=KEPT)

    def __str__(self) -> str:
        return str(self.site_id)


class VisitState(models.TextChoices):
    INVITED = "invited"
    ARRIVED = "arrived"
    LEFT = "left"
    CANCELLED = "cancelled"


class Visit(models.Model):
    """Somebody is expected, was here, or was not. `link` counts the links that were made: only the last one opens.
    `device` is the hash of what the phone keeps that opened it first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="visits")
    host = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="visits")
    state = models.CharField(max_length=12, choices=VisitState.choices, default=VisitState.INVITED)
    last_on = models.DateField()
    link = models.PositiveIntegerField(default=1)
    device = models.BinaryField(null=True)
    span_cell = models.BinaryField()
    brief_cell = models.BinaryField()
    facts_cell = models.BinaryField()
    plate_cell = models.BinaryField(null=True)

    class Meta:
        indexes = [models.Index(fields=["site", "last_on"], name="visit_by_site_and_date")]

    def __str__(self) -> str:
        return str(self.pk)
